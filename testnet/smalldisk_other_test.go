//go:build !linux

package testnet_test

import "errors"

var errMount = errors.New("small disks are for Linux")

func mayMount() bool                   { return false }
func smallDisk(*scene, []string) error { return errMount }
func fillDisk(*scene, []string) error  { return errMount }
func emptyDisk(*scene, []string) error { return errMount }
