// Command shots takes the pictures of the inspect pages that the documents show: of the
// company of quire inspect --demo, as it stood at a fixed time. It needs a Chromium.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/cmd/quire/internal/demo"
	"github.com/quire-dev/quire/inspect"
	"github.com/quire-dev/quire/internal/chromium"
)

// shot is a picture.
type shot struct {
	file, page    string
	width, height int
	scheme        string
}

var shots = []shot{
	{"inspect-agents.png", "", 1080, 620, "light"},
	{"inspect-context.png", "agent?box=ada", 1080, 740, "dark"},
	{"inspect-phone-light.png", "questions", 390, 780, "light"},
	{"inspect-phone-dark.png", "cache?box=ada", 390, 780, "dark"},
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
	return take(ctx, dir, "http://"+l.Addr().String()+"/")
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
		err := b.View(s.width, s.height, 1, s.scheme)
		if err == nil {
			err = b.Open(ctx, url+s.page)
		}
		if err == nil {
			err = b.Until(ctx, `!document.body.dataset.live || document.getElementById("follow").textContent === "live"`)
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
	}
	return nil
}
