package picture

import (
	"bytes"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/quire-dev/quire/bench/internal/strategy"
)

// window is how many calls a point is the mean of.
const window = 100

// colours are those of Okabe and Ito's palette, which colour-blind people can tell
// apart; quire's line comes fourth.
var colours = []color.RGBA{{0x99, 0x99, 0x99, 255}, {0xE6, 0x9F, 0x00, 255}, {0x00, 0x9E, 0x73, 255}, {0x00, 0x72, 0xB2, 255}, {0xD5, 0x5E, 0x00, 255}}

// chart draws the lines, each named at its end with what it left out. format is svg
// or png.
func chart(lines []line, s *strategy.Setting, format string) ([]byte, error) {
	p := plot.New()
	p.X.Label.Text = fmt.Sprintf("calls of an agent; budget %d tokens, reads at %g, writes at %g", s.Budget, s.Rule.Cost.Read, s.Rule.Cost.Write)
	p.Y.Label.Text = "uncached input tokens a call"
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, thousands{}
	p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = 12, 12
	p.Add(plotter.NewGrid())
	names := plotter.XYLabels{}
	calls := 0
	for i, l := range lines {
		points := means(l.outcome.Totals)
		calls = max(calls, len(l.outcome.Totals))
		drawn, err := plotter.NewLine(points)
		if err != nil {
			return nil, err
		}
		drawn.Color, drawn.Width = colours[i], vg.Points(1.6)
		if l.label == "quire" {
			drawn.Width = vg.Points(3)
		}
		p.Add(drawn)
		names.XYs = append(names.XYs, plotter.XY{X: points[len(points)-1].X, Y: points[len(points)-1].Y})
		names.Labels = append(names.Labels, "  "+l.label+lost(l.outcome))
	}
	labels, err := plotter.NewLabels(names)
	if err != nil {
		return nil, err
	}
	for i := range labels.TextStyle {
		labels.TextStyle[i].Color, labels.TextStyle[i].Font.Size = colours[i], 11
		labels.TextStyle[i].YAlign = -0.5
	}
	p.Add(beside{labels})
	p.X.Min, p.X.Max = 0, 1.46*float64(calls) // room for the names
	p.X.Tick.Marker = upTo(calls)
	p.Y.Max *= 1.15
	var out bytes.Buffer
	w, err := p.WriterTo(vg.Points(760), vg.Points(340), format)
	if err != nil {
		return nil, err
	}
	_, err = w.WriteTo(&out)
	return out.Bytes(), err
}

// beside draws labels that no room is to be kept for outside of the axes.
type beside struct{ labels *plotter.Labels }

func (b beside) Plot(c draw.Canvas, p *plot.Plot) { b.labels.Plot(c, p) }

// lost says what of the needed a strategy left out.
func lost(o *strategy.Outcome) string {
	if o.Missing == 0 {
		return ""
	}
	return fmt.Sprintf(" (%.0f%% of the needed lost)", 100*float64(o.Missing)/float64(o.Live))
}

// means are the means of the last calls, at every tenth call.
func means(totals []float64) plotter.XYs {
	var out plotter.XYs
	for t := 9; t < len(totals); t += 10 {
		from := max(0, t-window)
		out = append(out, plotter.XY{X: float64(t + 1), Y: (totals[t] - totals[from]) / float64(t-from)})
	}
	return out
}

// thousands are ticks of a logarithmic axis at 1, 2 and 5 times a power of ten.
type thousands struct{}

func (thousands) Ticks(low, high float64) []plot.Tick {
	var out []plot.Tick
	for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
		for _, m := range []float64{1, 2, 5} {
			if v := m * math.Pow(10, e); v >= low && v <= high {
				out = append(out, plot.Tick{Value: v, Label: fmt.Sprintf("%g", v)})
			}
		}
	}
	return out
}

// upTo are ticks of an axis of calls, which goes on behind the last one.
type upTo int

func (n upTo) Ticks(float64, float64) []plot.Tick {
	var out []plot.Tick
	for v := 0; v <= int(n); v += max(1, int(n)/6) {
		out = append(out, plot.Tick{Value: float64(v), Label: fmt.Sprint(v)})
	}
	return out
}
