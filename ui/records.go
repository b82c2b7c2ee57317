package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/journal"
)

// recordsScreen lists the cards on this device. Cards alone: nothing here opens a protected part, so looking is no entry.
type recordsScreen struct {
	w       *Window
	banner  *part.Banner
	bar     *part.FilterBar
	list    *part.RowList
	cards   *paged[agent.Card]
	empty   string // the sentence of an empty list
	content fyne.CanvasObject
}

func newRecordsScreen(w *Window) *recordsScreen {
	s := &recordsScreen{w: w, banner: part.NewBanner(w.lang), bar: part.NewFilterBar(w.lang, w.lang.Say("records.search"))}
	s.list = part.NewRowList(part.NewEmpty(w.lang, assets.IconRecord, "records.empty", nil))
	s.list.OnOpen = func(row part.Row) { w.push(newRecordScreen(w, journal.RecordID(row.ID))) }
	s.bar.OnChange = func(part.Filter) { s.cards.search() }
	s.cards = newPaged(w, s.list, s.ask, w.cardRow, s.told)
	find := part.NewButton(w.lang.Say("find.open"), assets.IconShield, func() { w.push(newFindPage(w)) })
	s.content = part.NewPage(w.lang.Say("records.title"), s.banner, part.Headed(part.Leading(s.bar.Wish, s.bar, find), s.list))
	return s
}

func (s *recordsScreen) Content() fyne.CanvasObject { return s.content }
func (s *recordsScreen) Enter()                     { s.cards.again() }
func (s *recordsScreen) Leave()                     { s.cards.stop() }

// First lets the keyboard start in the search.
func (s *recordsScreen) First() fyne.Focusable { return s.bar.Focusable() }

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
		s.list.SetEmpty(part.NewEmpty(s.w.lang, hint, code, nil))
	}
}

// cardRow is a card as one line of a list.
func (w *Window) cardRow(card agent.Card) part.Row {
	row := part.Row{ID: string(card.ID), Icon: assets.IconPerson, Title: card.Title, Subtitle: cardLine(card)}
	if card.Kind == "place" {
		row.Icon = assets.IconPlace
	}
	if b := w.loanBadge(card); b.State != part.StateNeutral {
		row.Badges = append(row.Badges, b)
	}
	if card.Protected {
		row.Icon, row.State = assets.IconShield, part.StateWarning
		row.Badges = append(row.Badges, part.Badge{Text: w.lang.Say("records.protected_identity"), State: part.StateWarning})
	}
	if card.Restricted {
		row.Badges = append(row.Badges, part.Badge{Text: w.lang.Say("records.restricted"), State: part.StateDanger})
	}
	if card.From != nil {
		row.Badges = append(row.Badges, part.Badge{Text: w.lang.Say("records.from", "name", card.From.Name), State: part.StateOK})
	}
	if card.Newer {
		row.Badges = append(row.Badges, part.Badge{Text: w.lang.Say("records.newer"), State: part.StateWaiting})
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
func (w *Window) loanBadge(card agent.Card) part.Badge {
	now := w.now()
	switch {
	case !now.Before(card.LoanUntil):
		return part.Badge{Text: w.lang.Say("records.loan_ended"), State: part.StateDanger}
	case card.LoanSoon:
		return part.Badge{Text: w.lang.Say("records.ends", "until", part.Spoken(w.lang, now, card.LoanUntil)), State: part.StateWarning}
	}
	return part.Badge{Text: w.lang.Say("records.loan_until", "until", part.Spoken(w.lang, now, card.LoanUntil)), State: part.StateNeutral}
}

// loanSentence is loanBadge in full, for the record's page.
func (w *Window) loanSentence(card agent.Card) string {
	if card.LoanSoon && w.now().Before(card.LoanUntil) {
		return w.lang.Say("records.loan_ends", "until", part.Spoken(w.lang, w.now(), card.LoanUntil))
	}
	return w.loanBadge(card).Text
}

// joined lists words, each after a comma.
func joined(words []string) string { return strings.Join(words, ", ") }
