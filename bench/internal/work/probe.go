package work

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/quire-dev/quire"
)

const (
	probeAbout  = "Probe something for a step of a job."
	probeSchema = `{"type":"object","properties":{"job":{"type":"string"},"on":{"type":"string"},"step":{"type":"integer"}},"required":["job","on","step"]}`
)

// probeText is what the tool returns: the result, among words that say nothing. It is
// the same for the same call.
func probeText(l *Life, raw string) (string, error) {
	var a probeArgs
	if err := json.Unmarshal([]byte(raw), &a); err != nil {
		return "", fmt.Errorf("work: probe: %w", err)
	}
	r := rand.New(rand.NewPCG(hashOf(l.Seed, raw), 1))
	w := &weaver{s: &Spec{}, r: r, v: newVocabulary(r)}
	w.base = w.v.words(40)
	want := resultOf(a.Job, a.Step)
	return w.around("The "+want.thing+" is "+probed(a.Job, a.Step, a.On)+".", [2]int{l.Output, l.Output}), nil
}

func probeParts(_ context.Context, l *Life, raw string) ([]quire.Part, error) {
	text, err := probeText(l, raw)
	if err != nil {
		return nil, err
	}
	return []quire.Part{quire.Text{Text: text}}, nil
}
