package vault

import (
	"errors"
	"fmt"
	"sync"

	"handslag/vault/internal/folder"
	"handslag/vault/internal/frame"
	"handslag/vault/internal/seal"
	"handslag/vault/internal/sealedlog"
)

// catalogue says which rows the view has, and in which transaction each was written, so that a
// row that is gone, put back or brought from elsewhere is seen. It lies outside Badger, as a sealed
// log whose index counts the vault's transactions; that number is the revision of the rows that
// were written in it.
//
// Badger commits first, with the change in its row "last", and then the log. So after a crash
// Badger is where the catalogue is, or one transaction ahead, and then that one is caught up with.
type catalogue struct {
	log *sealedlog.Log

	turn    sync.RWMutex // held for writing while Badger and rows change together
	era     era
	bag     uint64 // revision of the keybag that the rows need
	rows    map[rowKey]uint64
	count   map[rowKind]int
	unsaved []byte // the newest transaction's change, where the log could not take it
}

// era is one life of the view, random: its rows fit no other, whatever their revisions.
type era [16]byte

const catalogueLimit = 128 << 20 // bytes, about two million rows twice over

func newCatalogue(f folder.Folder, vault, root []byte) *catalogue {
	return &catalogue{
		log:  sealedlog.New(f, folder.Catalogue, frame.KindCatalogue, vault, seal.Key(root, "catalogue"), catalogueLimit),
		rows: map[rowKey]uint64{}, count: map[rowKind]int{},
	}
}

// create begins an empty catalogue and a new era at revision, in place of whatever was there.
func (c *catalogue) create(revision, bag uint64) error {
	c.era, c.bag = era(seal.Random(len(era{}))), bag
	if err := c.log.Stage(revision, c.snapshot()); err != nil {
		return err
	}
	return c.log.Place()
}

// load reads the file. A catalogue that is gone or damaged is ErrView: without it no row can be
// believed.
func (c *catalogue) load() error {
	err := c.log.Load(folder.Catalogue, func(index uint64, snapshot bool, plain []byte) error {
		if snapshot {
			return c.restore(plain)
		}
		return c.apply(plain, index)
	})
	if err == nil {
		err = c.log.Extend()
	}
	if errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrView, err)
	}
	return err
}

// revision is the newest transaction's.
func (c *catalogue) revision() uint64 {
	if c.unsaved != nil {
		return c.log.Index + 1
	}
	return c.log.Index
}

func (c *catalogue) set(key rowKey, revision uint64) {
	if _, there := c.rows[key]; !there {
		c.count[key.kind()]++
	}
	c.rows[key] = revision
}

func (c *catalogue) drop(key rowKey) {
	if _, there := c.rows[key]; there {
		c.count[key.kind()]--
		delete(c.rows, key)
	}
}

// advance takes up what the newest transaction changed, which Badger holds durably; settle makes
// it durable here.
func (c *catalogue) advance(change []byte) error {
	if err := c.apply(change, c.revision()+1); err != nil {
		return err
	}
	c.unsaved = change
	return nil
}

// settle makes the newest transaction's change durable in the log, where it is not yet. Before
// that Badger must not forget it, so nothing else may be committed.
func (c *catalogue) settle() error {
	if c.unsaved == nil {
		return nil
	}
	if err := c.log.Add(c.unsaved, c.snapshot); err != nil {
		return err
	}
	c.unsaved = nil
	return nil
}

func (c *catalogue) close() {
	c.log.Close()
	clear(c.log.Key)
}

// Mark is the newest revision of the view that the catalogue holds durably. The journal takes it
// down with every entry, so that an older copy of the vault can be told from the newest. It does not
// block, and is 0 before the vault has a view.
func (v *Vault) Mark() uint64 { return v.mark.Load() }

// CheckMark compares the vault with the mark that the journal has taken down. ErrOlder, which is
// an ErrView too, says that an older copy of the vault's folder was put back; from then on the view
// gives nothing, until ResetView. Errors besides: ErrClosed.
func (v *Vault) CheckMark(mark uint64) error {
	if err := v.enter(); err != nil {
		return err
	}
	defer v.mu.RUnlock()
	if mark <= v.mark.Load() {
		return nil
	}
	v.older.Store(mark)
	return v.current()
}

// current returns ErrOlder where CheckMark found the vault older than its journal.
func (v *Vault) current() error {
	if mark := v.older.Load(); mark > 0 {
		return fmt.Errorf("journal knows revision %d, vault has %d: %w: %w", mark, v.mark.Load(), ErrOlder, ErrView)
	}
	return nil
}
