package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/peer"
	"handslag/vault/disk"
	"handslag/vault/journal"
	"handslag/vault/journalfile"
)

// Colleagues carry each other's sealed segments home: whoever has coverage first hands them in, and the
// receipt comes back with the next meeting, or with the owner's own sync. Carried ones lie in a folder of
// their own, apart from what somebody brought on a stick: they are a favour, bounded, and never the only
// copy.
const (
	carriageFor  = time.Minute // of a meeting, beside what is shared in it
	carriedFor   = 30 * 24 * time.Hour
	maxHeld      = 256      // segments carried at one time
	maxHeldOf    = 64       // of one device
	heldBytes    = 64 << 20 // of all
	heldFreePart = 20       // they take no more than this part of the free space
)

// carriage is what one meeting carries, either way.
type carriage struct {
	agent   *Agent
	session *session
	other   identity.Credential
	paths   []string // of the offers
	offers  []peer.Sealed
	held    []heldSegment
}

// heldSegment is one that is carried already.
type heldSegment struct {
	journalfile.Sealed
	since  time.Time
	handed bool
}

// carry has the other device carry what waits here, and takes what it can of the other's. It goes on
// beside the meeting and ends with it.
func (h *Handover) carry(v *peer.Verified) {
	ctx, cancel := context.WithTimeout(context.Background(), carriageFor)
	defer cancel()
	c := &carriage{agent: h.agent, session: h.session, other: v.Meeting().Peer}
	c.gather(h.peer.Done())
	if err := c.tidy(); err != nil {
		h.agent.log.Warn("the folder of carried segments", "error", err)
	}
	given, kept, err := v.Carry(ctx, peer.Carrier{Offers: c.offers, Read: c.read, Want: c.want, Take: c.take})
	if err != nil {
		h.agent.log.Info("segments are carried in part, or not at all", "given", given, "taken", kept, "error", err)
		h.malformed("carriage", err)
	}
	if kept > 0 {
		h.agent.changed(SyncChanged)
		h.agent.nudge() // whoever has coverage hands them in
	}
}

