//go:build !unix && !windows

package process

import "errors"

func seclude() error { return errors.ErrUnsupported }
