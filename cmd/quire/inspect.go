package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/cmd/quire/internal/demo"
	"github.com/quire-dev/quire/inspect"
	"github.com/quire-dev/quire/mailbox"
)

var inspected = &command{name: "inspect", about: "show agents in a browser", teach: `
Serves pages that show the agents of the store, as they live: what each does and waits for
and what it costs, its context, every call with what was in and out and why, what the cache
kept, all mail, open questions, dead letters. It prints where, and goes on until Ctrl-C.

  quire inspect --db mail.db
  quire inspect --demo                       agents that live in memory: no store, no key
  quire inspect --act                        questions can be answered on the page

The pages only read. With --act whoever sees them may answer questions, mark mail as done and
send dead letters again, in the name of any mailbox; it opens the store for writing.

It listens on this machine only, and answers only requests that name this machine, so that no
page of another site gets at it through a name of its own. Every user of the machine
can read it, though. With another --addr whoever reaches that address reads all mail of the
store: there is no log-in and no encryption. Rather leave it as it is and use ssh -L, or put
package inspect behind the log-in of a service of your own. --act is refused there.
`, prepare: func(f *flag.FlagSet) action {
	o := inspecting{}
	f.StringVar(&o.addr, "addr", "127.0.0.1:0", "listen on this `HOST:PORT`; port 0 is any that is free")
	f.BoolVar(&o.demo, "demo", false, "show agents that live in memory, instead of a store")
	f.BoolVar(&o.act, "act", false, "let the pages answer, mark and send again; with --demo they may")
	return func(r *request) error { return r.inspect(&o) }
}}

// inspecting is what inspect was asked for.
type inspecting struct {
	addr      string
	demo, act bool
}

func (r *request) inspect(o *inspecting) error {
	if len(r.args) > 0 {
		return usage("it wants no arguments")
	}
	host, _, err := net.SplitHostPort(o.addr)
	if err != nil {
		return usage("--addr: %v: write 127.0.0.1:8080 say", err)
	}
	local := isLocal(host)
	if o.act && !local {
		return usage("--act is for addresses of this machine only, since there is no log-in: leave --addr out, or put package inspect into a service that has one")
	}
	if o.demo {
		return r.inspectDemo(o, local)
	}
	why := toRead
	if o.act {
		why = toWrite
	}
	r.patience = impatient
	return r.with(why, func(s *opened) error { return r.serve(r.ctx, s.Store, o, local) })
}

// inspectDemo serves a company that lives in memory.
func (r *request) inspectDemo(o *inspecting, local bool) error {
	o.act = local
	return r.withDemo(func(ctx context.Context, s *mailbox.Store, _ func() time.Time) error {
		return r.serve(ctx, s, o, local)
	})
}

// withDemo hands over the store of a company that lives in memory, for as long as do takes.
// QUIRE_DEMO_AT stops its clock, for pictures.
func (r *request) withDemo(do func(ctx context.Context, s *mailbox.Store, now func() time.Time) error) error {
	now, live := time.Now, (*demo.World).Live
	if s := os.Getenv("QUIRE_DEMO_AT"); s != "" {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return usage("QUIRE_DEMO_AT: %v", err)
		}
		now = func() time.Time { return at }
		live = func(_ *demo.World, ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	}
	fmt.Fprintln(r.stderr, "quire: a day and a half goes by …")
	w, err := demo.New(r.ctx, now())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(r.ctx)
	lives := make(chan error, 1)
	go func() {
		lives <- live(w, ctx)
		cancel()
	}()
	err = do(ctx, w.Store, now)
	cancel()
	if lived := <-lives; !errors.Is(lived, context.Canceled) {
		err = errors.Join(err, lived)
	}
	return errors.Join(err, w.Store.Close())
}

// serve serves the pages until ctx ends.
func (r *request) serve(ctx context.Context, s *mailbox.Store, o *inspecting, local bool) error {
	var options inspect.Options
	if o.act {
		options.Allow = func(*http.Request, quire.Address, string) error { return nil }
	}
	pages, err := inspect.New(s, &options)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	if local {
		server.Handler = onlyLocal(pages)
	} else {
		fmt.Fprintf(r.stderr, "quire: whoever reaches %s reads all mail of the store\n", l.Addr())
	}
	url := "http://" + l.Addr().String() + "/"
	if err := r.print(map[string]string{"url": url}, func() { fmt.Fprintln(r.out, url) }); err != nil {
		return errors.Join(err, l.Close())
	}
	if err := r.out.Flush(); err != nil {
		return errors.Join(err, l.Close())
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err = <-served:
		return err
	case <-ctx.Done(): // what is under way has the same context, and ends with it
	}
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer stop()
	err = server.Shutdown(last)
	<-served
	return err
}

// isLocal says whether only this machine reaches what listens there.
func isLocal(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// onlyLocal refuses requests under another name than this machine's own: a page of another
// site, whose name was made to lead here, would read as if it were ours.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if !isLocal(trimBrackets(host)) {
			http.Error(w, "ask for it as 127.0.0.1 or localhost", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func trimBrackets(host string) string {
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
