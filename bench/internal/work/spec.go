package work

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Spec is a family of jobs as data. Its zero fields take what is said of each.
type Spec struct {
	Name  string `json:"name"`
	About string `json:"about,omitzero"`
	// Jobs is how many a cell has; 0: 300. PerLife is how many of them one agent gets
	// in one life; 0: 10.
	Jobs    int `json:"jobs,omitzero"`
	PerLife int `json:"per_life,omitzero"`

	// Facts is how many facts a job needs; their sum is its answer. Given is how many
	// more of them stand in the job itself.
	Facts int `json:"facts,omitzero"`
	Given int `json:"given,omitzero"`
	// Before is how many other messages come between a fact and its job at least and
	// at most; Between is how many come between two jobs.
	Before  [2]int `json:"before,omitzero"`
	Between int    `json:"between,omitzero"`
	// Unworded is how many facts in a hundred share no word with what asks for them:
	// the job says who told them. nil: 33.
	Unworded *int `json:"unworded,omitzero"`
	// Corrected is how often a fact is replaced by a later message.
	Corrected int `json:"corrected,omitzero"`
	// Namesakes: what is asked has the name of something else, elsewhere.
	Namesakes bool `json:"namesakes,omitzero"`
	// Forged: somebody else claims to be who told the fact, with another value, and to
	// be the owner.
	Forged bool `json:"forged,omitzero"`
	// Together is how many jobs come at once; During is how many messages come in
	// between the calls of their turn.
	Together int `json:"together,omitzero"`
	During   int `json:"during,omitzero"`
	// Steps is how many calls of a tool a job lists, each on what an earlier one gave;
	// Output is how many words each of these returns.
	Steps  int `json:"steps,omitzero"`
	Output int `json:"output,omitzero"`
	// HandOver: one agent gets the job and hands it to a second one, which has half of
	// the facts.
	HandOver bool `json:"hand_over,omitzero"`
	// Wait is how many turns later somebody answers the question that a job wants asked.
	Wait int `json:"wait,omitzero"`
	// Rule: "once", an instruction in the first mail holds for all answers; "pinned",
	// it says that it is to be pinned.
	Rule string `json:"rule,omitzero"`
	// FactWords is how long a message with a fact is, in words, at least and at most;
	// NoiseWords the same of others.
	FactWords  [2]int `json:"fact_words,omitzero"`
	NoiseWords [2]int `json:"noise_words,omitzero"`

	// Things and Names are what is asked about ("the THING of NAME"), Filler the
	// sentences of messages, with %s for each word that is drawn; empty: made up.
	Things []string `json:"things,omitzero"`
	Names  []string `json:"names,omitzero"`
	Filler []string `json:"filler,omitzero"`
	// Values is the least and the largest value of a fact; 0: 100 and 9,999.
	Values [2]int `json:"values,omitzero"`
}

// filled returns the spec with what its zero fields stand for.
func (s Spec) filled() Spec {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&s.Jobs, 300)
	def(&s.PerLife, 10)
	def(&s.Between, 6)
	def(&s.Together, 1)
	def(&s.Output, 120)
	pair := func(v *[2]int, lo, hi int) {
		if v[1] == 0 {
			*v = [2]int{lo, hi}
		}
	}
	pair(&s.Before, 40, 70)
	pair(&s.FactWords, 20, 60)
	pair(&s.NoiseWords, 25, 120)
	pair(&s.Values, 100, 9999)
	if s.Unworded == nil {
		third := 33
		s.Unworded = &third
	}
	return s
}

var errSpec = errors.New("work: a family that makes no sense")

// valid says what is wrong with a filled spec.
func (s *Spec) valid() error {
	wrong := ""
	switch {
	case s.Name == "":
		wrong = "it has no name"
	case s.Facts < 0 || s.Given < 0 || s.Corrected < 0 || s.Steps < 0 || s.Wait < 0 || s.During < 0 || s.Jobs < 1 || s.PerLife < 1 || s.Between < 0 || s.Together < 1 || s.Output < 0:
		wrong = "a number is negative"
	case s.Facts+s.Given+s.Steps == 0:
		wrong = "its jobs need nothing: say how many facts, given or steps"
	case s.Rule != "" && s.Rule != "once" && s.Rule != "pinned":
		wrong = "its rule is neither once nor pinned"
	case *s.Unworded < 0 || *s.Unworded > 100:
		wrong = "unworded is no number in a hundred"
	case s.Values[0] < 100 || s.Values[0] > s.Values[1]:
		wrong = "its values are below 100, or the least is above the largest"
	case s.Before[0] > s.Before[1] || s.FactWords[0] > s.FactWords[1] || s.NoiseWords[0] > s.NoiseWords[1] || s.Before[0] < 0 || s.FactWords[0] < 0 || s.NoiseWords[0] < 0:
		wrong = "of a range the least is above the largest"
	}
	if wrong != "" {
		return fmt.Errorf("%w: %q: %s", errSpec, s.Name, wrong)
	}
	return nil
}

// ReadSpecs reads families from a file of JSON: one object, or a list of them.
func ReadSpecs(r io.Reader) ([]Spec, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var list []Spec
	if err := json.Unmarshal(b, &list); err != nil {
		var one Spec
		if err := json.Unmarshal(b, &one); err != nil {
			return nil, fmt.Errorf("%w: %w", errSpec, err)
		}
		list = []Spec{one}
	}
	for i := range list {
		f := list[i].filled()
		if err := f.valid(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Families lists those that are built in.
func Families() []Spec {
	return []Spec{
		{Name: "old-fact", About: "one fact in an old mail", Facts: 1},
		{Name: "facts-3", About: "three facts of three old mails, to be summed", Facts: 3},
		{Name: "facts-5", About: "five facts of five old mails, to be summed", Facts: 5, Between: 8},
		{Name: "two-large", About: "two facts of two long mails, each a third of 2,000 tokens", Facts: 2, FactWords: [2]int{350, 450}},
		{Name: "at-once", About: "five jobs at once, mail coming in between", Facts: 1, Given: 1, Together: 5, During: 6, Between: 12},
		{Name: "tool-loop", About: "fourteen calls of a tool, each on what an earlier one gave", Steps: 14, Output: 180, PerLife: 5},
		{Name: "rule-once", About: "an instruction given once, for ever", Given: 1, Rule: "once", Jobs: 10_000, PerLife: 10_000, Between: 1, NoiseWords: [2]int{10, 30}},
		{Name: "rule-pinned", About: "the same, told to pin it", Given: 1, Rule: "pinned", Jobs: 10_000, PerLife: 10_000, Between: 1, NoiseWords: [2]int{10, 30}},
		{Name: "daily-life", About: "a long life: facts, corrections and jobs", Facts: 2, Corrected: 1, Jobs: 2_500, PerLife: 2_500, Between: 3},
		{Name: "replaced", About: "a fact that later mail replaces", Facts: 1, Corrected: 1},
		{Name: "corrected-twice", About: "a fact that is corrected twice", Facts: 1, Corrected: 2},
		{Name: "namesakes", About: "the same name for two people", Facts: 1, Namesakes: true},
		{Name: "hand-over", About: "one agent hands a job to another, each with half of the facts", Facts: 2, HandOver: true},
		{Name: "late-answer", About: "an answer 200 turns after its question", Facts: 1, Wait: 200, PerLife: 10},
		{Name: "large-file", About: "a file of 20,000 tokens of which one line matters", Facts: 1, FactWords: [2]int{14_000, 14_000}, PerLife: 3, Jobs: 300},
		{Name: "forged", About: "false mail that claims to be the owner's", Facts: 1, Forged: true},
	}
}
