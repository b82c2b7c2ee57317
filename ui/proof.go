package ui

import (
	"context"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/sync/link"
	"handslag/ui/part"
)

// proofPart shows what vouches for an entry of the audit log, and saves it as evidence that anybody can check. It is fetched at
// the person's wish: that is an entry, too.
type proofPart struct {
	w       *Window
	rows    []link.LogRow // the entry, and its other half
	banner  *part.Banner
	latest  Latest
	proof   *agent.Proof
	saved   string // the file's name; empty: not yet
	check   *part.Button
	save    *part.Button
	body    *fyne.Container
	content fyne.CanvasObject
	done    func() // the page lays itself out anew
}

func newProofPart(w *Window, banner *part.Banner, row link.LogRow) *proofPart {
	p := &proofPart{w: w, rows: []link.LogRow{row}, banner: banner, body: part.Stack()}
	if row.Other != nil {
		p.rows = append(p.rows, *row.Other)
	}
	p.check = part.NewButton(w.lang.Say("proof.check"), assets.IconShield, func() { p.fetch(func() {}) })
	p.save = part.NewButton(w.lang.Say("proof.save"), assets.IconExport, p.begin)
	p.content = part.Section(w.lang.Say("proof.title"), w.lang.Say("proof.hint"), part.NewPanel(p.body))
	p.show()
	return p
}

func (p *proofPart) leave() { p.latest.Stop() }

// show says since when the log has it, and once it is fetched, what vouches for that.
func (p *proofPart) show() {
	say, row := p.w.lang.Say, p.rows[0]
	facts := []part.Fact{
		{Label: say("proof.since"), Value: p.w.when(row.NotAfter.Time())},
		{Label: say("log.place"), Value: strconv.FormatInt(row.ID, 10)},
	}
	p.body.Objects = nil
	if p.proof != nil {
		facts = append(facts,
			part.Fact{Label: say("proof.checkpoint"), Value: say("proof.over", "n", p.proof.Size)},
			part.Fact{Label: say("proof.witnesses"), Value: say("proof.devices", "n", len(p.proof.Witnesses))})
		for _, one := range p.proof.Witnesses {
			facts = append(facts, part.Fact{Label: " ", Value: dotted(or(one.Person.Name(), one.Person.Username), one.Device.Short(), p.w.when(one.At.Time()))})
		}
	}
	p.body.Add(part.Facts(facts...))
	switch {
	case p.proof == nil:
	case len(p.proof.Problems) > 0:
		p.body.Add(part.NewTinted(part.StateDanger, part.Stack(part.NewStrong(say("proof.broken")).InState(part.StateDanger), part.NewText(say("proof.broken_do")), part.NewMuted(strings.Join(p.proof.Problems, "\n")))))
	case len(p.proof.Witnesses) == 0:
		p.body.Add(notice(part.StateNeutral, say("proof.no_witness")))
	default:
		p.body.Add(notice(part.StateOK, say("proof.holds")))
	}
	if p.saved != "" {
		p.body.Add(part.NewText(say("proof.saved", "file", p.saved)))
		p.body.Add(part.CopyLine(p.w.lang, agent.VerifyLine(p.w.agent.Me().Org, p.saved)))
	}
	p.body.Add(part.NewFlow(p.check, p.save))
	p.body.Refresh()
	if p.done != nil {
		p.done()
	}
}

// fetch asks for the evidence and checks it here.
func (p *proofPart) fetch(then func()) {
	p.w.touch()
	p.check.Disable()
	p.save.Disable()
	p.check.SetText(p.w.lang.Say("proof.checking"))
	Load(p.latest.Next(p.w.life), p.w.spawn, func(ctx context.Context) (agent.Proof, error) { return p.w.agent.Prove(ctx, p.rows...) },
		func(proof agent.Proof, err error) {
			p.check.SetText(p.w.lang.Say("proof.check"))
			p.check.Enable()
			p.save.Enable()
			p.w.tell(p.banner, err)
			if err == nil {
				p.proof = &proof
				then()
			}
			p.show()
		})
}

// begin saves what was fetched, or fetches it first.
func (p *proofPart) begin() {
	p.w.touch()
	switch {
	case p.w.window == nil:
	case p.proof == nil:
		p.fetch(p.write)
	default:
		p.write()
	}
}

func (p *proofPart) write() {
	name := "handslag-bevis-" + strconv.FormatInt(p.rows[0].ID, 10) + ".cbor"
	p.w.config.Save(p.w.window, name, func(file part.SavedFile, err error) {
		if err != nil || file == nil {
			p.w.tell(p.banner, err)
			return
		}
		if p.w.gate != "" { // locked while the dialog was open
			_ = file.Discard()
			return
		}
		if _, err = file.Write(p.proof.Bundle); err != nil {
			_ = file.Discard() // the first error tells
		} else {
			err = file.Close()
		}
		if err != nil {
			p.w.tell(p.banner, &agent.Problem{Code: agent.Internal, Err: err})
			return
		}
		p.saved = file.Name()
		p.show()
	})
}
