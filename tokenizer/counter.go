package tokenizer

// Counter says how many tokens a text takes. It is pure: equal texts give equal
// counts, for ever, under one Name. Implementations are safe for concurrent use.
// [CountParts] counts the parts of a message by one.
type Counter interface {
	// Name identifies the way of counting in stored counts: "o200k_base".
	Name() string
	// CountText returns the tokens of s, without what a provider's format adds
	// around it (see [Framing]).
	CountText(s string) int
}
