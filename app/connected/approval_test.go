package connected_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"time"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/link"
	"handslag/vault/journal"
)

// approves has an administrator let devices in from now on.
func (h *house) approves() {
	h.t.Helper()
	h.config.Approve = true
	h.restart()
}

// asks is a device of the user that waits.
func (h *house) asks(username string) *device {
	h.t.Helper()
	d := h.newDevice(username)
	if got := must[link.Issued](h.t)(d.client.Enrol(context.Background(), d.ask(passwordOf(username)))); got.Waiting == nil || got.Credential != nil || got.Search != nil || got.Earlier != nil {
		h.t.Fatalf("it got %+v", got)
	}
	return d
}

func (d *device) looks() (link.Issued, error) {
	return d.client.Waiting(context.Background(), 0)
}

// said counts the connected system's own entries about the device with this code.
func (h *house) said(reviewer *device, code string, about identity.DeviceID) (n int) {
	h.t.Helper()
	for _, row := range reviewer.log(link.LogFilter{Device: about}).Rows {
		if row.System && row.Code == code && row.Peer == about {
			n++
		}
	}
	return n
}

func TestADeviceWaitsForAnAdministrator(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	anna := h.enrolled("anna.lind") // before it was so
	h.approves()
	bo := h.asks("bo.ek")
	if got := must[link.Issued](t)(bo.looks()); got.Waiting == nil || got.Waiting.Device != bo.keys.Device() || got.Waiting.Until != signed.At(h.clock.Now().Add(72*time.Hour)) {
		t.Errorf("it is told %+v", got)
	}
	for what, err := range map[string]error{
		"its changes":    errOf(bo.client.Changes(ctx, "", link.Had{Statement: 1})),
		"its credential": errOf(bo.client.Credential(ctx)),
		"the log":        errOf(bo.client.Log(ctx, link.LogFilter{})),
	} {
		if code(t, err) != link.CodeBadProof {
			t.Errorf("%s, while it waits: %v", what, err)
		}
	}
	asking := func() int64 { return must[gate.Figures](t)(h.gate.Figures(ctx)).Asking }
	if n := asking(); n != 1 {
		t.Errorf("%d devices are said to wait", n)
	}
	h.restart() // of the connected system: it waits still
	answer := make(chan link.Issued, 1)
	go func() {
		got, err := bo.client.Waiting(ctx, link.WaitMost)
		if err != nil {
			t.Error(err)
		}
		answer <- got
	}()
	h.waitFor(1)
	ok(t, h.gate.ApproveDevice(ctx, bo.keys.Device(), "Bos surfplatta", ""))
	got := <-answer
	if n := asking(); n != 0 {
		t.Errorf("%d devices are said to wait, and none does", n)
	}
	c := must[identity.Credential](t)(identity.OpenCredential(got.Credential, h.statement.Org(), h.statement.Issuing))
	if c.Person.Username != "bo.ek" || c.Epoch != 1 || got.Label != "Bos surfplatta" || len(got.Search) == 0 {
		t.Errorf("it got %+v", got)
	}
	if again := must[link.Issued](t)(bo.looks()); !bytes.Equal(again.Credential, got.Credential) {
		t.Error("asked again, it got another")
	}
	if len(bo.changes("").Records) != 1 {
		t.Error("it gets nothing")
	}
	if h.said(anna, "waiting", bo.keys.Device()) != 1 || h.said(anna, "device_approve", bo.keys.Device()) != 1 {
		t.Error("the log does not tell of it")
	}
	if code(t, errOf(anna.looks())) != link.CodeBadProof {
		t.Error("a device that waits for nothing is told something")
	}
	if d := h.enrolled("anna.lind"); d.credential != nil {
		t.Error("the next one does not wait")
	}
	h.sound()
}

func errOf[T any](_ T, err error) error { return err }

// waitFor lets so many calls wait first.
func (h *house) waitFor(n int) {
	for h.waiting() != n {
		runtime.Gosched()
	}
}

