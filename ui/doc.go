// Package ui is the window: its look, its small dumb widgets, and one screen a file. Widgets show what they are given and
// tell taps through On… callbacks; screens ask the agent off the main thread and show rows on it. It opens no file, speaks
// to no server, holds no key, and decides nothing about who may see what.
package ui
