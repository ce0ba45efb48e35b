package quire_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
)

// TestWhole: what was cut off is marked, whatever the part is that came last.
func TestWhole(t *testing.T) {
	text, half := quire.Text{Text: "Let me"}, quire.ToolCall{ID: "a", Name: "write_file", Args: `{"path":"a`}
	call, none := quire.ToolCall{ID: "b", Name: "ls", Args: "{}"}, quire.ToolCall{ID: "c", Name: "ls"}
	proof := quire.Reasoning{Signature: "s"}
	for _, c := range []struct {
		stop  quire.StopReason
		parts []quire.Part
		want  int
	}{
		{quire.StopEnd, []quire.Part{text}, 1},
		{quire.StopTools, []quire.Part{text, half}, 2},
		{quire.StopPaused, []quire.Part{text}, 1},
		{quire.StopLength, nil, 0},
		{quire.StopLength, []quire.Part{text}, 0},
		{quire.StopLength, []quire.Part{text, call}, 1},
		{quire.StopLength, []quire.Part{text, call, call}, 2},
		{quire.StopLength, []quire.Part{text, half, call}, 1},
		{quire.StopLength, []quire.Part{none, call}, 0},
		{quire.StopLength, []quire.Part{text, proof}, 0},
		{quire.StopLength, []quire.Part{proof}, 0},
		{quire.StopLength, []quire.Part{call, quire.Reasoning{Text: "hm"}}, 1},
		{quire.StopRefused, []quire.Part{text, call}, 1},
		{quire.StopOther, []quire.Part{call}, 0},
		{"", []quire.Part{call}, 1},
	} {
		r := quire.Reply{Stop: c.stop, Parts: c.parts}
		assert.Equal(t, c.want, r.Whole(), "%s %v", c.stop, c.parts)
	}
}
