package testnet

// ended is closed when the program has ended, at whoever's wish. It is nil, and so never
// comes, where none runs.
func (p *process) ended() <-chan struct{} {
	if p == nil {
		return nil
	}
	return p.exited
}

// ConnectedEnded notes that the connected system has ended by itself: devices find nobody
// there, and StartConnected starts it again.
func (n *Net) ConnectedEnded() { n.KillConnected() }

// DirectoryEnded notes the same of the directory.
func (n *Net) DirectoryEnded() {
	if n.directory == nil {
		return
	}
	n.directory.kill()
	n.directory = nil
	n.DirectoryLine.To("")
	n.DirectoryLine.Cut()
}
