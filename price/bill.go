package price

import "fmt"

// Bill is what one request costs, in tokens by price class and in units of one
// uncached input token. Read + Write + Uncached is the request's input.
type Bill struct {
	Read     int     `json:"read"`
	Write    int     `json:"write"`
	Uncached int     `json:"uncached"`
	Cost     float64 `json:"cost"`
}

// Input is the request's input in tokens, of all price classes.
func (b Bill) Input() int { return b.Read + b.Write + b.Uncached }

// Add returns the sum of two bills.
func (b Bill) Add(o Bill) Bill {
	return Bill{b.Read + o.Read, b.Write + o.Write, b.Uncached + o.Uncached, b.Cost + o.Cost}
}

// String is one stable line: "input 1500: read 1000, write 400, uncached 100; cost 700.0".
func (b Bill) String() string {
	return fmt.Sprintf("input %d: read %d, write %d, uncached %d; cost %.1f", b.Input(), b.Read, b.Write, b.Uncached, b.Cost)
}
