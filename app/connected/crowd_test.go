package connected_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"handslag/app/connected/gate"
	"handslag/identity"
	"handslag/sync/link"
)

// A command of the administrator and a crowd of devices at the same time, on the same file:
// nothing is lost and the log is whole.
func TestACrowdAndAnAdministratorAtOnce(t *testing.T) {
	h := newHouse(t, live)
	ctx := context.Background()
	var devices []*device
	for range 6 {
		devices = append(devices, h.enrolled("bo.ek"))
	}
	beside := must[*gate.Gate](t)(gate.Open(ctx, h.config)) // as another process would
	defer beside.Close(ctx)
	before := h.sound()
	var wait sync.WaitGroup
	errs := make(chan error, 64)
	for _, d := range devices {
		batch := d.batch(d.items(10)...)
		wait.Add(1)
		go func() {
			defer wait.Done()
			for range 2 {
				if _, err := d.client.Changes(ctx, "", link.Had{Statement: 1}); err != nil {
					errs <- err
				}
				if _, err := d.client.Journal(ctx, batch); err != nil {
					errs <- err
				}
				if _, err := d.client.Log(ctx, link.LogFilter{}); err == nil {
					errs <- fmt.Errorf("Bo read the log")
				}
			}
		}()
	}
	for i := range 5 {
		if err := beside.AddUnit(ctx, identity.Unit{ID: identity.UnitID(fmt.Sprintf("unit-%d", i)), Name: "Ny"}); err != nil {
			errs <- err
		}
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	after := h.sound()
	// Each device: ten entries; two refusals; its one record sent twice. And five commands.
	if got, want := after.Covered-before.Covered, len(devices)*(10+2+2)+5; got != want {
		t.Errorf("%d entries came, want %d", got, want)
	}
}
