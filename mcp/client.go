package mcp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
)

// Options say how a client behaves. The zero value is ready to use; without Box and Owner
// servers can ask nobody anything, and are told so.
type Options struct {
	// Box is that of the agent that has the tools: what a server wants to know of a person
	// while it works goes out from it, as a question to Owner. The call waits for the answer
	// for AskFor, 5 minutes if it is 0, which should be less than the agent's Limits.ToolFor;
	// then, as when the owner says so, the server is told that it was declined. The question
	// is taken back when nobody waits for its answer any more.
	Box    *mailbox.Box
	Owner  quire.Address
	AskFor time.Duration

	// OnProgress hears how far calls are, where servers tell: of one call ten times in a
	// second at most, and in the end how far it came. It runs on a goroutine that waits for it.
	OnProgress func(agent.Call, Progress)

	// Log gets a line when a server is there, is not, and has other tools than before, and at
	// the debug level what it writes to its standard error. nil: nothing is logged.
	Log *slog.Logger

	Now   func() time.Time                           // nil: time.Now
	Sleep func(context.Context, time.Duration) error // between attempts to start a server; nil: a timer
}

// Progress is how far a call is, as its server tells.
type Progress struct {
	Done, Total float64 // Total 0: not known
	Message     string  // the server's words, in one line
}

// Status is how a server stands.
type Status struct {
	Name    string
	Running bool
	Tools   int       // that it has, or had last
	Err     error     // why it does not run; nil while it runs, or is about to for the first time
	Again   time.Time // when it is started again; zero: it runs, or is being started
}

// Client gives an agent the tools of MCP servers. It keeps them running: one that ends, or
// can't be reached, is started again, at once the first time, then after a second, doubled
// up to a minute. It is for one agent; its methods are safe for concurrent use.
type Client struct {
	o     Options
	links []*link
	stop  context.CancelFunc
	work  sync.WaitGroup
}

// New begins to run servers, and returns at once: see [Client.Ready]. Close ends them. nil
// options are the zero ones.
func New(servers []Server, options *Options) (*Client, error) {
	c := &Client{}
	if options != nil {
		c.o = *options
	}
	if err := c.o.fill(); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, s := range servers {
		if err := s.valid(); err != nil {
			return nil, err
		}
		if seen[s.Name] {
			return nil, fmt.Errorf("mcp: two servers are named %q: their tools could not be told apart", s.Name)
		}
		seen[s.Name] = true
		s.Command, s.Env = slices.Clone(s.Command), slices.Clone(s.Env)
		c.links = append(c.links, newLink(c, s))
	}
	slices.SortFunc(c.links, func(x, y *link) int { return strings.Compare(x.s.Name, y.s.Name) })
	ctx, stop := context.WithCancel(context.Background()) // they run until Close, whoever made them
	c.stop = stop
	for _, l := range c.links {
		c.work.Go(func() { l.run(ctx) })
	}
	return c, nil
}

func (o *Options) fill() error {
	if (o.Box == nil) != (o.Owner == "") {
		return errors.New("mcp: Box and Owner belong together: who asks, and who is asked")
	}
	if o.Owner != "" {
		if err := o.Owner.Valid(); err != nil {
			return fmt.Errorf("mcp: Owner: %w", err)
		}
	}
	if o.AskFor <= 0 {
		o.AskFor = 5 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	return nil
}

// Ready waits until every server runs. Its error says which one could not be reached, and
// why; they are still tried again, so that a program may go on without them.
func (c *Client) Ready(ctx context.Context) error {
	var errs []error
	for _, l := range c.links {
		if _, err := l.ready(ctx, 0); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Tools are the tools of all servers, in order of name, those of a server that does not run
// now among them: what it had last. They are for [agent.Options.MoreTools], which asks again
// when a turn begins, or, if they are not to change, for Tools.
func (c *Client) Tools() []agent.Tool {
	var tools []agent.Tool
	for _, l := range c.links {
		tools = append(tools, l.agentTools()...)
	}
	slices.SortFunc(tools, func(x, y agent.Tool) int { return strings.Compare(x.Name, y.Name) })
	return tools
}

// Status says how the servers stand, in order of name.
func (c *Client) Status() []Status {
	out := make([]Status, len(c.links))
	for i, l := range c.links {
		out[i] = l.status()
	}
	return out
}

// Close ends the servers, and waits until they have ended: a program has 5 seconds to end by
// itself when its input is closed, and is then told to, and killed. Calls that are under way
// fail. Closing again does nothing.
func (c *Client) Close() error {
	c.stop()
	c.work.Wait()
	return nil
}
