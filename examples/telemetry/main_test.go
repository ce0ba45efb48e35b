package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	collectormetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	collectortrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector is one that takes OTLP over HTTP, and keeps what it gets.
type collector struct {
	t       *testing.T
	mu      sync.Mutex
	spans   []*tracepb.Span
	metrics map[string]bool
	text    string // all of it
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	assert.Equal(c.t, "application/x-protobuf", r.Header.Get("Content-Type"))
	body, err := io.ReadAll(r.Body)
	assert.NoError(c.t, err)
	switch r.URL.Path {
	case "/v1/traces":
		var got collectortrace.ExportTraceServiceRequest
		assert.NoError(c.t, proto.Unmarshal(body, &got))
		c.text += got.String()
		for _, resource := range got.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				assert.Equal(c.t, "github.com/quire-dev/quire/telemetry", scope.Scope.Name)
				c.spans = append(c.spans, scope.Spans...)
			}
		}
	case "/v1/metrics":
		var got collectormetrics.ExportMetricsServiceRequest
		assert.NoError(c.t, proto.Unmarshal(body, &got))
		c.text += got.String()
		for _, resource := range got.ResourceMetrics {
			for _, scope := range resource.ScopeMetrics {
				for _, m := range scope.Metrics {
					c.metrics[m.Name+" "+m.Unit] = true
				}
			}
		}
	default:
		c.t.Errorf("something was sent to %s", r.URL.Path)
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func TestTheCollectorGetsTheTurn(t *testing.T) {
	c := &collector{t: t, metrics: map[string]bool{}}
	server := httptest.NewServer(c)
	defer server.Close()
	require.NoError(t, run(t.Context(), server.URL))

	names := map[string]string{}
	for _, s := range c.spans {
		names[string(s.SpanId)] = s.Name
	}
	var tree []string
	for _, s := range c.spans {
		tree = append(tree, fmt.Sprintf("%s < %s", s.Name, names[string(s.ParentSpanId)]))
	}
	slices.Sort(tree)
	assert.Equal(t, []string{"chat scripted < invoke_agent shop", "chat scripted < invoke_agent shop", "execute_tool stock < invoke_agent shop", "invoke_agent shop < "}, tree)
	for _, want := range []string{
		"gen_ai.client.inference.duration s", "gen_ai.client.inference.usage.input_tokens {token}", "gen_ai.client.inference.usage.cache_read.input_tokens {token}",
		"gen_ai.client.inference.usage.cache_write.input_tokens {token}", "gen_ai.client.inference.usage.output_tokens {token}",
		"gen_ai.invoke_agent.duration s", "gen_ai.invoke_agent.tool_calls {tool_call}", "gen_ai.execute_tool.duration s",
	} {
		assert.True(t, c.metrics[want], want)
	}
	assert.Contains(t, c.text, "gen_ai.conversation.id")
	for _, said := range []string{"lamp", "Lamps", "3 lamps", "customers"} {
		assert.NotContains(t, c.text, said, "contents stay here")
	}
}

func TestACollectorThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	assert.ErrorContains(t, run(t.Context(), server.URL), server.URL, "it says where it sent to")
}
