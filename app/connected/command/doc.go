// Package command is the administrator's command line, `connected`: it makes an
// organisation, serves it, and changes users, units, roles, records and devices through
// the gate, beside a running server too. It decides nothing itself, and takes no secret
// from a command line or an environment variable.
package command