// gather finds what waits: this device's own first, then what it carries for others, then other profiles'
// of this machine. It looks no further once over is closed.
func (c *carriage) gather(over <-chan struct{}) {
	paths := c.session.journal.Unreceived()
	for _, dir := range c.agent.place.Fetched() {
		files, _ := journalfile.SealedFiles(dir) // a folder that does not read has nothing to carry
		paths = append(paths, files...)
	}
	others, _ := c.agent.place.Sealed(c.session.device)
	for _, path := range others {
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	total, looked := 0, 0
	for _, path := range paths {
		if len(c.offers) == peer.MaxSealed || total >= peer.SealedBytes || looked > heldBytes {
			return // a folder of what was handed in long ago must not hold a meeting up
		}
		select {
		case <-over:
			return
		default:
		}
		if _, refused := c.agent.carried.refusal(path); refused {
			continue
		}
		s, _, err := journalfile.ReadSealed(path)
		looked += s.Size
		if err != nil || s.Entries == 0 || s.Device == c.other.Device() || journalfile.Handed(s) != nil {
			continue
		}
		if total += s.Size; total > peer.SealedBytes {
			return
		}
		c.paths = append(c.paths, path)
		c.offers = append(c.offers, peer.Sealed{
			Device: s.Device, Generation: s.Generation, First: s.First, Entries: uint64(s.Entries), Size: uint64(s.Size), Sum: s.Sum[:],
		})
	}
}

// read is an offer's bytes. A journal that has grown since still begins with them.
func (c *carriage) read(i int) ([]byte, error) {
	_, data, err := journalfile.ReadSealed(c.paths[i])
	if err != nil {
		return nil, err
	}
	if uint64(len(data)) < c.offers[i].Size {
		return nil, fmt.Errorf("read segment: it is shorter than it was: %w", journalfile.ErrDamaged)
	}
	return data[:c.offers[i].Size], nil
}

// tidy removes what was carried for too long, and, where there is little room, what has been handed in.
func (c *carriage) tidy() error {
	all, refused, err := journalfile.ListSealed(c.agent.place.Carried())
	for _, r := range refused {
		err = errors.Join(err, journalfile.RemoveSealed(journalfile.Sealed{Path: r.Path}))
	}
	old := c.agent.clock.Now().Add(-carriedFor)
	bytes := 0
	for _, s := range all {
		info, gone := os.Lstat(s.Path)
		if gone != nil {
			continue
		}
		if info.ModTime().Before(old) {
			err = errors.Join(err, journalfile.RemoveSealed(s))
			continue
		}
		bytes += s.Size
		c.held = append(c.held, heldSegment{s, info.ModTime(), journalfile.Handed(s) != nil})
	}
	slices.SortStableFunc(c.held, func(x, y heldSegment) int { return x.since.Compare(y.since) })
	count := len(c.held)
	c.held = slices.DeleteFunc(c.held, func(s heldSegment) bool {
		if !s.handed || count < maxHeld/2 && bytes < heldBytes/2 {
			return false
		}
		count, bytes = count-1, bytes-s.Size
		err = errors.Join(err, journalfile.RemoveSealed(s.Sealed))
		return true
	})
	return err
}

// want chooses what to take: not this device's own, not what is here already, and no more than there is
// room for. The other device's own come before what it carries for others, of whom nobody here
// can say whether they said it.
func (c *carriage) want(offers []peer.Sealed) []int {
	count, room := map[identity.DeviceID]int{}, heldBytes
	for _, s := range c.held {
		count[s.Device]++
		room -= s.Size
	}
	if free, err := (disk.OS{}).Free(c.agent.cfg.Outbox); err == nil {
		room = min(room, int(min(free/heldFreePart, heldBytes)))
	}
	foreign := 0
	for device, n := range count {
		if device != c.other.Device() {
			foreign += n
		}
	}
	total := len(c.held)
	var chosen []int
	for _, own := range []bool{true, false} {
		for i, o := range offers {
			if (o.Device == c.other.Device()) != own || o.Device == c.session.device || c.has(o) {
				continue
			}
			if total == maxHeld || count[o.Device] == maxHeldOf || o.Size > uint64(max(room, 0)) || !own && foreign >= maxHeld/2 {
				continue
			}
			total++
			count[o.Device]++
			room -= int(o.Size)
			if !own {
				foreign++
			}
			chosen = append(chosen, i)
		}
	}
	slices.Sort(chosen)
	return chosen
}

// has reports whether exactly that is carried already.
func (c *carriage) has(o peer.Sealed) bool {
	return slices.ContainsFunc(c.held, func(s heldSegment) bool {
		return s.Device == o.Device && s.Generation == o.Generation && s.First == o.First && string(s.Sum[:]) == string(o.Sum)
	})
}

// take keeps a segment, unread: durable when it returns. What is not a segment, or not the device's whose it is
// said to be, is not kept.
func (c *carriage) take(o peer.Sealed, data []byte) error {
	s, whole, err := journalfile.PeekSealed(data)
	if err != nil || s.Device != o.Device || s.Generation != o.Generation || s.First != o.First || s.Entries == 0 || len(whole) != len(data) {
		return fmt.Errorf("take segment: not the one that was offered: %w", errors.Join(peer.ErrShare, err))
	}
	if s.Device == c.other.Device() { // of others nobody knows the key here; the connected system does
		if _, _, err := journal.OpenSegment(data, s.Device, c.other.Keys.Signing); err != nil {
			return fmt.Errorf("take segment: %w: %w", peer.ErrShare, err)
		}
	}
	_, err = journalfile.KeepSealed(data, c.agent.place.Carried())
	if errors.Is(err, os.ErrExist) { // under its sum lies something else: whoever put it there loses by it
		return fmt.Errorf("take segment: %w", errors.Join(peer.ErrShare, err))
	}
	return err
}

// receiptsFor are the newest receipts for another device's journal that were the answer when this machine
// handed its segments in.
func (a *Agent) receiptsFor(s *session, device identity.DeviceID) [][]byte {
	type kept struct {
		at   signed.Time
		data []byte
	}
	me := s.who()
	var all []kept
	for _, dir := range a.place.Fetched() {
		files, _ := journalfile.SealedFiles(dir)
		files = slices.DeleteFunc(files, func(path string) bool { return !strings.HasPrefix(filepath.Base(path), string(device)+".") })
		for _, path := range files[max(0, len(files)-maxHeldOf):] { // the newest
			one, _, err := journalfile.ReadSealed(path)
			if err != nil {
				continue
			}
			data := journalfile.Handed(one)
			if receipt, err := journal.OpenReceipt(data, me.profile.Org, device, me.statement.Log); err == nil {
				all = append(all, kept{receipt.Time, data})
			}
		}
	}
	slices.SortFunc(all, func(x, y kept) int { return int(y.at.Time().Compare(x.at.Time())) })
	var out [][]byte
	for _, k := range all[:min(len(all), peer.NewsReceipts)] {
		out = append(out, k.data)
	}
	return out
}
