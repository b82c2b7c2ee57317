package assets

import "strings"

// Change is what an edit of an assignment says, as people read it: the field, and what it is now. It is empty without a topic.
func (l Language) Change(topic, value string) string {
	name, words := "", map[string]string{}
	switch point, isPoint := strings.CutPrefix(topic, "point/"); {
	case topic == "":
		return ""
	case isPoint:
		name, words = point, map[string]string{"yes": l.Say("assignments.yes"), "no": l.Say("assignments.no")}
	case topic == "status":
		name = l.Say("assignments.status")
		words = map[string]string{"open": l.Say("assignments.status_open"), "begun": l.Say("assignments.status_begun"), "waiting": l.Say("assignments.status_waiting")}
	case topic == "planned":
		name = l.Say("assignments.planned")
	default:
		name = topic
	}
	if word, known := words[value]; known {
		value = word
	}
	if value == "" {
		value = l.Say("assignments.empty_value")
	}
	return name + ": " + value
}
