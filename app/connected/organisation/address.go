package organisation

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// ErrURL says that a URL is not one that devices can reach a connected system at.
var ErrURL = errors.New("URL is not https://host[:port]")

// hostOf reads the connected system's URL and returns its canonical form and its host.
func hostOf(text string) (canonical, host string, err error) {
	if len(text) > 512 {
		return "", "", ErrURL
	}
	u, err := url.Parse(strings.TrimSuffix(strings.TrimSpace(text), "/"))
	if err != nil || u.Scheme != "https" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", "", ErrURL
	}
	host = strings.ToLower(u.Hostname())
	if !validHost(host) {
		return "", "", fmt.Errorf("%w: the host is neither a name nor an address", ErrURL)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", "", fmt.Errorf("%w: the port is not between 1 and 65535", ErrURL)
		}
		return "https://" + net.JoinHostPort(host, port), host, nil
	}
	if strings.Contains(host, ":") {
		return "https://[" + host + "]", host, nil
	}
	return "https://" + host, host, nil
}

// validHost takes IP addresses and DNS names (RFC 1123 §2.1), the latter in ASCII.
func validHost(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsUnspecified()
	}
	if host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
				return false
			}
		}
	}
	return true
}
