package ui

// FailHandover lets the hand-over page that is shown hear of a failure which no test machine has.
func FailHandover(w *Window, err error) { w.top().(*handoverScreen).failed(err) }
