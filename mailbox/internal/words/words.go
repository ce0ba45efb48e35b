// Package words says what a message is found by.
package words

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/rank"
)

// Text is what a message is found by: its subject and the beginning of its body.
func Text(subject, body string) string {
	return quire.Clean(rank.Cut(subject+"\n"+rank.Cut(body, rank.MaxText), rank.MaxText))
}

// Of is what a store keeps of it.
func Of(subject, body string) driver.Words {
	doc := rank.Analyze(Text(subject, body))
	return driver.Words{Terms: doc.Terms(), Length: doc.Length, Freq: doc.Repeats()}
}
