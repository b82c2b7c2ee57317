package vault

import (
	"errors"

	"github.com/dgraph-io/badger/v4"
)

// MendView drops what the view's lists can not show, and forgets what is missing, so that they are
// whole again, and returns how many rows those were. The rest stays. Where there were any, Position is
// zero and Sync forgets its cursor: the caller replays the journal, and a sync brings the rows
// anew. Errors as Update's.
func (v *Vault) MendView() (rows int, err error) {
	if err := v.enter(); err != nil {
		return 0, err
	}
	defer v.mu.RUnlock()
	for {
		dropped := 0
		err := v.update(func(t *Tx) (err error) {
			if dropped, err = t.mend(); err != nil || dropped == 0 {
				return err
			}
			return errors.Join(t.remove(rowSetting, positionName), t.remove(rowSetting, syncName))
		})
		if err != nil || dropped == 0 {
			return rows, err
		}
		rows += dropped
	}
}

const mendAtOnce = 4096 // rows in one transaction

// mend drops rows that do not open or are not those that the catalogue names, with what goes with
// them, and forgets those that are not there; mendAtOnce at most.
func (t *Tx) mend() (dropped int, err error) {
	sound, bad := map[rowKey]bool{}, map[string]bool{} // keys that are no row's are bad too
	condemn := func(key rowKey) {
		bad[string(key[:])] = true
		if other := key.kind().other(); other != 0 {
			second := key.as(other)
			bad[string(second[:])] = true
		}
	}
	for _, kind := range []rowKind{rowPart, rowCard, rowMessage, rowAttachment, rowAssignment, rowWork, rowStaged, rowSetting} {
		err := t.keys(kind, func(key rowKey, item *badger.Item) error {
			err := t.open(key, item, func([]byte) error { return nil })
			if sound[key] = err == nil && (kind.other() == 0 || sound[key.as(kind.other())]); !sound[key] {
				bad[string(item.Key())] = true
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	for key := range t.view.catalogue.rows {
		if !sound[key] {
			condemn(key)
		}
	}
	for key := range bad {
		if dropped == mendAtOnce {
			break
		}
		dropped++
		if len(key) == len(rowKey{}) {
			err = t.drop(rowKey([]byte(key)))
		} else {
			t.changes = append(t.changes, change{key: rowKey{}.as(rowKind(key[0]))})
			t.wrote, err = true, t.txn.Delete([]byte(key))
		}
		if err != nil {
			return 0, err
		}
	}
	return dropped, nil
}