func TestWhatBecomesOfADeviceThatWaits(t *testing.T) {
	ctx := context.Background()
	for what, c := range map[string]struct {
		happens func(h *house, bo *device)
		looks   link.Code
		again   link.Code // the same device signs in again
		said    string
		times   int
	}{
		"it is refused":              {func(h *house, bo *device) { ok(h.t, h.gate.RefuseDevice(ctx, bo.keys.Device())) }, link.CodeDeviceRefused, link.CodeDeviceRefused, "device_refuse", 1},
		"nobody decides":             {func(h *house, _ *device) { h.clock.pass(72*time.Hour + time.Second) }, link.CodeWaitedLong, "", "device_expire", 1},
		"its person is disabled":     {func(h *house, _ *device) { ok(h.t, h.gate.DisableUser(ctx, "bo.ek")) }, link.CodeUserDisabled, link.CodeUserDisabled, "", 0},
		"the password was a thief's": {func(h *house, _ *device) { ok(h.t, h.gate.SetPassword(ctx, "bo.ek", lightHash(passwordOf("bo.ek")))) }, link.CodeBadProof, "", "device_expire", 1},
		"it is let in too late for it": {func(h *house, bo *device) {
			ok(h.t, h.gate.ApproveDevice(ctx, bo.keys.Device(), "", ""))
			h.clock.pass(72*time.Hour + time.Second)
		}, link.CodeWaitedLong, "", "device_approve", 1},
		"it is let in and revoked": {func(h *house, bo *device) {
			ok(h.t, h.gate.ApproveDevice(ctx, bo.keys.Device(), "", ""))
			ok(h.t, h.gate.RevokeDevice(ctx, bo.keys.Device()))
		}, link.CodeDeviceRevoked, link.CodeDeviceRevoked, "device_revoke", 1},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t, live)
			anna := h.enrolled("anna.lind")
			h.approves()
			bo := h.asks("bo.ek")
			c.happens(h, bo)
			if _, err := bo.looks(); code(t, err) != c.looks {
				t.Errorf("it is told %v, not %s", err, c.looks)
			}
			if _, err := bo.client.Enrol(ctx, bo.ask(passwordOf("bo.ek"))); code(t, err) != c.again {
				t.Errorf("it signs in again: %v, not %q", err, c.again)
			}
			if c.said != "" && h.said(anna, c.said, bo.keys.Device()) != c.times {
				t.Errorf("the log says %s %d times", c.said, h.said(anna, c.said, bo.keys.Device()))
			}
		})
	}
}

// Who has stolen a password has a few devices wait, and gets nothing else by it.
func TestAStolenPasswordGoesNoFurther(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	h.approves()
	bo := h.asks("bo.ek")
	thief := []*device{h.asks("bo.ek"), h.asks("bo.ek")}
	for range 5 {
		h.clock.pass(time.Minute) // and it slows down whoever tries
		d := h.newDevice("bo.ek")
		if _, err := d.client.Enrol(ctx, d.ask(passwordOf("bo.ek"))); code(t, err) != link.CodeWaitingFull {
			t.Errorf("one more: %v", err)
		}
	}
	h.clock.pass(time.Minute)
	must[link.Issued](t)(bo.client.Enrol(ctx, bo.ask(passwordOf("bo.ek")))) // the same one again takes no other place
	if devices := must[[]gate.DeviceRow](t)(h.gate.ListDevices(ctx)); len(devices) != 3 || !slices.ContainsFunc(devices, func(d gate.DeviceRow) bool { return d.Waits() && d.ID == bo.keys.Device() }) {
		t.Errorf("the administrator sees %+v", devices)
	}
	h.asks("carl.ask") // others are not kept out

	// The ID stands for all keys: nobody has another one's wait with keys of their own.
	forged := *thief[0]
	ask := forged.ask(passwordOf("bo.ek"))
	keys := bo.keys.Public()
	keys.Sealing = thief[0].keys.Public().Sealing
	ask.Possession = must[[]byte](t)(thief[0].keys.Sign(signed.DomainEnrolment, link.Enrolment{Version: 1, Org: h.statement.Org(), RequestID: ask.RequestID, Machine: "m-1", Keys: keys}))
	if _, err := forged.client.Enrol(ctx, ask); code(t, err) != link.CodeBadRequest {
		t.Errorf("another one's signing key: %v", err)
	}
	other := bo.ask(passwordOf("bo.ek"))
	swapped := bo.keys.Public()
	swapped.Sealing = thief[0].keys.Public().Sealing
	other.Possession = must[[]byte](t)(bo.keys.Sign(signed.DomainEnrolment, link.Enrolment{Version: 1, Org: h.statement.Org(), RequestID: other.RequestID, Machine: "m-1", Keys: swapped}))
	if _, err := bo.client.Enrol(ctx, other); code(t, err) != link.CodeConflict {
		t.Errorf("other keys under the same ID: %v", err)
	}
	carl := *bo
	carl.name = "carl.ask"
	if _, err := carl.client.Enrol(ctx, carl.ask(passwordOf("carl.ask"))); code(t, err) != link.CodeConflict {
		t.Errorf("another person's, with the same keys: %v", err)
	}

	ok(t, h.gate.ApproveDevice(ctx, bo.keys.Device(), "", ""))
	for _, d := range thief {
		if got := must[link.Issued](t)(d.looks()); got.Credential != nil {
			t.Error("another device than the one that was named is let in")
		}
	}
	for _, id := range []identity.DeviceID{bo.keys.Device(), h.newDevice("bo.ek").keys.Device()} {
		if err := h.gate.ApproveDevice(ctx, id, "", ""); !errors.Is(err, gate.ErrUnknown) {
			t.Errorf("one that does not wait is let in: %v", err)
		}
	}
	h.sound()
}

