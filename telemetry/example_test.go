package telemetry_test

import (
	"context"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/telemetry"
)

// The spans of one turn of an agent.
func Example() {
	ctx := context.Background()
	spans := tracetest.NewInMemoryExporter() // or an OTLP exporter
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))

	store := memstore.New(nil)
	model := scripted.New(quire.Reply{Parts: []quire.Part{quire.Text{Text: "Good morning."}}})
	t := telemetry.New(&telemetry.Options{TracerProvider: tracers})
	a, err := agent.New(store.Box("ada"), t.Model(model), t.Agent(&agent.Options{Budget: 4000}))
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := store.Box("mia").Send(ctx, quire.Draft{To: []quire.Address{"ada"}, Subject: "Hello"}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := a.Turn(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range spans.GetSpans() {
		fmt.Println(s.Name, s.SpanKind)
	}
	// Output:
	// chat scripted client
	// invoke_agent ada internal
}

// What the documentation of the package shows. It is compiled, and not run.
func New() error {
	box, model := memstore.New(nil).Box("ada"), scripted.New()
	t := telemetry.New(nil) // the global providers
	a, err := agent.New(box, t.Model(model), t.Agent(&agent.Options{System: "You build things."}))
	if err != nil {
		return err
	}
	return a.Run(context.Background())
}
