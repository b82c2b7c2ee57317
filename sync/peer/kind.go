package peer

import "handslag/sync/peer/internal/message"

// The kinds of what verified devices say: of a share, of news and what is carried, of working together.
const (
	kindManifest message.Kind = 16
	kindWant     message.Kind = 17
	kindItem     message.Kind = 18
	kindAcks     message.Kind = 19
	kindTask     message.Kind = 20
	kindFile     message.Kind = 21
	kindLacks    message.Kind = 22
	kindStop     message.Kind = 23

	kindNews   message.Kind = 32
	kindOffers message.Kind = 33
	kindSealed message.Kind = 34
	kindTaken  message.Kind = 35

	kindShelf     message.Kind = 48
	kindOperation message.Kind = 49
	kindAnswered  message.Kind = 50
	kindHere      message.Kind = 51
)

func (manifestMessage) Kind() message.Kind { return kindManifest }
func (want) Kind() message.Kind            { return kindWant }
func (itemMessage) Kind() message.Kind     { return kindItem }
func (acks) Kind() message.Kind            { return kindAcks }
func (taskMessage) Kind() message.Kind     { return kindTask }
func (fileMessage) Kind() message.Kind     { return kindFile }
func (lacks) Kind() message.Kind           { return kindLacks }
func (stop) Kind() message.Kind            { return kindStop }

// Kind is a message's.
func (News) Kind() message.Kind             { return kindNews }
func (offersMessage) Kind() message.Kind    { return kindOffers }
func (sealedMessage) Kind() message.Kind    { return kindSealed }
func (taken) Kind() message.Kind            { return kindTaken }
func (shelf) Kind() message.Kind            { return kindShelf }
func (operationMessage) Kind() message.Kind { return kindOperation }
func (operationAck) Kind() message.Kind     { return kindAnswered }
func (here) Kind() message.Kind             { return kindHere }
