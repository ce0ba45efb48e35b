package calibrate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/calibrate"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/tokenizer"
)

func TestMixSharesOutWhatWasCounted(t *testing.T) {
	f := models.FindOver(quire.APIAnthropic, "").Framing
	code := strings.Repeat("if (x[i] != nil) { y = f(x[i]); }\n", 100)
	prose := strings.Repeat("A sentence about the weather in some town. ", 80)
	parts := []quire.Part{
		quire.Text{Text: prose + code},
		quire.ToolCall{ID: "1", Name: "write", Args: strings.Repeat(`{"a":"b","c":["d","e"]},`, 100)},
		quire.Image{Width: 750, Height: 1000},
		quire.Reasoning{Data: strings.Repeat("QUJD", 300)},
	}
	n := f.Message(tokenizer.Approx{}, parts)
	m := calibrate.MixOf(f, n, parts)
	assert.Equal(t, n, m.Total())
	assert.Equal(t, 1000, m.Images)
	assert.Equal(t, f.PerMessage+3*f.PerPart+f.PerToolCall, m.Framing)
	for _, part := range []int{m.Prose, m.Code, m.Structured, m.Data} {
		assert.Greater(t, part, 200, "%+v", m)
	}
	assert.Zero(t, m.Wide)
	assert.Positive(t, calibrate.MixOf(f, 100, []quire.Part{quire.Text{Text: strings.Repeat("天気", 100)}}).Wide)
	assert.Equal(t, calibrate.Mix{Framing: 3}, calibrate.MixOf(f, 3, parts), "fewer than the format takes")
}

func TestMixOfWhatIsFixed(t *testing.T) {
	f := models.FindOver(quire.APIAnthropic, "").Framing
	tools := []quire.Tool{{Name: "ls", Description: "Lists files.", Schema: []byte(`{"type":"object"}`)}}
	const system = "You are a clerk."
	n := f.Fixed(tokenizer.Approx{}, system, tools)
	words := tokenizer.Approx{}.CountText(system)
	m := calibrate.MixFixed(f, n, words, tools)
	assert.Equal(t, n, m.Total())
	assert.Equal(t, words, m.Prose)
	assert.Equal(t, f.Reply+f.System+f.Tools+f.PerTool, m.Framing)
	assert.Positive(t, m.Tools)
	assert.Equal(t, calibrate.Mix{Framing: f.Reply}, calibrate.MixFixed(f, f.Fixed(tokenizer.Approx{}, "", nil), 0, nil))
}

// TestMixesAddUp: the sum of a mix is always what was counted.
func TestMixesAddUp(t *testing.T) {
	f := models.FindOver(quire.APIOpenAIChat, "").Framing
	rapid.Check(t, func(t *rapid.T) {
		var parts []quire.Part
		for range rapid.IntRange(0, 5).Draw(t, "parts") {
			s := rapid.String().Draw(t, "text")
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0:
				parts = append(parts, quire.ToolCall{Args: s})
			case 1:
				parts = append(parts, quire.ToolResult{Parts: []quire.Part{quire.Text{Text: s}}})
			case 2:
				parts = append(parts, quire.Image{Width: len(s)})
			case 3:
				parts = append(parts, quire.Opaque{Raw: []byte(s)})
			case 4:
				parts = append(parts, quire.Blob{Head: s, Tail: s})
			default:
				parts = append(parts, quire.Text{Text: s})
			}
		}
		n := rapid.IntRange(0, 1<<30).Draw(t, "tokens")
		m := calibrate.MixOf(f, n, parts)
		require.Equal(t, n, m.Total())
		require.Zero(t, m.New)
		require.Equal(t, 2*n, m.Add(m).Total())
	})
}

func TestMixAllocatesNothing(t *testing.T) {
	f := models.FindOver(quire.APIOpenAIChat, "").Framing
	parts := []quire.Part{quire.Text{Text: strings.Repeat("words and {code}; ", 5000)}}
	assert.Zero(t, testing.AllocsPerRun(10, func() { calibrate.MixOf(f, 10_000, parts) }))
}
