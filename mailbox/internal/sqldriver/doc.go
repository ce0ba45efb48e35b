// Package sqldriver is what the drivers over SQL say alike: the statements that SQLite
// and PostgreSQL both understand, and how their rows become records. What they say
// differently stays with them: what an index is hinted at, lists as arguments, locks,
// and the index of words.
package sqldriver
