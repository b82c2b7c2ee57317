package vault

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"handslag/identity"
	"handslag/vault/journal"
	"handslag/vault/record"
)

// listedTask is what is kept in memory of an assignment: what finds it and puts it in order.
type listedTask struct {
	id     journal.AssignmentID
	record journal.RecordID
	due    string
	people []identity.PersonID
	text   []byte // its title first, in small letters
	number uint64 // version
	signed uint64 // the newest version that somebody has signed, 0 for none
}

// done reports whether this version is.
func (t *listedTask) done() bool { return t.signed >= t.number }

// when says where an assignment stands on a day.
func (t *listedTask) when(today string) When {
	switch {
	case t.done():
		return WhenDone
	case t.due != "" && t.due <= today:
		return WhenToday
	}
	return WhenLater
}

// listed is an assignment as it is listed, before any work on it.
func listed(row assignmentRow) *listedTask {
	a := row.Assignment
	return &listedTask{id: a.ID, record: a.Record, due: a.Due, people: a.People, number: a.Number, text: row.text()}
}

// putTask lists an assignment; before is what was listed of it, or nil.
func (l *list) putTask(key rowKey, row assignmentRow, before *listedTask) {
	t := listed(row)
	if before != nil {
		t.signed = before.signed
	}
	l.tasks[key] = t
	if t.record != "" {
		l.needs[t.record] = append(l.needs[t.record], key)
	}
}

// text is what a search for assignments looks through.
func (row assignmentRow) text() []byte {
	a := row.Assignment
	return []byte(strings.ToLower(strings.Join([]string{a.Title, a.Area, a.Text, a.Due, string(a.ID)}, "\n")))
}

// putWork takes up what was done on an assignment.
func (l *list) putWork(key rowKey, row workRow) {
	if t := l.tasks[key]; t != nil {
		t.take(row)
	}
}

func (t *listedTask) take(row workRow) {
	t.signed = 0
	for _, o := range row.operations() {
		if o.Topic == record.TopicDone {
			t.signed = max(t.signed, o.Number)
		}
	}
}

func (l *list) removeTask(key rowKey) {
	t := l.tasks[key]
	if t == nil {
		return
	}
	delete(l.tasks, key)
	clear(t.text)
	left := slices.DeleteFunc(l.needs[t.record], func(other rowKey) bool { return other == key })
	if len(left) == 0 {
		delete(l.needs, t.record)
	} else {
		l.needs[t.record] = left
	}
}

// work picks at most limit (0: all) of the assignments that filter selects, in its order, without the first skip.
func (l *list) work(f AssignmentFilter, skip, limit int) []rowKey {
	var keys []rowKey
	if f.Record != "" {
		keys = slices.Clone(l.needs[f.Record])
	} else {
		keys = slices.Collect(maps.Keys(l.tasks))
	}
	words := wordsOf(f.Text)
	keys = slices.DeleteFunc(keys, func(key rowKey) bool { return !f.selects(l.tasks[key], words) })
	slices.SortFunc(keys, func(x, y rowKey) int { return f.compare(l.tasks[x], l.tasks[y]) })
	keys = keys[min(skip, len(keys)):]
	if limit > 0 {
		keys = keys[:min(limit, len(keys))]
	}
	return keys
}

// selects reports whether an assignment of the record, if one is asked for, is one of those.
func (f AssignmentFilter) selects(t *listedTask, words [][]byte) bool {
	switch {
	case f.Person != "" && !slices.Contains(t.people, f.Person), f.When != "" && t.when(f.Today) != f.When:
		return false
	case f.After.task != nil && f.compare(t, f.After.task) <= 0:
		return false
	}
	return has(t.text, words)
}

func (f AssignmentFilter) compare(a, b *listedTask) int {
	return cmp.Or(
		slices.Index(inTime, a.when(f.Today))-slices.Index(inTime, b.when(f.Today)),
		yesFirst(slices.Contains(a.people, f.First), slices.Contains(b.people, f.First)),
		cmp.Compare(a.due, b.due), bytes.Compare(a.text, b.text), cmp.Compare(a.id, b.id))
}

func yesFirst(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}

// people are those to whom assignments that name a record are given.
func (l *list) people(id journal.RecordID) (all []identity.PersonID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range l.needs[id] {
		for _, p := range l.tasks[key].people {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

// assignments are those that name a record.
func (l *list) assignments(id journal.RecordID) (ids []journal.AssignmentID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range l.needs[id] {
		ids = append(ids, l.tasks[key].id)
	}
	return ids
}
