package meeting

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"handslag/app/cli/console"
	"handslag/identity/qr"
)

// showCode shows this device's code, in a picture file or on the terminal.
func (m *meeting) showCode(code *qr.Code) error {
	if m.qrFile != "" {
		if err := qr.WritePicture(m.qrFile, code); err != nil {
			return console.Usage(err)
		}
		return m.Print(map[string]string{"qr": m.qrFile}, func(w io.Writer) { fmt.Fprintf(w, "%s: %s\n", m.Say("handover.offering"), m.qrFile) })
	}
	if m.Settings.JSON {
		return console.Usage(errors.New("verify -show -json: -qr FILE"))
	}
	fmt.Fprintln(m.Out, m.Say("handover.offering"))
	drawCode(m.Out, code)
	return nil
}

// showSecond shows S's second code, for D's camera.
func (m *meeting) showSecond(text string) error {
	code, err := qr.Draw(text)
	if err != nil {
		return err
	}
	if m.qrFile != "" {
		if err := qr.WritePicture(m.qrFile, code); err != nil {
			return console.Usage(err)
		}
		return nil
	}
	if !m.Settings.JSON { // there the step has the text
		drawCode(m.Out, code)
	}
	return nil
}

// hide takes the picture of the code away, whose claim secret is for one meeting.
func (m *meeting) hide() {
	if m.qrFile == "" {
		return
	}
	if err := os.Remove(m.qrFile); err != nil && !errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(m.Err, err)
	}
}

// drawCode draws a QR code with half blocks, two modules a character cell, light modules as
// ink: right on the dark background that terminals mostly have, and most readers take it
// either way.
func drawCode(w io.Writer, code *qr.Code) {
	var out bytes.Buffer
	defer func() { _, _ = w.Write(out.Bytes()) }()
	from, to := -qr.QuietZone, code.Size()+qr.QuietZone
	for y := from; y < to; y += 2 {
		for x := from; x < to; x++ {
			upper, lower := !code.At(x, y), !code.At(x, y+1) && y+1 < to
			switch {
			case upper && lower:
				out.WriteString("█")
			case upper:
				out.WriteString("▀")
			case lower:
				out.WriteString("▄")
			default:
				out.WriteByte(' ')
			}
		}
		out.WriteByte('\n')
	}
}