func TestANewerDeviceReplacesAnOlder(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	anna, old := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	old.changes("")
	h.approves()
	bo := h.asks("bo.ek")
	if err := h.gate.ApproveDevice(ctx, bo.keys.Device(), "", anna.keys.Device()); !errors.Is(err, gate.ErrInput) {
		t.Errorf("somebody else's device is replaced: %v", err)
	}
	if got := must[link.Issued](t)(bo.looks()); got.Waiting == nil {
		t.Fatal("a refused approval lets it in")
	}
	ok(t, h.gate.ApproveDevice(ctx, bo.keys.Device(), "Bos nya", old.keys.Device()))
	if _, err := old.client.Changes(ctx, "", link.Had{Statement: 1}); code(t, err) != link.CodeDeviceRevoked {
		t.Errorf("the very next call of the older one: %v", err)
	}
	if n := old.hands(old.batch(old.items(2)...)); n != 2 {
		t.Errorf("its journal is taken as far as %d", n)
	}
	bo.credential = must[link.Issued](t)(bo.looks()).Credential
	if page := bo.changes(""); len(page.Records) != 1 || len(page.Revocations) == 0 {
		t.Errorf("the newer one gets %d records", len(page.Records))
	}
	rows := anna.log(link.LogFilter{Device: old.keys.Device(), Kind: journal.SystemChanged}).Rows
	if len(rows) != 1 || rows[0].Code != "device_replace" || rows[0].Note != "replaced by "+string(bo.keys.Device()) {
		t.Errorf("the log says %+v", rows)
	}
	devices := must[[]gate.DeviceRow](t)(h.gate.ListDevices(ctx))
	at := slices.IndexFunc(devices, func(d gate.DeviceRow) bool { return d.ID == old.keys.Device() })
	if devices[at].ReplacedBy != bo.keys.Device() || devices[at].RevokedAt.IsZero() {
		t.Errorf("the list says %+v", devices[at])
	}
	for what, c := range map[string]struct {
		older, newer *device
		want         error
	}{
		"once more":           {old, bo, gate.ErrExists},
		"by itself":           {bo, bo, gate.ErrInput},
		"by another person's": {bo, anna, gate.ErrInput},
		"by a revoked one":    {bo, old, gate.ErrInput},
		"one that is unknown": {h.newDevice("bo.ek"), bo, gate.ErrUnknown},
	} {
		if err := h.gate.ReplaceDevice(ctx, c.older.keys.Device(), c.newer.keys.Device()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	h.sound()
}

func TestAPersonHasAsManyDevicesAsOneMay(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	h.config.Devices = 1
	h.restart()
	old := h.enrolled("bo.ek")
	d := h.newDevice("bo.ek")
	if _, err := d.client.Enrol(ctx, d.ask(passwordOf("bo.ek"))); code(t, err) != link.CodeDeviceLimit {
		t.Errorf("a second one: %v", err)
	}
	must[link.Issued](t)(old.client.Enrol(ctx, old.ask(passwordOf("bo.ek"))))
	h.approves()
	bo := h.asks("bo.ek")
	if err := h.gate.ApproveDevice(ctx, bo.keys.Device(), "", ""); !errors.Is(err, gate.ErrDevices) {
		t.Errorf("it is let in beside the other: %v", err)
	}
	ok(t, h.gate.ApproveDevice(ctx, bo.keys.Device(), "", old.keys.Device()))
	if got := must[link.Issued](t)(bo.looks()); got.Credential == nil {
		t.Error("in its place it is not let in")
	}
}

func TestADeviceHasAName(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	anna, bo := h.enrolled("anna.lind"), h.enrolled("bo.ek")
	ok(t, h.gate.RenameDevice(ctx, bo.keys.Device(), "Bos surfplatta"))
	if got := must[link.Issued](t)(bo.client.Credential(ctx)); got.Label != "Bos surfplatta" || !bytes.Equal(got.Credential, bo.credential) {
		t.Errorf("its own: %q", got.Label)
	}
	bo.changes("")
	bo.hands(bo.batch(bo.items(1)...))
	var own, peer bool
	for _, row := range anna.log(link.LogFilter{Device: bo.keys.Device()}).Rows {
		own = own || row.Device == bo.keys.Device() && row.DeviceLabel == "Bos surfplatta"
		peer = peer || row.Peer == bo.keys.Device() && row.PeerLabel == "Bos surfplatta" && row.Code == "device_rename" && row.Note == "Bos surfplatta"
	}
	if !own || !peer {
		t.Errorf("in the log: as its own %v, as the other %v", own, peer)
	}
	if s := must[link.Spread](t)(anna.client.Spread(ctx, link.SpreadFilter{Record: "r-maj"})); len(s.Copies) == 0 || s.Copies[0].Label != "Bos surfplatta" {
		t.Errorf("in the spread: %+v", s.Copies)
	}
	for what, label := range map[string]string{
		"two lines": "Bos\nsurfplatta", "bytes that are no text": "\xff", "words that turn round": "Bo\u202e", "too long": string(make([]byte, 65)),
	} {
		if err := h.gate.RenameDevice(ctx, bo.keys.Device(), label); !errors.Is(err, gate.ErrInput) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := h.gate.RenameDevice(ctx, h.newDevice("bo.ek").keys.Device(), "Ingens"); !errors.Is(err, gate.ErrUnknown) {
		t.Errorf("one that is unknown: %v", err)
	}
}
