package agent

import (
	"context"
	"testing"
	"time"

	"handslag/identity"
)

// approves has an administrator let devices in from now on.
func (h *house) approves() {
	h.t.Helper()
	h.stop()
	h.config.Approve = true
	h.back()
}

// waits calls do on a goroutine, and returns once the device says that it waits.
func (d *tablet) waits(do func(context.Context) error) (end context.CancelFunc, done <-chan error) {
	d.h.t.Helper()
	ctx, end := context.WithCancel(d.h.t.Context())
	says, ended := make(chan struct{}, 1), make(chan error, 1)
	stop := d.Listen(func(Signal) {
		if !d.Me().ApprovalUntil.IsZero() {
			select {
			case says <- struct{}{}:
			default:
			}
		}
	})
	go func() { ended <- do(ctx); stop() }()
	select {
	case <-says:
	case err := <-ended:
		d.h.t.Fatalf("it does not wait: %v", unwrapped(asProblem(err)))
	case <-time.After(longEnough):
		d.h.t.Fatal("it never says that it waits")
	}
	return end, ended
}

func (d *tablet) enrols() func(context.Context) error {
	return func(ctx context.Context) error {
		return d.Enrol(ctx, Enrolment{Org: d.h.statement.Org(), Username: d.name, Password: passwordOf(d.name), Passphrase: passphrase})
	}
}

func (d *tablet) goesOn(ctx context.Context) error { return d.ResumeEnrol(ctx, passphrase, "") }

func TestADeviceWaitsUntilItIsLetIn(t *testing.T) {
	h := newHouse(t)
	h.approves()
	d := h.tablet("bo.ek")
	end, done := d.waits(d.enrols())
	id := d.Me().Device
	if id == "" || d.Me().Unlocked || !d.Me().ApprovalUntil.Equal(h.clock().Add(72*time.Hour)) {
		t.Fatalf("while it waits: %+v", d.Me())
	}
	end()
	refused(t, <-done, Cancelled)
	ok(t, d.Close())
	d.begin() // the program is started again
	if d.State() != IsEnrolling || d.Me().Device != id || d.Me().ApprovalUntil.IsZero() {
		t.Fatalf("in the next run: %s, %+v", d.State(), d.Me())
	}
	refused(t, d.ResumeEnrol(t.Context(), "något helt annat", ""), WrongPassphrase)
	_, done = d.waits(d.goesOn)
	ok(t, h.gate.ApproveDevice(context.Background(), id, "Bos surfplatta", ""))
	ok(t, <-done)
	if me := d.Me(); me.Device != id || me.Person.Username != "bo.ek" || me.Label != "Bos surfplatta" || !me.ApprovalUntil.IsZero() {
		t.Errorf("let in, it is %+v", me)
	}
	d.sync()
	ok(t, h.gate.RenameDevice(context.Background(), id, "Surfplatta 12"))
	d.sync()
	if d.Me().Label != "Surfplatta 12" {
		t.Errorf("renamed, it is %q", d.Me().Label)
	}
	ok(t, d.Lock())
	if !d.Me().ApprovalUntil.IsZero() {
		t.Error("locked, it waits again")
	}
}

func TestADeviceThatIsNotLetIn(t *testing.T) {
	ctx := context.Background()
	for what, c := range map[string]struct {
		happens func(h *house, id identity.DeviceID)
		code    Code
		anew    bool // with other keys
	}{
		"it is refused": {func(h *house, id identity.DeviceID) { ok(h.t, h.gate.RefuseDevice(ctx, id)) }, DeviceRefused, true},
		"nobody decides, and it has been forgotten": {func(h *house, _ identity.DeviceID) {
			h.pass(80 * time.Hour)
			ok(h.t, h.gate.SetPassword(ctx, "bo.ek", lightHash(passwordOf("bo.ek"))))
		}, WaitedLong, false},
		"nobody decides":         {func(h *house, _ identity.DeviceID) { h.pass(80 * time.Hour) }, WaitedLong, false},
		"its person is disabled": {func(h *house, _ identity.DeviceID) { ok(h.t, h.gate.DisableUser(ctx, "bo.ek")) }, UserDisabled, false},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t)
			h.approves()
			d := h.tablet("bo.ek")
			end, done := d.waits(d.enrols())
			id := d.Me().Device
			end()
			refused(t, <-done, Cancelled)
			c.happens(h, id)
			refused(t, d.goesOn(t.Context()), c.code)
			if c.code == UserDisabled {
				return // who waits on
			}
			if !d.Me().ApprovalUntil.IsZero() {
				t.Error("it says that it waits still")
			}
			end, done = d.waits(d.enrols())
			defer end()
			if anew := d.Me().Device != id; anew != c.anew {
				t.Errorf("it asks with other keys: %v", anew)
			}
			ok(t, h.gate.ApproveDevice(ctx, d.Me().Device, "", ""))
			ok(t, <-done)
			d.sync()
		})
	}
}

// A connected system that is away for a while is waited for.
func TestADeviceWaitsOnWhileNobodyAnswers(t *testing.T) {
	h := newHouse(t)
	h.approves()
	d := h.tablet("bo.ek")
	_, done := d.waits(d.enrols())
	h.stop()
	h.back()
	ok(t, h.gate.ApproveDevice(context.Background(), d.Me().Device, "", ""))
	ok(t, <-done)
	if devices, err := h.gate.ListDevices(context.Background()); err != nil || len(devices) != 1 || devices[0].Waits() {
		t.Errorf("%+v, %v", devices, err)
	}
}
