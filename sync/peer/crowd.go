package peer

import "handslag/sync/peer/internal/road"

// disturb counts who is dropped for what it said.
func (s *Session) disturb(id int, what road.Disturbance) {
	if stream := s.streams.Get(id); stream != nil && what != "" && s.machine.role == Displayer {
		s.node.Strange.Note(what, stream.Conn().ID())
	}
}

// tellDisturbed has the journal told, before the session's last word.
func (s *Session) tellDisturbed() {
	if s.machine.role != Displayer {
		return // nobody comes to S
	}
	for _, one := range s.node.Strange.Take() {
		s.emit(Disturbed(one))
	}
}
