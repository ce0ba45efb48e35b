package main

import (
	"bufio"
	"flag"
	"io"
	"log/slog"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mcp"
)

var serveMCP = &command{name: "mcp", box: true, about: "serve a mailbox to an MCP client", teach: `
Serves the mailbox of --box to one client of the Model Context Protocol, over standard input
and output, until the client leaves: a coding agent, say, which starts this command itself.
It makes the file if it is not there. The client gets tools to find, read, send, reply,
answer, wait and say done, and resources: quire://inbox, which can be subscribed to, and
quire://messages/N. It acts as --box and sees no other mailbox. Give each client an address
of its own; several on one file mail each other.

  claude mcp add mail -- quire mcp --db ~/mail.db --box claude

and, for a client that is configured by a file (Codex, in ~/.codex/config.toml):

  [mcp_servers.mail]
  command = "quire"
  args = ["mcp", "--db", "/home/mia/mail.db", "--box", "codex"]

A wait by the tool ends after 50 seconds unless the client asks for longer, since clients lose
patience after a minute. As a background job of the coding agent quire wait costs it nothing:

  quire wait --db ~/mail.db --box claude &

What the client sends counts as an agent's: limits end exchanges in which no person takes
part. With --person it counts as a person's, who reads and approves each mail.
`, prepare: func(f *flag.FlagSet) action {
	person := f.Bool("person", false, "a person stands behind what the client sends")
	return func(r *request) error { return r.serveMCP(*person) }
}}

func (r *request) serveMCP(person bool) error {
	if len(r.args) > 0 {
		return usage("it wants no arguments; the mailbox is --box")
	}
	trust := quire.TrustAgent
	if person {
		trust = quire.TrustPerson
	}
	r.rules.Trust = func(from, to quire.Address) quire.Trust { return trust } // nobody else sends through this process
	return r.with(toMake, func(s *opened) error {
		addr := quire.Address(r.box)
		in, ok := r.stdin.(io.ReadCloser)
		if !ok {
			in = io.NopCloser(r.stdin)
		}
		return mcp.Serve(r.ctx, s.As(addr, nil).Box(addr), &sdk.IOTransport{Reader: in, Writer: flushed{r.out}}, &mcp.ServeOptions{
			Log: slog.New(slog.NewTextHandler(r.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	})
}

// flushed writes each message at once. The program closes its output itself.
type flushed struct{ w *bufio.Writer }

func (f flushed) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err == nil {
		err = f.w.Flush()
	}
	return n, err
}

func (flushed) Close() error { return nil }
