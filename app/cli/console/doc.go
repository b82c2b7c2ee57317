// Package console is what every command stands on: the line that was typed, its flags and words, the agent that it speaks to, the
// person who is asked and told, in sentences or in JSON. It knows no command, and no deed.
package console
