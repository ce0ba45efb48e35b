// Package jsontext reads and writes JSON as text, where encoding/json is not
// exact enough: it keeps the bytes of what it does not understand, refuses
// what has no single meaning (invalid UTF-8, lone surrogates, duplicate names),
// bounds depth, and writes the same bytes for the same value on every release
// of Go. It imports the standard library only, since package quire uses it.
package jsontext
