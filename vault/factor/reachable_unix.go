//go:build unix && !darwin

package factor

import (
	"os"
	"path/filepath"
	"strconv"
)

// reachable says whether there is a session bus to ask. Where there is none, the D-Bus
// library would start one, with a daemon that outlives this program and a keyring that
// nobody's login opens.
func reachable() bool {
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return address != "autolaunch:"
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(filepath.Join("/run/user", strconv.Itoa(os.Getuid()), name)); err == nil {
			return true
		}
	}
	return false
}
