package telemetry_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/quire-dev/quire/telemetry"
)

// exported is what the SDK got.
type exported struct {
	t     *testing.T
	spans *tracetest.SpanRecorder
	read  *sdkmetric.ManualReader
	*telemetry.Telemetry
}

func newExported(t *testing.T) *exported {
	t.Helper()
	e := &exported{t: t, spans: tracetest.NewSpanRecorder(), read: sdkmetric.NewManualReader()}
	e.Telemetry = telemetry.New(&telemetry.Options{
		TracerProvider: sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(e.spans)),
		MeterProvider:  sdkmetric.NewMeterProvider(sdkmetric.WithReader(e.read)),
	})
	return e
}

// named are the spans whose name begins so, in the order in which they ended.
func (e *exported) named(name string) []sdktrace.ReadOnlySpan {
	var out []sdktrace.ReadOnlySpan
	for _, s := range e.spans.Ended() {
		if strings.HasPrefix(s.Name(), name) {
			out = append(out, s)
		}
	}
	return out
}

// value is that of an attribute; invalid: there is none.
func value(list []attribute.KeyValue, key string) attribute.Value {
	for _, a := range list {
		if string(a.Key) == key {
			return a.Value
		}
	}
	return attribute.Value{}
}

func text(s sdktrace.ReadOnlySpan, key string) string { return value(s.Attributes(), key).String() }

// metrics are the sums of all points by name, and, of histograms, how many values they got.
func (e *exported) metrics() (sums map[string]float64, values map[string]uint64) {
	e.t.Helper()
	sums, values = map[string]float64{}, map[string]uint64{}
	for _, m := range e.collect() {
		switch d := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, p := range d.DataPoints {
				sums[m.Name] += float64(p.Value)
			}
		case metricdata.Histogram[int64]:
			for _, p := range d.DataPoints {
				sums[m.Name] += float64(p.Sum)
				values[m.Name] += p.Count
			}
		case metricdata.Histogram[float64]:
			for _, p := range d.DataPoints {
				sums[m.Name] += p.Sum
				values[m.Name] += p.Count
			}
		default:
			e.t.Fatalf("%s is a %T", m.Name, m.Data)
		}
	}
	return sums, values
}

func (e *exported) collect() (out []metricdata.Metrics) {
	e.t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(e.t, e.read.Collect(context.Background(), &all))
	for _, s := range all.ScopeMetrics {
		out = append(out, s.Metrics...)
	}
	return out
}

// everything is all that was exported, as text.
func (e *exported) everything() string {
	var b strings.Builder
	for _, s := range tracetest.SpanStubsFromReadOnlySpans(e.spans.Ended()) {
		fmt.Fprintf(&b, "%+v\n", s)
	}
	for _, m := range e.collect() {
		fmt.Fprintf(&b, "%+v\n", m)
	}
	return b.String()
}
