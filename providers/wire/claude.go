package wire

import (
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
)

// claudeVersion reads the generation out of a Claude model's name: "claude-opus-4-6",
// "claude-3-5-sonnet". ok is false for a name that is none; one without a number is
// taken for a newer one.
func claudeVersion(model string) (major, minor int, ok bool) {
	name, ok := strings.CutPrefix(bareModel(model), "claude-")
	if !ok {
		return 0, 0, false
	}
	var numbers []int
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' || r == '.' || r == '@' || r == ':' }) {
		n, err := strconv.Atoi(word)
		switch {
		case err == nil && len(word) <= 2:
			numbers = append(numbers, n)
			continue
		case len(numbers) == 0:
			continue
		}
		break
	}
	if numbers = append(numbers, 0, 0); len(numbers) == 2 {
		return 99, 0, true
	}
	return numbers[0], numbers[1], true
}

// wantsUserLast says whether a model refuses a prompt that ends on the assistant, as
// Claude does from 4.6 on.
func wantsUserLast(model string) bool {
	major, minor, ok := claudeVersion(model)
	return ok && (major > 4 || major == 4 && minor >= 6)
}

// paused says whether a prompt ends where the server paused its own turn: such a
// prompt goes on as it is.
func paused(p *quire.Prompt) bool {
	last := p.Messages[len(p.Messages)-1]
	if n := len(last.Parts); last.Role == quire.RoleAssistant && n > 0 {
		o, ok := last.Parts[n-1].(quire.Opaque)
		if ok {
			_, ok = carried(quire.APIAnthropic, o)
		}
		return ok
	}
	return false
}
