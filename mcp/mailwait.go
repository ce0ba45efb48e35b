package mcp

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

const (
	usualWait = 50 * time.Second // less than the minute that clients give a call by default
	longWait  = time.Hour
	// heartbeat is how often a client that asked for progress hears that the call lives: many
	// count their patience from the last sign.
	heartbeat = 15 * time.Second
)

// waitFor waits for mail by a wait of the store, which looks before it blocks, so nothing is
// missed between two calls.
func (d *desk) waitFor(ctx context.Context, req *sdk.CallToolRequest, in waitArgs) ([]sdk.Content, error) {
	long := usualWait
	if in.Seconds > 0 {
		long = time.Duration(min(in.Seconds, int(longWait/time.Second))) * time.Second
	}
	began := d.o.Now()
	end := began.Add(long)
	looked := began
	w := mailbox.Wait{Match: mailbox.Query{Pending: true, Incoming: true, From: quire.Address(in.From)}, Now: func() time.Time { looked = d.o.Now(); return looked }, Looked: looked}
	for {
		w.Deadline = end
		if beat := looked.Add(heartbeat); beat.Before(end) && req.Params.GetProgressToken() != nil {
			w.Deadline = beat
		}
		woken, err := d.box.Wait(ctx, w)
		if err != nil {
			return nil, err
		}
		if woken.Matched {
			rows, err := d.rows(ctx, mailbox.Query{Pending: true, Incoming: true, Oldest: true, From: w.Match.From})
			if err != nil || rows != nothing { // else somebody else dealt with it meanwhile
				return []sdk.Content{&sdk.TextContent{Text: rows}}, err
			}
		}
		if !looked.Before(end) {
			return []sdk.Content{&sdk.TextContent{Text: fmt.Sprintf("Nothing came in %s. Call mail_wait again to go on waiting.", long)}}, nil
		}
		w.Looked = looked
		if token := req.Params.GetProgressToken(); token != nil {
			_ = req.Session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{ProgressToken: token, Progress: looked.Sub(began).Seconds(), Total: long.Seconds(), Message: "nothing yet"})
		}
	}
}
