package quire_test

import (
	"fmt"

	"github.com/quire-dev/quire"
)

// Mail to a plus-address is delivered to the mailbox before the plus. What a person
// would read of its parts is plain text, also when a tool's result is among them.
func Example() {
	d := quire.Draft{
		To:      []quire.Address{"ada+build"},
		Subject: "Release",
		Parts: []quire.Part{
			quire.Text{Text: "Shall we ship?"},
			quire.ToolResult{Name: "test", Parts: []quire.Part{quire.Text{Text: "ok, 212 tests"}}},
		},
	}
	for _, to := range d.To {
		fmt.Println(to, "is read by", to.Base())
	}
	fmt.Println(quire.PlainText(d.Parts))
	// Output:
	// ada+build is read by ada
	// Shall we ship?
	// ok, 212 tests
}

// The number of a delivery is what a model sees of it.
func ExampleUID() {
	fmt.Println(quire.UID(41))
	// Output: #41
}
