package price

import "strings"

// For returns the cost model for a provider's model: of those in [Table] that
// name the provider, the one with the longest prefix of the model's name; of
// equal ones the first. A prefix ends before a digit only at the end of a
// number: "gpt-5" holds for gpt-5-mini and not for gpt-50. Names are compared
// without regard to case. ok is false when there is none.
func For(provider, model string) (c CostModel, ok bool) {
	model = strings.ToLower(model)
	best := -1
	for _, row := range Table() {
		if !strings.EqualFold(row.Provider, provider) {
			continue
		}
		for _, prefix := range row.Models {
			if len(prefix) > best && holds(prefix, model) {
				c, best = row, len(prefix)
			}
		}
	}
	return c, best >= 0
}

func holds(prefix, model string) bool {
	rest, ok := strings.CutPrefix(model, prefix)
	if !ok || prefix == "" || rest == "" {
		return ok
	}
	digit := func(b byte) bool { return b >= '0' && b <= '9' }
	return !digit(rest[0]) || !digit(prefix[len(prefix)-1])
}
