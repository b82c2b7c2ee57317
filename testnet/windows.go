package testnet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"handslag/assets"
	"handslag/testnet/demo"
)

// window is one colleague's, as a process of its own.
type window struct {
	who    *Person
	cmd    *exec.Cmd
	log    *os.File
	from   int64 // where in the log this run begins
	opened time.Time
	took   time.Duration // until its end
	exited chan struct{}
	err    error // of Wait, once exited
}

// windows opens both and does what the terminal says until they are closed. Where neither
// can be opened, the morning is told instead.
func (d *town) windows(ctx context.Context, program string) (err error) {
	defer func() { err = errors.Join(err, d.hideCodes()) }()
	if err := d.hideCodes(); err != nil { // of a run that was killed
		return err
	}
	anna, err := d.open(program, d.anna, d.bo, "Anna Lind", leftHalf)
	if err != nil {
		return err
	}
	bo, err := d.open(program, d.bo, d.anna, "Bo Ek", rightHalf)
	if err != nil {
		return errors.Join(err, anna.close())
	}
	d.say("demo.windows")
	for _, p := range []*Person{d.anna, d.bo} {
		d.indent("%-10s %s", p.Username, p.Passphrase)
	}
	d.say("demo.try", "assignment", demo.MorningAssignmentID)
	if err := errors.Join(d.obey(ctx, anna, bo), anna.close(), bo.close()); err != nil || ctx.Err() != nil {
		return err
	}
	if !anna.neverOpened() || !bo.neverOpened() {
		return nil
	}
	d.say("demo.no_opengl")
	if err := d.StartConnected(ctx); err != nil {
		return err
	}
	return d.tellMorning(ctx)
}

// hideCodes leaves both camera folders there and empty: the secret in a code is for one
// meeting.
func (d *town) hideCodes() error {
	for _, p := range []*Person{d.anna, d.bo} {
		if err := os.RemoveAll(p.Camera()); err != nil {
			return err
		}
		if err := os.MkdirAll(p.Camera(), 0o700); err != nil {
			return err
		}
	}
	return nil
}

// Two windows stand side by side on a screen of 1920 × 1080.
const (
	leftHalf  = "940x760+0+40"
	rightHalf = "940x760+960+40"
)

// open starts one window. Its verification screen writes its code to a private folder that
// the colleague's camera looks into.
func (d *town) open(program string, who, other *Person, title, frame string) (*window, error) {
	log, err := os.OpenFile(d.path(who.Name+".log"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	url, ca := d.DirectoryURL()
	w := &window{
		who: who, log: log, from: from, opened: time.Now(), exited: make(chan struct{}),
		cmd: exec.Command(program,
			"-vault", who.Vault, "-outbox", who.Outbox, "-directory", url, "-directory-ca", ca, "-loopback",
			"-camera", "frames:"+other.Camera(), "-show-qr", who.Camera(), "-lang", string(d.o.Lang), "-title", title+" – Handslag", "-size", frame),
	}
	w.cmd.Stdout, w.cmd.Stderr = log, log
	if lang := d.o.Getenv("LANG"); lang == "" || lang == "C" { // Fyne wants to be told where it is
		w.cmd.Env = append(os.Environ(), "LANG="+locales[d.o.Lang])
	}
	if err := w.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s's window: %w", who.Name, err), log.Close())
	}
	go func() {
		w.err = w.cmd.Wait()
		w.took = time.Since(w.opened)
		close(w.exited)
	}()
	return w, nil
}

// windowPatience is how long a window that is asked to end may take.
const windowPatience = 15 * time.Second

var locales = map[assets.Language]string{assets.Swedish: "sv_SE.UTF-8", assets.English: "en_GB.UTF-8"}

// close asks the window to end and waits until it has.
func (w *window) close() error {
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(err, w.log.Close())
	}
	timer := time.NewTimer(windowPatience)
	defer timer.Stop()
	select {
	case <-w.exited:
	case <-timer.C:
		_ = w.cmd.Process.Kill() // its journal bears it
		<-w.exited
	}
	return w.log.Close()
}

// failed reports whether it ended with an error of its own, not at a signal.
func (w *window) failed() bool {
	var ended *exec.ExitError
	return errors.As(w.err, &ended) && ended.ExitCode() > 0
}

// soon is how long a machine without OpenGL may take to find out.
const soon = 30 * time.Second

// neverOpened reports, once it has exited, whether it failed before anybody can have used it.
func (w *window) neverOpened() bool { return w.failed() && w.took < soon }

// lastWords is the last line that it said in this run.
func (w *window) lastWords() string {
	const enough = 4 << 10 // bytes
	end, err := w.log.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	from := max(w.from, end-enough)
	said := make([]byte, end-from)
	if _, err := w.log.ReadAt(said, from); err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
	return strings.ToValidUTF8(string(lines[len(lines)-1]), "")
}
