package ui

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"

	"handslag/app/agent"
	"handslag/assets"
	"handslag/sync/link"
	"handslag/ui/part"
)

// logExport writes what the filter leaves to a file of the person's choosing.
type logExport struct {
	w           *Window
	banner      *part.Banner
	filter      func() link.LogFilter
	csv, json   *part.Button
	progressBox *fyne.Container
	latest      Latest
	busy, can   bool
}

func newLogExport(w *Window, banner *part.Banner, filter func() link.LogFilter) *logExport {
	e := &logExport{w: w, banner: banner, filter: filter, progressBox: part.Stack()}
	e.csv = part.NewButton("CSV", assets.IconExport, func() { e.begin(agent.FormatCSV) })
	e.json = part.NewButton("JSON", assets.IconExport, func() { e.begin(agent.FormatJSON) })
	e.progressBox.Hide()
	e.enable(false)
	return e
}

// enable lets it be asked for; there must be something to write.
func (e *logExport) enable(can bool) {
	e.can = can
	for _, b := range []*part.Button{e.csv, e.json} {
		if can && !e.busy {
			b.Enable()
		} else {
			b.Disable()
		}
	}
}

func (e *logExport) leave() {
	e.latest.Stop()
	e.finish()
}

func (e *logExport) finish() {
	e.busy = false
	e.progressBox.Hide()
	e.enable(e.can)
}

// begin asks where, then writes page by page; a file that is not whole is taken away again.
func (e *logExport) begin(format string) {
	e.w.touch()
	if e.busy || e.w.window == nil {
		return
	}
	name := "handslag-" + e.w.now().Format(time.DateOnly) + "." + format
	e.w.config.Save(e.w.window, name, func(file part.SavedFile, err error) {
		if err != nil {
			e.w.tell(e.banner, &agent.Problem{Code: agent.Internal, Err: err})
		} else if file != nil {
			e.write(file, format)
		}
	})
}

func (e *logExport) write(file part.SavedFile, format string) {
	if e.w.gate != "" { // locked while the dialog was open
		_ = file.Discard()
		return
	}
	e.busy = true
	e.enable(e.can)
	e.banner.Clear()
	progress := part.NewProgress(e.w.lang, e.w.lang.Say("log.exporting"))
	progress.OnCancel = e.leave
	e.progressBox.Objects = []fyne.CanvasObject{progress}
	e.progressBox.Show()
	filter := e.filter()
	Load(e.latest.Next(e.w.life), e.w.spawn, func(ctx context.Context) (int, error) {
		n, err := e.w.agent.ExportLog(ctx, filter, format, file)
		if err != nil {
			return n, errors.Join(err, file.Discard())
		}
		if err := file.Close(); err != nil {
			return n, &agent.Problem{Code: agent.Internal, Err: err}
		}
		return n, nil
	}, func(n int, err error) {
		e.finish()
		if err != nil {
			e.w.tell(e.banner, err)
			return
		}
		e.banner.Tell(part.Problem{State: part.StateOK, What: e.w.lang.Say("log.exported_rows", "n", n, "file", file.Name())})
	})
}
