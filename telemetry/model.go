package telemetry

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// Model returns a model that makes a span and metrics of each call of m, and passes on what m
// says as it is. It streams, counts and has a profile as far as m does; a reply of one that
// does not stream comes as one delta.
func (t *Telemetry) Model(m providers.Model) providers.Model {
	return &model{m, t}
}

type model struct {
	providers.Model
	t *Telemetry
}

var (
	_ providers.Streamer     = (*model)(nil)
	_ providers.TokenCounter = (*model)(nil)
	_ providers.Profiled     = (*model)(nil)
)

// Profile implements [providers.Profiled].
func (m *model) Profile() models.Profile {
	if p, ok := m.Model.(providers.Profiled); ok {
		return p.Profile()
	}
	return models.Profile{}
}

// CountTokens implements [providers.TokenCounter].
func (m *model) CountTokens(ctx context.Context, p *quire.Prompt) (int, error) {
	if c, ok := m.Model.(providers.TokenCounter); ok {
		return c.CountTokens(ctx, p)
	}
	return 0, &providers.Error{Provider: "telemetry", Code: providers.CodeInvalid, Err: fmt.Errorf("the model does not count: %w", errors.ErrUnsupported)}
}

// Generate implements [providers.Model].
func (m *model) Generate(ctx context.Context, p *quire.Prompt) (reply *quire.Reply, err error) {
	ctx, c := m.begin(ctx, p, false)
	defer func() { c.end(reply, err) }()
	return m.Model.Generate(ctx, p)
}

// errBroken says that whoever listened to a stream did so no more.
var errBroken = errors.New("the stream was left")

// Stream implements [providers.Streamer].
func (m *model) Stream(ctx context.Context, p *quire.Prompt) iter.Seq2[quire.Delta, error] {
	return func(yield func(quire.Delta, error) bool) {
		ctx, c := m.begin(ctx, p, true)
		var reply *quire.Reply
		err := errBroken
		defer func() { c.end(reply, err) }()
		for d, e := range providers.Stream(ctx, m.Model, p) {
			c.chunk()
			if d.Reply != nil {
				reply = d.Reply
			}
			if e != nil {
				err = e
			}
			if !yield(d, e) {
				if reply != nil {
					err = nil
				}
				return
			}
		}
		if errors.Is(err, errBroken) {
			err = nil
		}
	}
}

// call is a call of a model while it lasts.
type call struct {
	t     *Telemetry
	ctx   context.Context
	span  trace.Span
	at    []attribute.KeyValue // of its metrics
	began time.Time
	first time.Duration // until the first chunk
}

func (m *model) begin(ctx context.Context, p *quire.Prompt, streams bool) (context.Context, *call) {
	name := p.Model
	profile := m.Profile()
	if name == "" {
		name = profile.Name
	}
	c := &call{t: m.t, began: time.Now(), at: []attribute.KeyValue{
		attribute.String(operationName, opChat), attribute.String(providerName, providerOf(&profile)), attribute.String(requestModel, name)}}
	about := of(ctx)
	at := append(about.attributes(), c.at...)
	if p.MaxOutput > 0 {
		at = append(at, attribute.Int(requestMaxTokens, p.MaxOutput))
	}
	if streams {
		at = append(at, attribute.Bool(requestStream, true))
	}
	c.ctx, c.span = m.t.tracer.Start(ctx, named(opChat, name), trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(at...))
	m.t.composed(c.ctx, c.span, about, c.at[2])
	return c.ctx, c
}

// named is the name of a span.
func named(operation, what string) string {
	if what == "" {
		return operation
	}
	return operation + " " + what
}

// providerOf is the provider's name, as far as it is known.
func providerOf(p *models.Profile) string {
	if name := providerNames[p.Vendor]; name != "" {
		return name
	}
	if p.Vendor != "" {
		return p.Vendor
	}
	switch p.Dialect.API {
	case quire.APIAnthropic:
		return "anthropic"
	case quire.APIOpenAIChat, quire.APIOpenAIResponses:
		return "openai"
	case quire.APIGemini:
		return "gcp.gemini"
	}
	return "unknown"
}

func (c *call) chunk() {
	if c.first == 0 {
		c.first = time.Since(c.began)
	}
}

// end tells how a call went.
func (c *call) end(reply *quire.Reply, err error) {
	took := time.Since(c.began)
	var used quire.Usage
	if reply != nil {
		used = reply.Usage
		c.replied(reply)
	}
	at := slices.Clip(c.at)
	if err != nil {
		at = append(at, failed(c.span, err))
	}
	with := metric.WithAttributes(at...)
	c.t.meters.inference.Record(c.ctx, took.Seconds(), with)
	if c.first > 0 && err == nil {
		c.span.SetAttributes(attribute.Float64(timeToFirstChunk, c.first.Seconds()))
		c.t.meters.firstChunk.Record(c.ctx, c.first.Seconds(), with)
	}
	c.t.meters.operationInput.Record(c.ctx, int64(used.Input), with)
	c.t.meters.operationOutput.Record(c.ctx, int64(used.Output), with)
	tokens := metric.WithAttributes(append(slices.Clip(c.at), attribute.String(tokenModality, "unknown"))...)
	c.t.meters.input.Add(c.ctx, int64(used.Input), tokens)
	c.t.meters.cacheRead.Add(c.ctx, int64(used.CachedInput), tokens)
	c.t.meters.cacheWrite.Add(c.ctx, int64(used.CacheWrite), tokens)
	c.t.meters.output.Add(c.ctx, int64(used.Output), tokens)
	c.t.meters.reasoning.Add(c.ctx, int64(used.Reasoning), tokens)
	c.span.End()
}

// replied tells of the reply, and not what it says.
func (c *call) replied(r *quire.Reply) {
	if r.Model != "" {
		c.at = append(c.at, attribute.String(responseModel, r.Model))
		c.span.SetAttributes(attribute.String(responseModel, r.Model))
	}
	if r.ID != "" {
		c.span.SetAttributes(attribute.String(responseID, r.ID))
	}
	if why := finished(r.Stop); why != "" {
		c.span.SetAttributes(attribute.StringSlice(finishReasons, []string{why}))
	}
	c.span.SetAttributes(usage(r.Usage)...)
}

// usage are the attributes of what was reported; none: nothing was.
func usage(u quire.Usage) []attribute.KeyValue {
	if u == (quire.Usage{}) {
		return nil
	}
	return []attribute.KeyValue{attribute.Int(usageInput, u.Input), attribute.Int(usageCacheRead, u.CachedInput), attribute.Int(usageCacheWrite, u.CacheWrite),
		attribute.Int(usageOutput, u.Output), attribute.Int(usageReasoning, u.Reasoning)}
}

// finished is why a reply ended, in the conventions' words.
func finished(s quire.StopReason) string {
	switch s {
	case quire.StopEnd:
		return "stop"
	case quire.StopTools:
		return "tool_call"
	case quire.StopLength:
		return "length"
	case quire.StopRefused:
		return "content_filter"
	}
	return string(s)
}

// failed marks a span as one of an error, by its kind and not its words.
func failed(span trace.Span, err error) attribute.KeyValue {
	kind := attribute.String(errorType, kindOf(err))
	span.SetStatus(codes.Error, kind.Value.AsString())
	span.SetAttributes(kind)
	return kind
}
