// Package sqlc is what sqlc makes of the queries beside it: one function a query, rows as
// structs. It is generated but for this comment, and only the store uses it.
package sqlc
