package wire

// nesting follows JSON piece by piece, to tell at what byte a value that began with
// a bracket is closed. It reads each byte once.
type nesting struct {
	depth           int
	began           bool
	quoted, escaped bool
}

// feed reads on.
func (n *nesting) feed(s []byte) {
	for _, c := range s {
		switch {
		case n.escaped:
			n.escaped = false
		case n.quoted:
			n.escaped, n.quoted = c == '\\', c != '"'
		case c == '"':
			n.quoted = true
		case c == '{' || c == '[':
			n.depth++
			n.began = true
		case c == '}' || c == ']':
			n.depth--
		}
	}
}

// closed says whether all that was opened is closed.
func (n *nesting) closed() bool { return n.began && n.depth <= 0 && !n.quoted }
