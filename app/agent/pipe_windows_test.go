package agent

import "testing"

func pipe(*testing.T, string) {} // no pipe lies in a folder
