package telemetry

import (
	"context"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/quire-dev/quire/compose"
)

// conversation is what a call of a model belongs to.
type conversation struct {
	id, agent string // "": unknown
	// plan is that of the call which comes next. Whoever asks the model takes it, so that
	// a second try tells of it no more: it is one cut.
	plan atomic.Pointer[compose.Plan]
	told atomic.Pointer[compose.Plan]
}

// WithPlan returns a context for the call of a model that answers a plan's prompt, for a loop
// of one's own: one over a [compose.Session], say. conversation is the id of what the plan is
// of; "" is none. The plan is not kept beyond the context.
func WithPlan(ctx context.Context, conversationID string, plan *compose.Plan) context.Context {
	c := &conversation{id: conversationID, agent: of(ctx).agent}
	c.plan.Store(plan)
	return context.WithValue(ctx, contextKey{}, c)
}

// attributes are those of a conversation.
func (c *conversation) attributes() []attribute.KeyValue {
	var at []attribute.KeyValue
	if c.id != "" {
		at = append(at, attribute.String(conversationID, c.id))
	}
	if c.agent != "" {
		at = append(at, attribute.String(agentName, c.agent))
	}
	return at
}

// maxEvents is how many events a span gets: the SDK keeps 128, and what comes later pushes
// out what came before.
const maxEvents = 100

// composed tells of the plan whose prompt is sent: what left, and what came back.
func (t *Telemetry) composed(ctx context.Context, span trace.Span, c *conversation, model attribute.KeyValue) {
	p := c.plan.Load()
	if p == nil {
		return
	}
	if compacted(p) {
		span.SetAttributes(attribute.Bool(conversationCompacted, true))
	}
	span.SetAttributes(attribute.Int(promptUsed, p.Used), attribute.Int(promptKept, p.Kept), attribute.Int(promptBudget, p.Budget))
	if c.told.Swap(p) == p { // by a try before this one
		return
	}
	n, tokens, events := 0, 0, maxEvents
	for _, d := range p.Decisions() {
		if !d.New || d.Fate == compose.FateIn || d.Left <= 0 {
			continue
		}
		n, tokens = n+1, tokens+d.Left
		if events--; events >= 0 {
			span.AddEvent(eventEvicted, trace.WithAttributes(attribute.Int64(messageUID, int64(d.UID)), attribute.String(messageKind, string(d.Kind)),
				attribute.String(messageFate, string(d.Fate)), attribute.Int(tokensLeft, d.Left)))
		}
	}
	for _, r := range p.Refaults {
		if events--; events >= 0 {
			span.AddEvent(eventRefault, trace.WithAttributes(attribute.Int64(messageUID, int64(r.UID)), attribute.Int64(callsAway, int64(r.After)), attribute.Int(timesAway, r.Times)))
		}
	}
	if n > 0 {
		span.SetAttributes(attribute.Int(evicted, n))
		t.meters.left.Add(ctx, int64(tokens), metric.WithAttributes(model))
	}
	if len(p.Refaults) > 0 {
		span.SetAttributes(attribute.Int(refaulted, len(p.Refaults)))
		t.meters.back.Add(ctx, int64(len(p.Refaults)), metric.WithAttributes(model))
	}
}

// compacted says whether a prompt shows less than all that came before.
func compacted(p *compose.Plan) bool {
	for _, row := range p.Next.Items() {
		if row.Fate != compose.FateIn {
			return true
		}
	}
	return false
}
