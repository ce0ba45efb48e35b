package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name under which all of it is exported.
const scope = "github.com/quire-dev/quire/telemetry"

// Options say where spans and metrics go. The zero value is ready to use.
type Options struct {
	TracerProvider trace.TracerProvider // nil: the global one
	MeterProvider  metric.MeterProvider // nil: the global one
}

// Telemetry makes spans and metrics. It is safe for concurrent use, and starts nothing: the
// providers export, and whoever made them shuts them down.
type Telemetry struct {
	tracer trace.Tracer
	meters meters
}

// New returns a Telemetry. nil options are the zero ones. A metric that the provider does not
// take is reported to [otel.Handle], and not recorded.
func New(options *Options) *Telemetry {
	var o Options
	if options != nil {
		o = *options
	}
	if o.TracerProvider == nil {
		o.TracerProvider = otel.GetTracerProvider()
	}
	if o.MeterProvider == nil {
		o.MeterProvider = otel.GetMeterProvider()
	}
	t := &Telemetry{tracer: o.TracerProvider.Tracer(scope)}
	if err := t.meters.make(o.MeterProvider.Meter(scope)); err != nil {
		otel.Handle(err)
	}
	return t
}

// meters are the instruments.
type meters struct {
	inference, firstChunk, agent, tool, operation   metric.Float64Histogram
	operationInput, operationOutput                 metric.Int64Histogram
	agentCalls, agentTools                          metric.Int64Histogram
	input, cacheRead, cacheWrite, output, reasoning metric.Int64Counter
	left, back                                      metric.Int64Counter
}

// make makes the instruments. What an API returns beside an error does nothing.
func (m *meters) make(by metric.Meter) error {
	var errs []error
	seconds := func(to *metric.Float64Histogram, name, what string, bounds []float64) {
		h, err := by.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(what), metric.WithExplicitBucketBoundaries(bounds...))
		*to, errs = h, append(errs, err)
	}
	numbers := func(to *metric.Int64Histogram, name, unit, what string, bounds []float64) {
		h, err := by.Int64Histogram(name, metric.WithUnit(unit), metric.WithDescription(what), metric.WithExplicitBucketBoundaries(bounds...))
		*to, errs = h, append(errs, err)
	}
	count := func(to *metric.Int64Counter, name, unit, what string) {
		c, err := by.Int64Counter(name, metric.WithUnit(unit), metric.WithDescription(what))
		*to, errs = c, append(errs, err)
	}
	seconds(&m.inference, metricInference, "How long calls of models took.", secondsOfCalls)
	seconds(&m.firstChunk, metricFirstChunk, "How long the first chunk of streamed calls took.", secondsOfCalls)
	seconds(&m.agent, metricAgent, "How long turns of agents took.", secondsOfAgents)
	seconds(&m.tool, metricTool, "How long calls of tools took.", secondsOfCalls)
	seconds(&m.operation, metricOperation, "How long other operations took.", secondsOfCalls)
	numbers(&m.operationInput, metricOperationInput, "{token}", "Input tokens of a call.", numbersOfTokens)
	numbers(&m.operationOutput, metricOperationOutput, "{token}", "Output tokens of a call.", numbersOfTokens)
	numbers(&m.agentCalls, metricAgentCalls, "{inference_call}", "Model calls of a turn.", numbersOfCalls)
	numbers(&m.agentTools, metricAgentTools, "{tool_call}", "Tool calls of a turn.", numbersOfCalls)
	count(&m.input, metricInput, "{token}", "Input tokens, cached ones included.")
	count(&m.cacheRead, metricCacheRead, "{token}", "Input tokens that were read from a provider's cache.")
	count(&m.cacheWrite, metricCacheWrite, "{token}", "Input tokens that were written to a provider's cache.")
	count(&m.output, metricOutput, "{token}", "Output tokens, those of reasoning included.")
	count(&m.reasoning, metricReasoning, "{token}", "Output tokens of reasoning.")
	count(&m.left, metricLeft, "{token}", "Tokens that stood in prompts and left them.")
	count(&m.back, metricBack, "{message}", "Messages that had left and were pulled again.")
	return errors.Join(errs...)
}

// contextKey is under which the conversation of a context is known.
type contextKey struct{}

// of is the conversation of a context, or none.
func of(ctx context.Context) *conversation {
	c, _ := ctx.Value(contextKey{}).(*conversation)
	if c == nil {
		return &conversation{}
	}
	return c
}
