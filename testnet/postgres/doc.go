// Package postgres runs throw-away PostgreSQL servers for tests: on a Unix socket in a folder of
// their own, as an unprivileged user, with what Debian's package postgresql installs. It knows
// nothing of what is kept in them.
package postgres
