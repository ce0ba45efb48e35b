package speed

import (
	"context"
	"fmt"
	"testing"

	"github.com/cloudwego/eino/adk"
	"github.com/cloudwego/eino/adk/filesystem"
	"github.com/cloudwego/eino/adk/middlewares/reduction"
	"github.com/cloudwego/eino/schema"
)

// nowhere is where eino would put results that are too large; there are none.
type nowhere struct{}

func (nowhere) Write(context.Context, *filesystem.WriteRequest) error { return nil }

// reduction does the same with eino's middleware that clears old tool results: two
// messages come in, and it looks whether any have to be cleared. It counts bytes
// over four, of tool results only, so every other message is one.
func (w *window) reduction(b *testing.B) {
	ctx := context.Background()
	m, err := reduction.NewToolResultMiddleware(ctx, &reduction.ToolResultConfig{Backend: nowhere{}, ClearingTokenThreshold: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	past := make([]*schema.Message, 0, w.n+1)
	for i := range w.n - 1 {
		past = append(past, einoMessage(i))
	}
	b.ReportAllocs()
	for b.Loop() {
		state := adk.ChatModelAgentState{Messages: append(past, einoMessage(w.n-1), einoMessage(w.n))}
		if err := m.BeforeChatModel(ctx, &state); err != nil {
			b.Fatal(err)
		}
		if len(state.Messages) != w.n+1 {
			b.Fatalf("%d messages of %d", len(state.Messages), w.n+1)
		}
	}
}

func einoMessage(i int) *schema.Message {
	id := fmt.Sprint("c", i/2)
	if i%2 == 1 {
		return schema.ToolMessage(prose(i), id)
	}
	return schema.AssistantMessage("", []schema.ToolCall{{ID: id, Function: schema.FunctionCall{Name: "read", Arguments: prose(i)}}})
}
