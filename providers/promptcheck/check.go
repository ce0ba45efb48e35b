package promptcheck

import (
	"cmp"
	"slices"

	"github.com/quire-dev/quire"
)

// Violation is one place where a request breaks a rule.
type Violation struct {
	Code     string // of the rule: "A1"
	Path     string // where, in the request's JSON: "messages[2].content[0]"
	Sentence string // the rule, and what is wrong here
}

// String returns "A1 messages[2]: …".
func (v Violation) String() string { return v.Code + " " + v.Path + ": " + v.Sentence }

// known says where a rule is known from.
type known string

// The sources of rules.
const (
	documented known = "D" // stated by the provider
	seen       known = "I" // seen as failures in public reports
	assumed    known = "M" // to be confirmed; the figures may change
	ours       known = "Q" // follows from how quire composes
)

// rule is one rule that can be seen in a request.
type rule struct {
	Code     string
	Known    known
	Sentence string
	APIs     []quire.API // that it holds for
	check    func(r *request) []finding
}

// finding is a violation before its rule's sentence is added.
type finding struct{ path, what string }

// rules returns the table, in the order in which rules are checked.
func rules() []rule {
	return slices.Concat(generalRules(), anthropicRules(), openAIRules(), modelRules(), geminiRules(), strictRules())
}

// Check returns what is wrong with the body of a request, in the order of the
// rules; nil when nothing is. It never fails: a body that can't be read breaks
// rule A6. An API that it does not know breaks A6 too.
func Check(api quire.API, body []byte) []Violation {
	r, err := parse(api, body)
	if err != nil {
		return []Violation{{Code: "A6", Path: "$", Sentence: "the request can be read: " + err.Error()}}
	}
	var out []Violation
	for _, rule := range rules() {
		if !slices.Contains(rule.APIs, api) {
			continue
		}
		found := rule.check(r)
		slices.SortStableFunc(found, func(a, b finding) int { return cmp.Compare(a.path, b.path) })
		for _, f := range found {
			out = append(out, Violation{Code: rule.Code, Path: f.path, Sentence: rule.Sentence + ": " + f.what})
		}
	}
	return out
}

func allAPIs() []quire.API {
	return []quire.API{
		quire.APIAnthropic, quire.APIOpenAIChat, quire.APIOpenAIResponses,
		quire.APIGemini, quire.APIStrict, quire.APIOllama,
	}
}
