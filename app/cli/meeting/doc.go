// Package meeting is one meeting in person, told on a command line: the code that is shown or read, the six digits, and what is
// handed over once both devices are verified. Which of the other commands may be said within it is written here; who runs
// them is handed in.
package meeting
