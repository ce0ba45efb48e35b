// Package chromium drives a headless Chromium over a pipe, for tests of pages and for
// pictures of them: it opens a page, runs an expression in it, and takes a picture.
package chromium

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// ErrNone says that no browser was found.
var ErrNone = errors.New("no chromium, chromium-browser or google-chrome in the path: install one")

// Find returns the path of a browser.
func Find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", ErrNone
}

// Browser is a running Chromium with one page. It is not safe for concurrent use.
type Browser struct {
	cmd     *exec.Cmd
	in      *os.File
	out     *bufio.Reader
	said    *bytes.Buffer
	n       int
	session string
	close   func() error
}

// Start starts a browser, with its files in a folder that is the caller's to remove. It ends
// with ctx, or by Close.
func Start(ctx context.Context, dir string) (*Browser, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, theirIn.Close(), ourOut.Close())
	}
	b := &Browser{in: ourOut, out: bufio.NewReaderSize(ourIn, 1<<20), said: &bytes.Buffer{}}
	b.cmd = exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server", "--hide-scrollbars", "--remote-debugging-pipe", "--user-data-dir="+dir, "about:blank")
	b.cmd.ExtraFiles = []*os.File{theirIn, theirOut} // as 3 and 4
	b.cmd.Stdout, b.cmd.Stderr = b.said, b.said
	b.cmd.WaitDelay = 10 * time.Second
	own(b.cmd)
	err = errors.Join(b.cmd.Start(), theirIn.Close(), theirOut.Close())
	b.close = sync.OnceValue(func() error {
		kill(b.cmd)
		_ = b.cmd.Wait() // killed
		return errors.Join(ourOut.Close(), ourIn.Close())
	})
	if err == nil {
		err = b.attach()
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close ends the browser and all of its processes.
func (b *Browser) Close() error { return b.close() }

// attach takes the page that the browser began with.
func (b *Browser) attach() error {
	var targets struct {
		TargetInfos []struct{ TargetID, Type string }
	}
	if err := b.Call("Target.getTargets", nil, &targets); err != nil {
		return err
	}
	for _, t := range targets.TargetInfos {
		if t.Type != "page" {
			continue
		}
		var attached struct{ SessionID string }
		err := b.Call("Target.attachToTarget", map[string]any{"targetId": t.TargetID, "flatten": true}, &attached)
		b.session = attached.SessionID
		if err == nil {
			err = b.Call("Page.enable", nil, nil)
		}
		return err
	}
	return errors.New("chromium: it has no page")
}

// message is what the two sides say, with a zero byte behind it.
type message struct {
	ID        int             `json:"id,omitzero"`
	SessionID string          `json:"sessionId,omitzero"`
	Method    string          `json:"method,omitzero"`
	Params    any             `json:"params,omitzero"`
	Result    json.RawMessage `json:"result,omitzero"`
	Error     *struct {
		Message string `json:"message"`
	} `json:"error,omitzero"`
}

// Call calls a method of the DevTools protocol, and waits for its result. Events that come
// meanwhile are passed over.
func (b *Browser) Call(method string, params, result any) error {
	b.n++
	id := b.n
	data, err := json.Marshal(message{ID: id, SessionID: b.session, Method: method, Params: params})
	if err != nil {
		return err
	}
	if _, err := b.in.Write(append(data, 0)); err != nil {
		return fmt.Errorf("chromium: %w: %s", err, b.said)
	}
	for {
		data, err := b.out.ReadBytes(0)
		if err != nil {
			return fmt.Errorf("chromium: %w", err)
		}
		var m message
		if err := json.Unmarshal(bytes.TrimSuffix(data, []byte{0}), &m); err != nil {
			return fmt.Errorf("chromium: %w", err)
		}
		switch {
		case m.ID != id:
		case m.Error != nil:
			return fmt.Errorf("chromium: %s: %s", method, m.Error.Message)
		case result == nil:
			return nil
		default:
			return json.Unmarshal(m.Result, result)
		}
	}
}

// View sets the size of the page and which scheme of colours it prefers, "light" or "dark".
// scale is how many pixels of a picture one of the page is.
func (b *Browser) View(width, height int, scale float64, scheme string) error {
	err := b.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600}, nil)
	if err == nil {
		err = b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	}
	return err
}

// Open opens a page, and waits until it is there: ctx bounds how long.
func (b *Browser) Open(ctx context.Context, url string) error {
	var went struct{ ErrorText string }
	if err := b.Call("Page.navigate", map[string]any{"url": url}, &went); err != nil {
		return err
	}
	if went.ErrorText != "" {
		return fmt.Errorf("chromium: %s: %s", url, went.ErrorText)
	}
	return b.Until(ctx, `document.readyState === "complete"`)
}

// Until waits until an expression is true in the page, or ctx ends.
func (b *Browser) Until(ctx context.Context, expression string) error {
	for {
		yes := false
		if err := b.Eval(expression, &yes); err == nil && yes {
			return nil
		}
		t := time.NewTimer(50 * time.Millisecond)
		select {
		case <-ctx.Done():
			t.Stop()
			return fmt.Errorf("chromium: not true: %s: %w", expression, ctx.Err())
		case <-t.C:
		}
	}
}

// Eval runs an expression in the page, waits for it if it is a promise, and reads its value.
func (b *Browser) Eval(expression string, value any) error {
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Exception struct{ Description string }
		}
	}
	err := b.Call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &got)
	switch {
	case err != nil:
		return err
	case got.ExceptionDetails != nil:
		return fmt.Errorf("chromium: %s", got.ExceptionDetails.Exception.Description)
	case value == nil:
		return nil
	}
	return json.Unmarshal(got.Result.Value, value)
}

// Picture is the page as it looks, as a PNG.
func (b *Browser) Picture() ([]byte, error) {
	var shot struct{ Data []byte }
	err := b.Call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	return shot.Data, err
}
