package mcp_test

import (
	"context"
	"fmt"
	"log"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mcp"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
)

// An agent with the tools of a server. Here the server is in this process; most have a
// Command or a URL.
func ExampleNew() {
	ctx := context.Background()
	weather := sdk.NewServer(&sdk.Implementation{Name: "weather", Version: "1"}, nil)
	sdk.AddTool(weather, &sdk.Tool{Name: "forecast", Description: "The weather of a place."},
		func(_ context.Context, _ *sdk.CallToolRequest, in struct {
			Place string `json:"place"`
		}) (*sdk.CallToolResult, any, error) {
			return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: "Rain in " + in.Place + "."}}}, nil, nil
		})
	servers, err := mcp.New([]mcp.Server{{Name: "weather", Transport: func() (sdk.Transport, error) {
		here, there := sdk.NewInMemoryTransports()
		_, err := weather.Connect(ctx, there, nil)
		return here, err
	}}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer servers.Close()
	if err := servers.Ready(ctx); err != nil {
		log.Fatal(err)
	}

	store := memstore.New(nil)
	model := scripted.New(scripted.Call("weather__forecast", `{"place":"Oslo"}`), scripted.Text("Take an umbrella."))
	ada, err := agent.New(store.Box("ada"), model, &agent.Options{Budget: 4000, MoreTools: servers.Tools})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := store.Box("mia").Send(ctx, quire.Mail("ada", "Oslo", "What shall I take?")); err != nil {
		log.Fatal(err)
	}
	turn, err := ada.Turn(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(turn.Calls, turn.Text)
	// Output: 1 Take an umbrella.
}

// Two clients of one store, each with an address of its own. Here they are in this process;
// a coding agent starts the command quire mcp.
func ExampleServe() {
	ctx := context.Background()
	store := memstore.New(nil)
	client := func(who quire.Address) *sdk.ClientSession {
		here, there := sdk.NewInMemoryTransports()
		go func() {
			if err := mcp.Serve(ctx, store.As(who, nil).Box(who), there, nil); err != nil {
				log.Fatal(err)
			}
		}()
		session, err := sdk.NewClient(&sdk.Implementation{Name: string(who), Version: "1"}, nil).Connect(ctx, here, nil)
		if err != nil {
			log.Fatal(err)
		}
		return session
	}
	call := func(s *sdk.ClientSession, tool string, args map[string]any) {
		res, err := s.CallTool(ctx, &sdk.CallToolParams{Name: tool, Arguments: args})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(tool+":", len(res.Content) > 0 && !res.IsError)
	}
	claude, codex := client("claude"), client("codex")
	defer claude.Close()
	defer codex.Close()
	call(claude, "mail_send", map[string]any{"to": []string{"codex"}, "subject": "Parser", "text": "Please write it."})
	call(codex, "mail_wait", nil)
	call(codex, "mail_reply", map[string]any{"number": 1, "text": "It is written.", "done": true})
	call(claude, "mail_wait", nil)
	// Output:
	// mail_send: true
	// mail_wait: true
	// mail_reply: true
	// mail_wait: true
}

// What the package's documentation shows.
func _(store *mailbox.Store, model providers.Model) error {
	servers, err := mcp.New([]mcp.Server{
		{Name: "files", Command: []string{"npx", "-y", "@modelcontextprotocol/server-filesystem", "/srv/docs"}},
		{Name: "wiki", URL: "https://wiki.example.org/mcp"},
	}, &mcp.Options{Box: store.Box("ada"), Owner: "mia"})
	if err != nil {
		return err
	}
	defer servers.Close()
	ada, err := agent.New(store.Box("ada"), model, &agent.Options{MoreTools: servers.Tools})
	_ = ada
	return err
}
