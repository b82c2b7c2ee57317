package meeting

import (
	"strings"

	"handslag/app/agent"
	"handslag/app/cli/console"
)

// asked is what the command line wants of one meeting.
type asked struct {
	show    bool
	back    bool // this device scans the other's screen too
	qrFile  string
	scan    string
	gift    agent.Gift
	alone   bool // without the records' attachments
	receive bool
	reason  string
}

// Verify holds one verification from start to end: shows or reads the QR code, types or shows
// the six digits, and hands over what was chosen once both devices are verified. Without
// -give and -receive it then takes "give RECORD …" and "end" from the input, and lines that run has for other commands.
func Verify(c *console.Console, args []string, run func(c *console.Console, line string) error) error {
	f := c.Flags()
	m := meeting{Console: c, run: run, stops: make(chan struct{}, 1)}
	f.BoolVar(&m.show, "show", false, c.Say("handover.show"))
	f.BoolVar(&m.back, "scan-back", false, c.Say("cli.flag.scan_back"))
	f.StringVar(&m.qrFile, "qr", "", c.Say("cli.flag.qr"))
	f.StringVar(&m.scan, "scan", "", c.Say("handover.from_file"))
	f.BoolVar(&m.receive, "receive", false, c.Say("cli.flag.receive"))
	f.StringVar(&m.reason, "reason", "", c.Say("cli.flag.share_reason"))
	f.Func("give", c.Say("cli.flag.give"), func(list string) error {
		m.gift = giftOf(strings.Split(list, ","))
		return nil
	})
	f.BoolVar(&m.alone, "alone", false, c.Say("cli.flag.alone"))
	if _, err := c.Parse(f, args, 0, 0); err != nil {
		return err
	}
	if m.show && m.scan != "" || m.back && !m.show || m.qrFile != "" && m.scan != "" || m.receive && !m.gift.Empty() {
		return c.Misused()
	}
	if err := c.Unlocked(); err != nil {
		return err
	}
	if err := m.begin(); err != nil {
		return err
	}
	defer m.hide()
	defer m.h.Close()
	m.h.Because(m.reason)
	changed := make(chan struct{}, 1)
	m.changed = changed
	defer c.Agent.Listen(func(signal agent.Signal) {
		if signal == agent.VerificationChanged {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	})()
	defer c.Interrupts.Take(func() bool {
		if !m.h.Sharing() {
			return false
		}
		m.stops <- struct{}{}
		return true
	})()
	return m.hold()
}
