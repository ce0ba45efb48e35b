// Command shots takes the pictures that the documents show, of the pages of quire inspect
// and of quire top: of the company of their --demo, as it stood at a fixed time. It needs a
// Chromium and tmux, and is run in the folder of the repository.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/cmd/quire/internal/demo"
	"github.com/quire-dev/quire/inspect"
	"github.com/quire-dev/quire/internal/chromium"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
)

// shot is a picture.
type shot struct {
	file, page    string
	width, height int // height is at most: it ends with a row that is all there
	scale         float64
	scheme        string
}

var shots = []shot{
	{"inspect-agents.png", "", 1080, 900, 1, "light"},
	{"inspect-context.png", "agent?box=ada", 1080, 760, 1, "dark"},
	{"inspect-phone-light.png", "questions", 390, 800, 2, "light"},
	{"inspect-phone-dark.png", "cache?box=ada", 390, 800, 2, "dark"},
	{"inspect-phone-message.png", "message?box=ada&n=", 390, 800, 2, "light"},
}

// end is when the pictures are taken.
var end = time.Date(2026, 11, 30, 15, 20, 0, 0, time.UTC)

func main() {
	dir := "docs"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := run(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, "shots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	w, err := demo.New(ctx, end)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Store.Close()) }()
	pages, err := inspect.New(w.Store, &inspect.Options{Now: func() time.Time { return end }, Allow: func(*http.Request, quire.Address, string) error { return nil }})
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		err = errors.Join(err, server.Close())
		<-served
	}()
	n, err := eventful(ctx, w.Store)
	if err != nil {
		return err
	}
	for i := range shots {
		if strings.HasSuffix(shots[i].page, "n=") {
			shots[i].page += strconv.FormatUint(uint64(n), 10)
		}
	}
	return take(ctx, dir, "http://"+l.Addr().String()+"/")
}

// eventful is the mail of ada that left and came back most often, the newest of them.
func eventful(ctx context.Context, s *mailbox.Store) (best quire.UID, err error) {
	page, err := s.Query(ctx, "ada", mailbox.Query{Kinds: []quire.Kind{quire.KindMail}, Incoming: true, Limit: 300})
	if err != nil {
		return 0, err
	}
	_, st, err := look.State(ctx, s, "ada")
	if err != nil {
		return 0, err
	}
	most := 0
	for i := range page.Rows {
		items, err := s.Box("ada").Read(ctx, page.Rows[i].UID)
		if err != nil {
			return 0, err
		}
		x, err := look.Explain(ctx, s, "ada", &items[0], st.Calls(), 0)
		if err != nil {
			return 0, err
		}
		if len(x.History) > most {
			best, most = items[0].UID, len(x.History)
		}
	}
	return best, nil
}

// take takes all pictures.
func take(ctx context.Context, dir, url string) (err error) {
	profile, err := os.MkdirTemp("", "quire-shots")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(profile)) }()
	b, err := chromium.Start(ctx, profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	for _, s := range shots {
		s.page = url + s.page
		if err := takeOne(ctx, b, dir, s); err != nil {
			return err
		}
	}
	lines, err := terminal(ctx, profile)
	if err != nil {
		return err
	}
	return takeOne(ctx, b, dir, asPage(lines))
}

func takeOne(ctx context.Context, b *chromium.Browser, dir string, s shot) error {
	err := b.View(s.width, s.height, s.scale, s.scheme)
	if err == nil {
		err = b.Open(ctx, s.page)
	}
	if err == nil {
		err = b.Until(ctx, `!document.body.dataset.live || document.getElementById("follow").textContent === "live"`)
	}
	end := 0.0
	if err == nil {
		err = b.Eval(fmt.Sprintf(`Math.max(...[...document.querySelectorAll("tr, .card, .legend, pre, footer")].map(e => e.getBoundingClientRect().bottom).filter(y => y <= %d))`, s.height), &end)
	}
	if err == nil {
		err = b.View(s.width, int(end), s.scale, s.scheme)
	}
	if err != nil {
		return err
	}
	picture, err := b.Picture()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, s.file)
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d KB\n", path, len(picture)/1024)
	return nil
}
