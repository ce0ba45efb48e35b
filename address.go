package quire

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Address names one mailbox: an agent, a person, a program. It is a short,
// printable string without spaces, such as "ada", "mia@example.org" or the
// plus-address "ada+build", which is delivered to "ada".
type Address string

// MaxAddress is the longest address in bytes that a store accepts. It is the
// limit of RFC 5321, section 4.5.3.1.3, for a whole path.
const MaxAddress = 254

// Base returns the mailbox that a plus-address is delivered to: "ada" for
// "ada+build", "mia@example.org" for "mia+home@example.org".
func (a Address) Base() Address {
	local, domain, at := strings.Cut(string(a), "@")
	if i := strings.IndexByte(local, '+'); i > 0 {
		local = local[:i]
	}
	if at {
		return Address(local + "@" + domain)
	}
	return Address(local)
}

// Valid reports why a is not an address that a store accepts, or nil.
func (a Address) Valid() error {
	if a == "" {
		return fmt.Errorf("quire: empty address")
	}
	if len(a) > MaxAddress {
		return fmt.Errorf("quire: address of %d bytes: at most %d", len(a), MaxAddress)
	}
	if !utf8.ValidString(string(a)) {
		return fmt.Errorf("quire: address %q is not valid UTF-8", string(a))
	}
	for _, r := range string(a) {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("<>[]\"#,;\\", r) || !isGraphic(r) {
			return fmt.Errorf("quire: address %q holds %q: letters, digits and . _ - + @ / : are safe", string(a), r)
		}
	}
	return nil
}
