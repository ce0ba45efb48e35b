package mcp

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// The resources of a mailbox.
const (
	uriInbox    = "quire://inbox"
	uriMessages = "quire://messages/"
)

func uriOf(uid quire.UID) string { return uriMessages + strconv.FormatUint(uint64(uid), 10) }

// numberOf is the number of the message that a URI names.
func numberOf(uri string) (quire.UID, bool) {
	digits, ok := strings.CutPrefix(uri, uriMessages)
	n, err := strconv.ParseUint(digits, 10, 64)
	return quire.UID(n), ok && err == nil && n > 0 && uriOf(quire.UID(n)) == uri
}

func (d *desk) addResources() {
	d.server.AddResource(&sdk.Resource{URI: uriInbox, Name: "inbox", Title: "What waits in the mailbox of " + string(d.box.Address()), MIMEType: "text/plain",
		Description: "How many messages there are, and those that wait, oldest first."},
		func(ctx context.Context, _ *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
			text, err := d.inbox(ctx)
			return contents(text), err
		})
	d.server.AddResourceTemplate(&sdk.ResourceTemplate{URITemplate: uriMessages + "{number}", Name: "message", MIMEType: "text/plain", Description: "A message of the mailbox, by its number."},
		func(ctx context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
			n, ok := numberOf(req.Params.URI)
			if !ok {
				return nil, sdk.ResourceNotFoundError(req.Params.URI)
			}
			content, err := d.read(ctx, readArgs{Numbers: []uint64{uint64(n)}})
			if errors.Is(err, mailbox.ErrNotFound) {
				return nil, sdk.ResourceNotFoundError(req.Params.URI)
			}
			return contents(textOf(content)), err
		})
	d.server.AddReceivingMiddleware(d.listWaiting)
}

func contents(text string) *sdk.ReadResourceResult {
	return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{Text: text}}}
}

// textOf is what stands in content, without images.
func textOf(content []sdk.Content) string {
	var texts []string
	for _, c := range content {
		if t, ok := c.(*sdk.TextContent); ok {
			texts = append(texts, t.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// inbox is the text of the resource.
func (d *desk) inbox(ctx context.Context) (string, error) {
	status, err := d.box.Status(ctx)
	if err != nil {
		return "", err
	}
	head := fmt.Sprintf("The mailbox of %s has %d messages, of which %d wait.", oneLine(string(d.box.Address()), 300), status.Total, status.Pending)
	rows, err := d.rows(ctx, mailbox.Query{Pending: true, Incoming: true, Oldest: true, Limit: 50})
	return head + "\n" + rows, err
}

// listed is how many messages that wait stand in the list of resources.
const listed = 50

// listWaiting puts the messages that wait into the list of resources, oldest first.
func (d *desk) listWaiting(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		res, err := next(ctx, method, req)
		list, ok := res.(*sdk.ListResourcesResult)
		if err != nil || !ok {
			return res, err
		}
		page, err := d.box.Find(ctx, mailbox.Query{Pending: true, Incoming: true, Oldest: true, Plain: true, Limit: listed, Now: d.o.Now()})
		if err != nil {
			return nil, err
		}
		for i := range page.Rows {
			row := &page.Rows[i]
			list.Resources = append(list.Resources, &sdk.Resource{URI: uriOf(row.UID), Name: row.UID.String(), MIMEType: "text/plain", Size: row.Bytes,
				Title:       fmt.Sprintf("%s from %s: %s", row.UID, oneLine(string(row.From), 100), oneLine(row.Subject, 200)),
				Annotations: &sdk.Annotations{LastModified: row.Sent.UTC().Format(time.RFC3339)}})
		}
		return list, nil
	}
}
