// Package rank decides what words a text is found by, and in which order a
// search returns what it found. Stores index the terms of [Analyze] as they are
// and hand back bounded candidates; [Score] orders them. So the same mailbox
// gives the same order on every store.
//
//	doc := rank.Analyze(text) // when a message is stored
//
//	words := rank.QueryTerms("invoices") // when somebody searches
//
//	score := rank.Score(freq, df, doc.Length, docs, newer)
//
// A [Judge] ranks the messages that a question in plain words may be answered by,
// for [github.com/quire-dev/quire/mailbox.Recaller].
//
// The way of analysing has a [Version]. A store keeps it with its index and
// builds the index anew when it changes.
package rank
