package ui

import (
	"context"
	"image"
	"io"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/ui/part"
	"handslag/vault/record"
)

const (
	attachmentText   = 32 << 10 // bytes of a text that the window shows
	attachmentHeight = float32(460)
)

// attachmentView is an attachment in the clear on a record's page: a picture or a text, with a countdown like that of the
// protected part, and gone from every widget when that ends.
type attachmentView struct {
	w      *Window
	file   agent.Attachment
	why    agent.Reason
	banner *part.Banner
	export bool
	ended  func() // it is off the screen again

	loads     Latest
	asked     bool
	until     time.Time
	total     time.Duration
	countdown *part.Countdown
	stop      func()
	pixels    *image.RGBA
	picture   *canvas.Image
	text      *part.Text
	name      string

	content *fyne.Container
}

// attachmentContent is what was read of an attachment, for the screen.
type attachmentContent struct {
	label record.Label
	size  int64
	until time.Time
	entry string

	pixels *image.RGBA
	text   string
	note   string // what can not be shown, and why
}

func newAttachmentView(w *Window, file agent.Attachment, why agent.Reason, export bool, banner *part.Banner, ended func()) *attachmentView {
	return &attachmentView{w: w, file: file, why: why, export: export, banner: banner, ended: ended, content: container.NewStack()}
}

// open asks the agent, also for more time. Nothing is shown before its entry is durable.
func (v *attachmentView) open() {
	v.w.touch()
	v.banner.Clear()
	v.asked = true
	Load(v.loads.Next(v.w.life), v.w.spawn, func(ctx context.Context) (attachmentContent, error) {
		o, err := v.w.agent.OpenAttachment(ctx, v.file.ID, v.why)
		if err != nil {
			return attachmentContent{}, err
		}
		defer o.Close()
		shown, err := v.read(ctx, o)
		if err == nil && ctx.Err() != nil { // the page was left meanwhile
			_ = v.w.agent.CloseAttachment(context.WithoutCancel(ctx), v.file.ID)
		}
		return shown, err
	}, v.opened)
}

// read takes of an attachment what can be shown without a file in the clear.
func (v *attachmentView) read(ctx context.Context, o *agent.OpenedAttachment) (attachmentContent, error) {
	lang := v.w.lang
	c := attachmentContent{label: o.Label, size: o.Size, until: o.Until, entry: o.Entry}
	switch {
	case o.Label.Type.Picture():
		var err error
		if c.pixels, err = part.ReadPicture(ctx, o); agent.CodeOf(err) == agent.AttachmentAway {
			return c, err
		} else if err != nil {
			c.note = lang.Say("attachments.picture_bad")
		}
	case o.Label.Type == record.Text:
		data, err := io.ReadAll(io.LimitReader(o, attachmentText))
		if err != nil {
			return c, err
		}
		c.text = strings.ToValidUTF8(string(data), "")
		clear(data)
		if o.Size > attachmentText {
			c.note = lang.Say("attachments.text_cut", "size", lang.Bytes(attachmentText))
		}
	default:
		c.note = lang.Say("attachments.pdf")
	}
	return c, nil
}

func (v *attachmentView) opened(c attachmentContent, err error) {
	if err != nil {
		v.w.tell(v.banner, err)
		if v.stop == nil {
			v.asked = false
			v.ended()
		}
		return
	}
	v.until = c.until
	v.total = v.left()
	v.show(c)
	if v.stop == nil {
		v.stop = v.w.every(time.Second, v.tick)
	}
	v.tick()
}

func (v *attachmentView) left() time.Duration {
	now := v.w.now()
	return min(v.until.Sub(now), v.until.Round(0).Sub(now.Round(0)))
}

