package telemetry

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
)

// Agent returns options that make spans and metrics of what an agent does, and are else those
// that it gets; nil are the zero ones. Their models are wrapped as by [Telemetry.Model]; the
// agent's first one, and that of a [agent.Rewriter], whoever makes them wraps. The options
// are for one agent: it is told apart from others by its address.
func (t *Telemetry) Agent(options *agent.Options) *agent.Options {
	var o agent.Options
	if options != nil {
		o = *options
	}
	o.Fallbacks = slices.Clone(o.Fallbacks)
	for i, f := range o.Fallbacks {
		if f.Model != nil {
			o.Fallbacks[i].Model = t.Model(f.Model)
		}
	}
	w := &watch{t: t}
	before, around := o.OnPlan, o.Around
	o.OnPlan = func(p *compose.Plan) {
		w.plan(p)
		if before != nil {
			before(p)
		}
	}
	o.Around = func(ctx context.Context, work *agent.Work) (context.Context, func()) {
		ctx, end := w.around(ctx, work)
		if around == nil {
			return ctx, end
		}
		inner, also := around(ctx, work)
		if inner == nil {
			inner = ctx
		}
		return inner, func() {
			if also != nil {
				also()
			}
			end()
		}
	}
	return &o
}

// watch watches one agent, on the goroutine that runs it.
type watch struct {
	t    *Telemetry
	turn *conversation // that goes on; nil: none
}

// plan keeps a plan for the call that it is made for.
func (w *watch) plan(p *compose.Plan) {
	if w.turn != nil {
		w.turn.plan.Store(p)
	}
}

func (w *watch) around(ctx context.Context, work *agent.Work) (context.Context, func()) {
	switch work.Kind {
	case agent.WorkTurn:
		return w.aroundTurn(ctx, work)
	case agent.WorkTool:
		return w.aroundTool(ctx, work)
	case agent.WorkRecall:
		return w.aroundRecall(ctx, work)
	}
	return ctx, func() {}
}

func (w *watch) aroundTurn(ctx context.Context, work *agent.Work) (context.Context, func()) {
	began := time.Now()
	name := string(work.Agent)
	about := &conversation{id: name, agent: name}
	w.turn = about
	ctx = context.WithValue(ctx, contextKey{}, about)
	at := []attribute.KeyValue{attribute.String(operationName, opInvokeAgent), attribute.String(agentName, name)}
	ctx, span := w.t.tracer.Start(ctx, named(opInvokeAgent, name), trace.WithAttributes(at...),
		trace.WithAttributes(attribute.String(conversationID, name), attribute.Int64(turnNumber, int64(work.Turn))))
	return ctx, func() {
		w.turn = nil
		if work.Err != nil {
			at = append(at, failed(span, work.Err))
		}
		span.SetAttributes(usage(work.Result.Usage)...)
		with := metric.WithAttributes(at...)
		w.t.meters.agent.Record(ctx, time.Since(began).Seconds(), with)
		w.t.meters.agentCalls.Record(ctx, int64(work.Result.Steps), with)
		w.t.meters.agentTools.Record(ctx, int64(work.Result.Calls), with)
		span.End()
	}
}

func (w *watch) aroundTool(ctx context.Context, work *agent.Work) (context.Context, func()) {
	began := time.Now()
	at := []attribute.KeyValue{attribute.String(operationName, opExecuteTool), attribute.String(toolName, work.Tool), attribute.String(agentName, string(work.Agent))}
	ctx, span := w.t.tracer.Start(ctx, named(opExecuteTool, work.Tool), trace.WithAttributes(at...),
		trace.WithAttributes(attribute.String(toolType, "function"), attribute.String(toolCallID, work.CallID), attribute.String(conversationID, string(work.Agent))))
	return ctx, func() {
		err := work.Err
		if err == nil && work.Failed {
			err = errTool
		}
		if err != nil {
			at = append(at, failed(span, err))
		}
		w.t.meters.tool.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(at...))
		span.End()
	}
}

func (w *watch) aroundRecall(ctx context.Context, work *agent.Work) (context.Context, func()) {
	began := time.Now()
	at := []attribute.KeyValue{attribute.String(operationName, opSearchMemory)}
	ctx, span := w.t.tracer.Start(ctx, opSearchMemory, trace.WithAttributes(at...), trace.WithAttributes(of(ctx).attributes()...))
	return ctx, func() {
		if work.Err != nil {
			at = append(at, failed(span, work.Err))
		} else {
			span.SetAttributes(attribute.Int(memoryRecordCount, work.Found))
		}
		w.t.meters.operation.Record(ctx, time.Since(began).Seconds(), metric.WithAttributes(at...))
		span.End()
	}
}
