// Package device has the commands about the device itself: whom it speaks for, what guards it, what lies on it unsent, and how
// it is enrolled, synced, emptied.
package device
