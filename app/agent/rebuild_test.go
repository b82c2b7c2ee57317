package agent

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handslag/vault"
	"handslag/vault/journal"
)

func TestAnOlderVaultBesideItsJournalIsMadeAnewAndNothingUnsyncedIsLost(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	reviewer := h.enrolled("anna.lind")
	bo := h.enrolled("bo.ek")
	bo.sync()
	ok(t, bo.Lock())
	putBack := bo.copied(bo.cfg.Vault)
	address := h.address
	h.stop()
	ok(t, bo.Unlock(ctx, passphrase))
	bo.works("det som vyn inte vet om")
	_, err := bo.Finish(ctx, "U-2002", "bytte packningen", "")
	ok(t, err)
	ok(t, bo.Lock())
	waiting := bo.Me().Waiting
	putBack()

	ok(t, bo.Unlock(ctx, passphrase))
	if !bo.sees(VaultOlder) || bo.sees(JournalBehind) {
		t.Errorf("told %+v", bo.Notices())
	}
	if n := bo.Me().Waiting; n != waiting+2 { // that it was rebuilt, and the unlock
		t.Errorf("%d wait, %d did", n, waiting)
	}
	cards, err := bo.Records(ctx, "")
	ok(t, err)
	if len(cards) != 0 {
		t.Errorf("an older view is served: %+v", cards)
	}
	h.address = address
	h.back()
	bo.sync()
	if p := bo.Progress(); p.What != ProgressRebuild || p.Running || p.Done == 0 || p.Done != p.Total {
		t.Errorf("progress %+v", p)
	}
	if args := bo.told(Restored); args["records"] != "1" || args["tasks"] != "2" {
		t.Errorf("told %+v", bo.Notices())
	}
	task, err := bo.Assignment(ctx, "U-2002")
	ok(t, err)
	if task.Done == nil || !task.Done.Mine || task.Done.Waiting || task.Done.Note != "bytte packningen" {
		t.Errorf("the work is %+v", task.Done)
	}
	if _, err := bo.Open(ctx, "r-maj", Reason{Text: "igen"}); err != nil {
		t.Errorf("%v %s", err, unwrapped(err))
	}
	rows, text, found := h.said(reviewer, bo)
	if !strings.Contains(text, "det som vyn inte vet om") || !strings.Contains(text, string(journal.ViewRebuilt)) || found != "" {
		t.Errorf("the log holds %d rows\n%s%s", len(rows), text, found)
	}
	if bo.sync(); bo.Progress().What != ProgressSync {
		t.Errorf("the next sync is %+v", bo.Progress())
	}
}

func TestADamagedViewIsNoticedNamedAndMadeAnew(t *testing.T) {
	remove := func(pattern string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			files, err := filepath.Glob(filepath.Join(dir, pattern))
			ok(t, err)
			if len(files) == 0 {
				t.Fatalf("no %s", pattern)
			}
			for _, file := range files {
				ok(t, os.RemoveAll(file))
			}
		}
	}
	for what, spoil := range map[string]func(t *testing.T, dir string){
		"the view is gone":      remove("view"),
		"the catalogue is gone": remove("catalogue"),
		"its tables are gone":   remove("view/*.sst"),
		"its manifest is gone":  remove("view/MANIFEST"),
		"its registry is torn": func(t *testing.T, dir string) {
			ok(t, os.Truncate(filepath.Join(dir, "view", "KEYREGISTRY"), 10))
		},
		"the keybag is gone": remove("keybag"),
		"it was begun anew, and then the power went": func(t *testing.T, dir string) {
			remove("view")(t, dir)
			v, err := vault.Open(dir, []byte(passphrase), vault.Options{CheapForTests: true})
			if !errors.Is(err, vault.ErrView) {
				t.Fatal(err)
			}
			ok(t, v.ResetView())
			ok(t, v.Close())
		},
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t)
			ctx := t.Context()
			reviewer := h.enrolled("anna.lind")
			bo, reason := h.leaves("bo.ek")
			waiting := bo.Me().Waiting
			spoil(t, bo.cfg.Vault)
			bo.begin()
			ok(t, bo.Unlock(ctx, passphrase))
			if !bo.sees(ViewDamaged) {
				t.Errorf("told %+v", bo.Notices())
			}
			if n := bo.Me().Waiting; n < waiting {
				t.Errorf("%d wait, %d did", n, waiting)
			}
			bo.sync()
			if !bo.sees(Restored) || bo.Progress().What != ProgressRebuild {
				t.Errorf("told %+v, %+v", bo.Notices(), bo.Progress())
			}
			if _, err := bo.Open(ctx, "r-maj", Reason{Text: "igen"}); err != nil {
				t.Errorf("%v %s", err, unwrapped(err))
			}
			if _, text, found := h.said(reviewer, bo); !strings.Contains(text, reason) || !strings.Contains(text, "bytte packningen") || found != "" {
				t.Errorf("the log holds\n%s%s", text, found)
			}
		})
	}
}
