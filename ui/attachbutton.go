package ui

import (
	"context"
	"os"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
)

// attachButton adds a file of this machine to a record or an assignment. The file stays where it is.
type attachButton struct {
	w      *Window
	to     agent.Attach
	banner *part.Banner
	button *part.Button
}

func newAttachButton(w *Window, to agent.Attach, banner *part.Banner) *attachButton {
	b := &attachButton{w: w, to: to, banner: banner}
	b.button = part.NewButton(w.lang.Say("attachments.add"), assets.IconExport, b.choose)
	return b
}

// choose asks for a file.
func (b *attachButton) choose() {
	b.w.touch()
	b.w.config.File(b.w.window, func(path string, err error) {
		if err != nil {
			b.w.tell(b.banner, err)
		} else if path != "" {
			b.take(path)
		}
	})
}

// take encrypts a file and adds it, also where the page is left meanwhile.
func (b *attachButton) take(path string) {
	if b.button.Disabled() {
		return
	}
	b.banner.Clear()
	b.button.SetText(b.w.lang.Say("attachments.adding"))
	b.button.Disable()
	Load(b.w.life, b.w.spawn, func(ctx context.Context) (agent.Attachment, error) {
		file, err := os.Open(path)
		if err != nil {
			return agent.Attachment{}, &agent.Problem{Code: agent.FileUnreadable}
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return agent.Attachment{}, &agent.Problem{Code: agent.FileUnreadable}
		}
		return b.w.agent.Attach(context.WithoutCancel(ctx), b.to, path, file, info.Size())
	}, func(_ agent.Attachment, err error) {
		b.button.SetText(b.w.lang.Say("attachments.add"))
		b.button.Enable()
		if err != nil {
			b.w.tell(b.banner, err)
			return
		}
		b.banner.Tell(part.Problem{State: part.StateOK, What: b.w.lang.Say("attachments.added"), Do: b.w.lang.Say("attachments.file_stays")})
	})
}