func (v *attachmentView) show(c attachmentContent) {
	lang := v.w.lang
	v.wipe()
	v.name = c.label.Name
	v.countdown = part.NewCountdown(func(clock string) string { return lang.Say("records.closes_in", "time", clock) }, lang.Say("attachments.again"))
	v.countdown.OnExtend = v.open
	closing := part.NewButton(lang.Say("attachments.close"), assets.IconHidden, v.close)
	v.text = part.NewText(c.label.Name)
	head := container.NewBorder(nil, nil, nil, closing, part.Middle(part.NewLead(c.label.Name)))
	parts := part.Stack(head, v.countdown)
	if c.pixels != nil {
		v.pixels, v.picture = c.pixels, canvas.NewImageFromImage(c.pixels)
		v.picture.FillMode = canvas.ImageFillContain
		v.picture.ScaleMode = canvas.ImageScaleSmooth
		size := c.pixels.Bounds().Size()
		v.picture.SetMinSize(fyne.NewSize(0, fyne.Min(attachmentHeight, float32(size.Y))))
		parts.Add(v.picture)
	}
	if c.text != "" {
		v.text = part.NewText(c.text)
		parts.Add(v.text)
	}
	if c.note != "" {
		parts.Add(part.NewTinted(part.StateNeutral, part.NewText(c.note)))
	}
	foot := []fyne.CanvasObject{part.NewMuted(dotted(lang.Say("attachments.type."+c.label.Type.Short()), lang.Bytes(uint64(c.size)), lang.Say("records.entry", "entry", c.entry)))}
	if v.export {
		foot = append(foot, part.Beside(part.NewButton(lang.Say("attachments.export"), assets.IconExport, v.askExport)))
	}
	for _, o := range foot {
		parts.Add(o)
	}
	v.content.Objects = []fyne.CanvasObject{part.NewTinted(part.StateOK, parts)}
	v.content.Refresh()
	if c := v.w.canvas(); c != nil {
		c.Focus(closing)
	}
	part.Reveal(v.content)
}

func (v *attachmentView) tick() {
	if v.stop == nil {
		return
	}
	if left := v.left(); left > 0 {
		v.countdown.Set(left, v.total)
		return
	}
	v.shut() // the agent writes by itself that its time was up
	v.asked = false
	v.banner.Tell(part.Problem{State: part.StateWaiting, What: v.w.lang.Say("records.closed_by_time")})
	v.ended()
}

// close takes it off the screen and says so to the agent.
func (v *attachmentView) close() {
	v.loads.Stop()
	v.shut()
	if v.asked {
		v.asked = false
		v.w.spawn(func() { _ = v.w.agent.CloseAttachment(context.Background(), v.file.ID) }) // an error: the lock closed it
	}
	v.ended()
}

// shut takes everything in the clear out of the widgets and stops the ticking.
func (v *attachmentView) shut() {
	v.wipe()
	if v.stop != nil {
		v.stop()
		v.stop = nil
	}
	v.content.Objects = nil
	v.content.Refresh()
}

func (v *attachmentView) wipe() {
	if v.picture != nil {
		v.picture.Image = nil
		v.picture.Refresh()
		clear(v.pixels.Pix)
		v.picture, v.pixels = nil, nil
	}
	if v.text != nil {
		v.text.SetText("")
		v.text = nil
	}
	v.name = ""
}

// askExport says what a copy in the clear is, and asks for a folder.
func (v *attachmentView) askExport() {
	lang, name := v.w.lang, v.name
	v.w.ask(&part.Dialog{
		Title: lang.Say("attachments.export_ask"), Body: part.NewText(lang.Say("attachments.export_words")), Primary: lang.Say("attachments.export_do"),
		Cancel: lang.Say("common.cancel"), Danger: true,
		OnPrimary: func() bool {
			v.w.config.Folder(v.w.window, func(folder string, err error) {
				if err != nil {
					v.w.tell(v.banner, err)
				} else if folder != "" {
					v.save(filepath.Join(folder, name))
				}
			})
			return true
		},
	})
}

func (v *attachmentView) save(path string) {
	Load(v.w.life, v.w.spawn, func(ctx context.Context) (string, error) {
		return path, v.w.agent.ExportAttachment(ctx, v.file.ID, v.why, path)
	}, func(path string, err error) {
		if err != nil {
			v.w.tell(v.banner, err)
			return
		}
		v.banner.Tell(part.Problem{State: part.StateOK, What: v.w.lang.Say("attachments.exported", "file", path)})
	})
}
