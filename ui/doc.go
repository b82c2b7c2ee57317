// Package ui is the window and its screens, one a file, made of ui/part. Screens ask the agent off the main thread and show
// rows on it. It opens no file, speaks to no server, holds no key, and decides nothing about who may see what.
package ui
