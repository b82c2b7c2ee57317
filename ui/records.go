package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/vault/journal"
)

// recordsScreen lists the cards on this device. Cards alone: nothing here opens a protected part, so looking is no entry.
type recordsScreen struct {
	w       *Window
	banner  *Banner
	bar     *FilterBar
	list    *RowList
	cards   *paged[agent.Card]
	empty   string // the sentence of an empty list
	content fyne.CanvasObject
}

func newRecordsScreen(w *Window) *recordsScreen {
	s := &recordsScreen{w: w, banner: NewBanner(w.lang), bar: NewFilterBar(w.lang, w.lang.Say("records.search"))}
	s.list = NewRowList(NewEmpty(w.lang, assets.IconRecord, "records.empty", nil))
	s.list.OnOpen = func(row Row) { w.push(newRecordScreen(w, journal.RecordID(row.ID))) }
	s.bar.OnChange = func(Filter) { s.cards.search() }
	s.cards = newPaged(w, s.list, s.ask, w.cardRow, s.told)
	find := NewButton(w.lang.Say("find.open"), assets.IconShield, func() { w.push(newFindPage(w)) })
	s.content = NewPage(w.lang.Say("records.title"), s.banner, Headed(newFlow(s.bar, find), s.list))
	return s
}

func (s *recordsScreen) Content() fyne.CanvasObject { return s.content }
func (s *recordsScreen) Enter()                     { s.cards.again() }
func (s *recordsScreen) Leave()                     { s.cards.stop() }

// First lets the keyboard start in the search.
func (s *recordsScreen) First() fyne.Focusable { return s.bar.search }

func (s *recordsScreen) Changed(sig agent.Signal) {
	if sig == agent.RecordsChanged || sig == agent.AssignmentsChanged {
		s.cards.again()
	}
}

func (s *recordsScreen) ask() func(context.Context, agent.Page) (piece[agent.Card], error) {
	return s.w.cardsOf(s.bar.Filter().Search)
}

// cardsOf asks for the cards that a search finds.
func (w *Window) cardsOf(query string) func(context.Context, agent.Page) (piece[agent.Card], error) {
	return func(ctx context.Context, page agent.Page) (piece[agent.Card], error) {
		found, err := w.agent.FindCards(ctx, query, page)
		return piece[agent.Card]{found.Cards, found.Last, found.More}, err
	}
}

func (s *recordsScreen) told(err error) {
	s.w.tell(s.banner, err)
	code, hint := "records.empty", assets.IconRecord
	if strings.TrimSpace(s.bar.Filter().Search) != "" {
		code, hint = "records.none_match", assets.IconSearch
	}
	if code != s.empty {
		s.empty = code
		s.list.SetEmpty(NewEmpty(s.w.lang, hint, code, nil))
	}
}

// cardRow is a card as one line of a list.
func (w *Window) cardRow(card agent.Card) Row {
	row := Row{ID: string(card.ID), Icon: assets.IconPerson, Title: card.Title, Subtitle: cardLine(card)}
	if card.Kind == "place" {
		row.Icon = assets.IconPlace
	}
	if b := w.loanBadge(card); b.State != StateNeutral {
		row.Badges = append(row.Badges, b)
	}
	if card.Protected {
		row.Icon, row.State = assets.IconShield, StateWarning
		row.Badges = append(row.Badges, Badge{w.lang.Say("records.protected_identity"), StateWarning})
	}
	if card.Restricted {
		row.Badges = append(row.Badges, Badge{w.lang.Say("records.restricted"), StateDanger})
	}
	if card.From != nil {
		row.Badges = append(row.Badges, Badge{w.lang.Say("records.from", "name", card.From.Name), StateOK})
	}
	if card.Newer {
		row.Badges = append(row.Badges, Badge{w.lang.Say("records.newer"), StateWaiting})
	}
	return row
}

// cardLine is what stands under a card's title: only what the organisation put on the card.
func cardLine(card agent.Card) string {
	parts := make([]string, 0, 2+len(card.Tags))
	for _, p := range append([]string{card.Street, card.Area}, card.Tags...) {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " · ")
}

// loanBadge says when the loan ends: only a near end is more than neutral.
func (w *Window) loanBadge(card agent.Card) Badge {
	now := w.now()
	switch {
	case !now.Before(card.LoanUntil):
		return Badge{w.lang.Say("records.loan_ended"), StateDanger}
	case card.LoanSoon:
		return Badge{w.lang.Say("records.ends", "until", spoken(w.lang, now, card.LoanUntil)), StateWarning}
	}
	return Badge{w.lang.Say("records.loan_until", "until", spoken(w.lang, now, card.LoanUntil)), StateNeutral}
}

// loanSentence is loanBadge in full, for the record's page.
func (w *Window) loanSentence(card agent.Card) string {
	if card.LoanSoon && w.now().Before(card.LoanUntil) {
		return w.lang.Say("records.loan_ends", "until", spoken(w.lang, w.now(), card.LoanUntil))
	}
	return w.loanBadge(card).Text
}

// joined lists words, each after a comma.
func joined(words []string) string { return strings.Join(words, ", ") }
