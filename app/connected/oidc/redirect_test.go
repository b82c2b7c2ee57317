package oidc

import (
	"net"
	"net/url"
	"strconv"
	"testing"
)

// Where a browser is sent with the provider's answer is on this machine's loopback, by an address and not by a name, and
// nothing that a browser reads otherwise than we do is taken.
func FuzzRedirect(f *testing.F) {
	for _, seed := range []string{"http://127.0.0.1:4711" + RedirectPath, "http://[::1]:1" + RedirectPath, "http://localhost:1" + RedirectPath, "", "http://127.0.0.1:1@evil.example" + RedirectPath,
		`http://127.0.0.1:1\@evil.example` + RedirectPath, "http://127.0.0.1:1" + RedirectPath + "?x", "http://0x7f.1:1" + RedirectPath, "http://[::1%25eth0]:1" + RedirectPath,
		"HTTP://127.0.0.1:1" + RedirectPath, "http://127.0.0.1:1/%73igned-in", "http://127.0.0.1:x" + RedirectPath, "http://127.0.0.1:99999" + RedirectPath} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, redirect string) {
		if checkRedirect(redirect) != nil {
			return
		}
		u, err := url.Parse(redirect)
		if err != nil || len(redirect) > 64 {
			t.Fatalf("%q is taken", redirect)
		}
		host, port, err := net.SplitHostPort(u.Host)
		n, _ := strconv.Atoi(port)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() || n > 65535 || redirect != "http://"+net.JoinHostPort(host, port)+RedirectPath {
			t.Errorf("%q is taken", redirect)
		}
	})
}
