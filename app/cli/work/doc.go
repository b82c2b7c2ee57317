// Package work has the commands of a day's work: records and attachments, found and opened, and assignments, edited and signed.
package work
