package vault

import (
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

// putTask lists an assignment; before is what was listed of it, or nil.
func (l *list) putTask(key rowKey, row assignmentRow, before *listedTask) {
	a := row.Assignment
	t := &listedTask{id: a.ID, record: a.Record, due: a.Due, people: a.People, number: a.Number, text: row.text()}
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
	t := l.tasks[key]
	if t == nil {
		return
	}
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

// work picks at most limit (0: all) of the assignments that filter selects, in its order, after the first from.
func (l *list) work(f AssignmentFilter, from, limit int) []rowKey {
	var keys []rowKey
	if f.Record != "" {
		keys = slices.Clone(l.needs[f.Record])
	} else {
		keys = slices.Collect(maps.Keys(l.tasks))
	}
	words := wordsOf(f.Text)
	keys = slices.DeleteFunc(keys, func(key rowKey) bool {
		t := l.tasks[key]
		return f.Person != "" && !slices.Contains(t.people, f.Person) || f.When != "" && t.when(f.Today) != f.When || !has(t.text, words)
	})
	slices.SortFunc(keys, func(x, y rowKey) int {
		a, b := l.tasks[x], l.tasks[y]
		return cmp.Or(
			slices.Index(inTime, a.when(f.Today))-slices.Index(inTime, b.when(f.Today)),
			yesFirst(slices.Contains(a.people, f.First), slices.Contains(b.people, f.First)),
			cmp.Compare(a.due, b.due), cmp.Compare(string(a.text), string(b.text)), cmp.Compare(a.id, b.id))
	})
	keys = keys[min(from, len(keys)):]
	if limit > 0 {
		keys = keys[:min(limit, len(keys))]
	}
	return keys
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
