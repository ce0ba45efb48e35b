package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/bench/internal/frontier"
	"github.com/quire-dev/quire/bench/internal/strategy"
)

// typewriter is what a character takes in a font of one width, in em: text in any other
// is shorter.
const typewriter = 0.6

// inside reads a picture and checks that each text would stay in it in any font.
func inside(t *testing.T, picture []byte) (texts int) {
	t.Helper()
	var width, height float64
	d := xml.NewDecoder(bytes.NewReader(picture))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		require.NoError(t, err)
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		attr := map[string]string{}
		for _, a := range e.Attr {
			attr[a.Name.Local] = a.Value
		}
		number := func(name string) (f float64) {
			_, err := fmt.Sscan(attr[name], &f)
			require.NoError(t, err, "%s of %v", name, attr)
			return f
		}
		switch e.Name.Local {
		case "svg":
			width, height = number("width"), number("height")
		case "text":
			var text string
			require.NoError(t, d.DecodeElement(&text, &e))
			texts++
			long := typewriter * number("font-size") * float64(len([]rune(text)))
			if attr["transform"] != "" {
				var x, y float64
				_, err := fmt.Sscanf(attr["transform"], "translate(%f %f) rotate(-90)", &x, &y)
				require.NoError(t, err)
				assert.True(t, y-long/2 >= 0 && y+long/2 <= height && x >= 0, "%q", text)
				continue
			}
			from := number("x") - long*map[string]float64{"start": 0, "middle": 0.5, "end": 1}[attr["text-anchor"]]
			assert.True(t, from >= 0 && from+long <= width+0.1, "%q goes from %v to %v of %v", text, from, from+long, width)
			assert.True(t, number("y") > 0 && number("y") < height, "%q", text)
		}
	}
}

// TestNoTextIsCutOff in the pictures of the documents, whatever font they are shown in.
func TestNoTextIsCutOff(t *testing.T) {
	for _, name := range []string{"cost.svg", "frontier.svg"} {
		picture, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", name))
		require.NoError(t, err)
		assert.Greater(t, inside(t, picture), 10, name)
	}
}

func share(f float64) *float64 { return &f }

// rows are two cells of a base, a plain strategy that is dominated, one that is too
// dear to be drawn, and one of quire's with a long name.
func rows() []frontier.Row {
	var out []frontier.Row
	for i := range 2 {
		add := func(name string, plain bool, body, over float64) {
			out = append(out, frontier.Row{Trace: "t", Budget: 1000 * (i + 1), Strategy: name, Plain: plain, Body: share(body + 0.01*float64(i)), OverBase: over})
		}
		add("append-reset", true, 0.80, 1)
		add("more", true, 0.90, 1.2)
		add("worse", true, 0.85, 1.3)
		add("dear", true, 0.97, 2.5)
		add("ours", false, 0.95, 1.1)
		add("other", false, 0.10, 9)
	}
	return out
}

// TestTheMeanPanel: a strategy's mean is over all cells, and one that a cell lacks has
// none.
func TestTheMeanPanel(t *testing.T) {
	list := panels(append(rows(), frontier.Row{Trace: "t", Budget: 2000, Strategy: "once", Body: share(1), OverBase: 1}))
	require.Len(t, list, 3)
	assert.Equal(t, []string{"mean of 2 cells", "t, 1000", "t, 2000"}, []string{list[0].title, list[1].title, list[2].title})
	require.Len(t, list[0].spots, 6)
	assert.InDelta(t, 0.905, list[0].spots[1].body, 1e-12)
	assert.InDelta(t, 1.2, list[0].spots[1].over, 1e-12)
	assert.Len(t, list[2].spots, 7)
}

// TestTheEdge has what no other plain strategy beats on both counts.
func TestTheEdge(t *testing.T) {
	var names []string
	for _, s := range edge(panels(rows())[1].spots) {
		names = append(names, s.strategy)
	}
	assert.Equal(t, []string{"append-reset", "more", "dear"}, names)
	same := edge([]spot{{"a", true, 0.9, 1.2}, {"b", true, 0.9, 1.1}, {"c", true, 0.8, 1.1}})
	assert.Equal(t, []spot{{"b", true, 0.9, 1.1}}, same, "of equals the cheaper, and of the cheap what keeps more")
}

// TestAFrontier draws what is marked and what is plain and not too dear, and turns a
// long name to the left where it would run out of the frame.
func TestAFrontier(t *testing.T) {
	marks := []mark{{"ours", "a name that is long"}, {"append-reset", "short & <new>"}}
	got, err := draw(rows(), true, marks)
	require.NoError(t, err)
	assert.Positive(t, inside(t, got))
	assert.Contains(t, string(got), "t, 1000; 1 dearer ones not drawn")
	assert.Contains(t, string(got), `text-anchor="end" font-size="11" fill="#0072B2">a name that is long<`)
	assert.Contains(t, string(got), `text-anchor="start" font-size="11" fill="#D55E00">short &amp; &lt;new&gt;<`)
	assert.Equal(t, 2*(3+2), bytes.Count(got, []byte("<circle")), "three plain ones, and two with a name; not the others")
	x0, x1, y0, y1, hidden := panels(rows())[1].scale(marks)
	assert.InDeltaSlice(t, []float64{0.78, 0.96, 0.9, 1.4}, []float64{x0, x1, y0, y1}, 1e-9)
	assert.Equal(t, 1, hidden)
	_, x1, _, _, _ = (&panel{spots: []spot{{"append-reset", true, 0.999, 1}}}).scale(marks)
	assert.Equal(t, 1.0, x1, "no more can be kept than all")
	again, err := draw(rows(), true, marks)
	require.NoError(t, err)
	assert.Equal(t, got, again)
	mean, err := draw(rows(), false, marks)
	require.NoError(t, err)
	assert.Equal(t, 3+2, bytes.Count(mean, []byte("<circle")))
	_, err = draw(nil, false, marks)
	assert.ErrorContains(t, err, "no strategy")
}

// TestALongNameHasRoom: the picture is as wide as its names may need.
func TestALongNameHasRoom(t *testing.T) {
	totals := make([]float64, 60)
	for i := range totals {
		totals[i] = 100 * float64(i+1)
	}
	lines := []line{{label: "quire", outcome: &strategy.Outcome{Totals: totals}},
		{label: "the longest name that anybody has ever given to a way of composing prompts", outcome: &strategy.Outcome{Totals: totals, Missing: 1, Live: 2}}}
	got := chart(lines, &strategy.Setting{})
	assert.Positive(t, inside(t, got))
	assert.Contains(t, string(got), "prompts (50% of the needed lost)")
}

func TestApart(t *testing.T) {
	heights := []float64{10, 12, 13, 90}
	apart(heights, 10, 100)
	assert.Equal(t, []float64{10, 20, 30, 90}, heights)
	heights = []float64{85, 95, 99}
	apart(heights, 10, 100)
	assert.Equal(t, []float64{80, 90, 100}, heights)
}
