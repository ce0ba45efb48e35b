// Package frontier holds what strategies cost against what they keep: each against
// starting over, with an interval, and against the cheapest plain one that keeps as
// much.
package frontier
