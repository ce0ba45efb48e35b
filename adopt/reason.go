package adopt

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers/wire"
)

// path is what the place of a field looks like: "messages[3].content[0].ttl".
var path = regexp.MustCompile(`^[A-Za-z0-9_.\[\]]{1,120}$`)

// reason is why a request passed unchanged, for a header: what kind of thing is in the way,
// and in which field, in none of the request's own words. Headers are logged by proxies that
// have no business with what people write. [Call.Unchanged] has the words.
func reason(why error) string {
	var format *wire.Error
	var budget *compose.BudgetError
	switch {
	case errors.Is(why, errTooLarge), errors.Is(why, errCompressed), errors.Is(why, errSealed), errors.Is(why, errBedrock):
		return plain(why.Error())
	case errors.As(why, &budget):
		return fmt.Sprintf("what must stay takes %d tokens of a budget of %d", budget.Need, budget.Budget)
	case errors.Is(why, compose.ErrNothingToSend):
		return "it asks the model nothing"
	case errors.As(why, &format):
		if format.Rule != "" {
			return fmt.Sprintf("%s: it breaks rule %s", format.API, format.Rule)
		}
		field, _, ok := strings.Cut(format.What, ": ")
		if !ok || !path.MatchString(field) {
			field = "the body"
		}
		return fmt.Sprintf("%s: %s can't be kept", format.API, field)
	}
	return "it can't be composed"
}

// plain is a text as a header may have it: of one line, in ASCII.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return ' '
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
