package agent

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"handslag/identity"
	"handslag/identity/signed"
	"handslag/sync/peer"
	"handslag/vault"
	"handslag/vault/journal"
)

// Devices are witnesses of each other's journals. At each meeting each shows how far its own goes, and the
// newest that it was shown of the other's. What it is shown is an entry, so that the connected system finds
// out a journal that ends before it or has taken another way; and two that can not both be one
// journal's own are seen at once by whoever was shown both.

// sighting is the newest head that a device has shown.
type sighting struct {
	_      struct{} `cbor:",toarray"`
	Device identity.DeviceID
	Name   string // of its person
	Head   []byte // signed
}

const (
	sightingsSetting = "heads"
	maxSightings     = 100
	sightingsLimit   = 64 << 10 // bytes
)

// How two heads of one device contradict each other, as the entry's Code says.
const (
	headForked = "forked" // the same place, and another entry there
	headBehind = "behind" // an earlier place than the device has been at
)

func readSightings(data []byte) []sighting {
	var list []sighting
	if len(data) == 0 || signed.Decode(data, sightingsLimit, &list) != nil {
		return nil // begins anew, as after a lost view
	}
	return list
}

// sightings are what this device was shown, the latest met last; none where the view has lost them.
func (s *session) sightings() []sighting {
	data, err := s.vault.Setting(sightingsSetting)
	if err != nil {
		return nil
	}
	return readSightings(data)
}

func (s *session) sighting(device identity.DeviceID) sighting {
	list := s.sightings()
	if i := slices.IndexFunc(list, func(g sighting) bool { return g.Device == device }); i >= 0 {
		return list[i]
	}
	return sighting{Device: device}
}

// keepSighting changes what is kept of a device, which becomes the latest met.
func keepSighting(tx *vault.Tx, device identity.DeviceID, change func(*sighting)) error {
	data, err := tx.Setting(sightingsSetting)
	if err != nil && !errors.Is(err, vault.ErrView) { // a row that does not open is written over
		return err
	}
	one, list := sighting{Device: device}, readSightings(data)
	if i := slices.IndexFunc(list, func(g sighting) bool { return g.Device == device }); i >= 0 {
		one = list[i]
		list = slices.Delete(list, i, i+1)
	}
	change(&one)
	list = append(list[max(0, len(list)+1-maxSightings):], one)
	if data, err = signed.Encode(list); err != nil {
		return fmt.Errorf("keep heads: %w", err)
	}
	return tx.SetSetting(sightingsSetting, data)
}

// putSighting is what an entry HeadSeen changes: the furthest place counts, and of two at the same place
// the one seen first, of which the alarm tells.
func putSighting(tx *vault.Tx, e effect) error {
	return keepSighting(tx, e.entry.Peer, func(g *sighting) {
		now, before := journal.Head{}, journal.Head{}
		if signed.Unverified(e.entry.Signature, journal.HeadLimit, &now) != nil {
			return
		}
		if signed.Unverified(g.Head, journal.HeadLimit, &before) != nil || before.Before(now) {
			g.Head = e.entry.Signature
		}
	})
}

// ownHead is how far this device's journal goes, signed; nil where nothing is said in its newest generation.
func (s *session) ownHead() []byte {
	chain := s.journal.Chain()
	if chain.Last == 0 {
		return nil
	}
	head, err := journal.HeadOf(s.who().profile.Org, s.device, chain).Sign(s.keys.Sign)
	if err != nil {
		return nil // the vault is being locked
	}
	return head
}

// witness writes down how far the other device says that its journal goes. Where that can not be, given
// what it has shown before, both persons' connected system and this person are told.
func (a *Agent) witness(s *session, other identity.Credential, shown []byte) error {
	org := s.who().profile.Org
	head, err := journal.OpenHead(shown, org, other.Keys.Signing)
	if err != nil {
		return err
	}
	lines := []line{{
		entry: journal.Entry{Kind: journal.HeadSeen, Peer: head.Device, Count: head.Seq, Pair: head.Hash, Signature: shown},
		effect: func(tx *vault.Tx) error {
			return keepSighting(tx, head.Device, func(g *sighting) { g.Name = other.Person.Name() })
		},
	}}
	known := s.sighting(head.Device)
	before, err := journal.OpenHead(known.Head, org, other.Keys.Signing)
	if how := contradicts(before, head); err == nil && how != "" {
		lines = append(lines, line{
			entry: journal.Entry{
				Kind: journal.DeviceForked, Peer: head.Device, Code: how, Count: before.Seq, Ref: before.Hash, Pair: head.Hash, Signature: known.Head,
			},
			effect: func(tx *vault.Tx) error {
				return tell(tx, notice{ID: "forked-" + string(head.Device), Code: DeviceForked, At: s.clock.Read().Time, Args: []string{
					"name", other.Person.Name(), "device", head.Device.Grouped(),
					"first", placeOf(before), "second", placeOf(head),
				}})
			},
		})
	}
	_, err = s.say(lines...)
	a.changed(StateChanged, EventsChanged, SyncChanged)
	return err
}

// placeOf is a head as people compare it: generation and number, and the entry's fingerprint.
func placeOf(h journal.Head) string {
	return strconv.FormatUint(h.Generation, 10) + "/" + strconv.FormatUint(h.Seq, 10) + " " + fingerprint(h.Hash)
}

// contradicts says how now can not be of the same journal as before; "" where it can.
func contradicts(before, now journal.Head) string {
	switch {
	case now.Before(before):
		return headBehind
	case !before.Before(now) && !bytes.Equal(before.Hash, now.Hash):
		return headForked
	}
	return ""
}

// reminded compares this device's journal with what a colleague was shown of it before, which this device
// itself has signed. A journal that ends before it, or has another entry there, is an older copy
// that was put back, or the other branch of a copied device, and goes on in a new generation.
func (a *Agent) reminded(s *session, seen []byte) error {
	head, err := journal.OpenHead(seen, s.who().profile.Org, s.keys.Public().Signing)
	if err != nil {
		return err
	}
	return a.rejoin(s, journal.Receipt{
		Device: s.device, Ranges: []journal.Range{{Generation: head.Generation, From: 1, To: head.Seq, Hash: head.Hash}},
	})
}

// tellOfJournals is the part of the news that is about journals.
func (a *Agent) tellOfJournals(s *session, other identity.DeviceID, news *peer.News) {
	news.Head, news.Seen = s.ownHead(), s.sighting(other).Head
	news.Receipts = a.receiptsFor(s, other)
}

// hearOfJournals takes what the other device told of journals; what does not verify is as if it had not
// been told, and hides nothing else.
func (a *Agent) hearOfJournals(s *session, other identity.Credential, news peer.News) {
	if len(news.Seen) > 0 {
		if err := a.reminded(s, news.Seen); err != nil {
			a.log.Warn("what a colleague has seen of this journal is not believed", "error", err)
		}
	}
	a.takeReceipts(s, news.Receipts)
	if len(news.Head) > 0 {
		if err := a.witness(s, other, news.Head); err != nil {
			a.log.Warn("how far another device's journal goes is not written down", "error", err)
		}
	}
}
