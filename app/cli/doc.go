// Package cli is the headless agent's command line: what a person does in the windows, as
// commands, each of which unlocks, does one deed and locks again, and one, session, that
// unlocks once and reads commands line by line. The rooms below have the commands by theme, and console is what all of them
// stand on. It holds no rule of its own: every deed is app/agent's. It takes no secret from the command line or the environment.
package cli
