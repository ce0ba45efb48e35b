// Telemetry sends spans and metrics of an agent to an OpenTelemetry collector: any that
// takes OTLP over HTTP. The agent's model is a script, so that no key is needed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/telemetry"
)

func main() {
	to := flag.String("to", "http://localhost:4318", "the collector's `address`")
	flag.Parse()
	if err := run(context.Background(), *to); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("sent to", *to)
}

func run(ctx context.Context, to string) (err error) {
	spans, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(to+"/v1/traces"))
	if err != nil {
		return err
	}
	metrics, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(to+"/v1/metrics"))
	if err != nil {
		return err
	}
	tracers := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metrics)))
	defer func() { // what is not sent yet is sent now
		err = errors.Join(err, tracers.Shutdown(ctx), meters.Shutdown(ctx))
	}()
	return work(ctx, telemetry.New(&telemetry.Options{TracerProvider: tracers, MeterProvider: meters}))
}

// work is the agent that is watched. What is new in it is t.
func work(ctx context.Context, t *telemetry.Telemetry) error {
	store := memstore.New(nil)
	defer store.Close()
	model := scripted.New(scripted.Call("stock", `{"item":"lamp"}`), scripted.Text("We have 3 lamps."))
	look := agent.Func("stock", "How many of an item are there.", func(context.Context, struct {
		Item string `json:"item"`
	}) (int, error) {
		return 3, nil
	})
	a, err := agent.New(store.Box("shop"), t.Model(model), t.Agent(&agent.Options{
		System: "You answer customers of a lamp shop.", Tools: []agent.Tool{look}, Budget: 4000, Answer: true,
	}))
	if err != nil {
		return err
	}
	mail := quire.Draft{To: []quire.Address{"shop"}, Subject: "Lamps", Parts: []quire.Part{quire.Text{Text: "How many lamps do you have?"}}}
	if _, err := store.Box("mia").Send(ctx, mail); err != nil {
		return err
	}
	_, err = a.Turn(ctx)
	return err
}
