package mcp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

type (
	findArgs struct {
		Words   string `json:"words,omitempty" jsonschema:"without words the newest come first, with words those that answer them best"`
		From    string `json:"from,omitempty" jsonschema:"only from this address"`
		Thread  uint64 `json:"thread,omitempty" jsonschema:"only of the thread that this message is in"`
		Waiting bool   `json:"waiting,omitempty" jsonschema:"only what waits to be dealt with, oldest first"`
		Before  uint64 `json:"before,omitempty" jsonschema:"only with a smaller number"`
		Limit   int    `json:"limit,omitempty" jsonschema:"how many at most; 20"`
	}
	readArgs struct {
		Numbers []uint64 `json:"numbers" jsonschema:"of the messages"`
		From    int64    `json:"from,omitempty" jsonschema:"of a long text: the first byte to show"`
		To      int64    `json:"to,omitempty" jsonschema:"of a long text: the byte to stop before"`
	}
	sendArgs struct {
		To         []string `json:"to" jsonschema:"addresses"`
		CC         []string `json:"cc,omitempty" jsonschema:"addresses"`
		Subject    string   `json:"subject,omitempty" jsonschema:"one line"`
		Text       string   `json:"text"`
		Question   bool     `json:"question,omitempty" jsonschema:"it is a question"`
		Options    []string `json:"options,omitempty" jsonschema:"of a question: what can be answered"`
		ReplyBy    string   `json:"reply_by,omitempty" jsonschema:"of a question: until when, as in 2h or 2026-11-30T09:00:00Z"`
		Default    string   `json:"default,omitempty" jsonschema:"of a question: what is taken when nobody answers in time, if it can be undone"`
		Reversible bool     `json:"reversible,omitempty" jsonschema:"of a question: what is decided can be undone"`
		Key        string   `json:"key,omitempty" jsonschema:"a word of your own by which a repeat of this very call is known: it is sent once"`
	}
	replyArgs struct {
		Number uint64 `json:"number" jsonschema:"of the message that it replies to"`
		Text   string `json:"text"`
		Done   bool   `json:"done,omitempty" jsonschema:"the message is then dealt with"`
		Key    string `json:"key,omitempty" jsonschema:"a word of your own by which a repeat of this very call is known: it is sent once"`
	}
	answerArgs struct {
		Number uint64 `json:"number" jsonschema:"of the question"`
		Text   string `json:"text" jsonschema:"one of the question's options, word for word, if it has any"`
		Freely bool   `json:"freely,omitempty" jsonschema:"the answer is none of the options"`
		Key    string `json:"key,omitempty" jsonschema:"a word of your own by which a repeat of this very call is known: it is sent once"`
	}
	doneArgs struct {
		Numbers []uint64 `json:"numbers" jsonschema:"of the messages"`
	}
	waitArgs struct {
		From    string `json:"from,omitempty" jsonschema:"only for mail from this address"`
		Seconds int    `json:"seconds,omitempty" jsonschema:"how long at most; 50"`
	}
)

func (d *desk) addTools() {
	no := false
	reads := &sdk.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: &no}
	sends := &sdk.ToolAnnotations{DestructiveHint: &no, OpenWorldHint: &no}
	marks := &sdk.ToolAnnotations{DestructiveHint: &no, OpenWorldHint: &no, IdempotentHint: true}
	add(d, "mail_find", "List the mailbox, or search it: a line for each message.", reads, inText(d.find))
	add(d, "mail_read", "Show whole messages. Reading marks nothing.", reads, ignoring(d.read))
	add(d, "mail_send", "Send mail to people or agents. As a question it can have options and a time to answer by; when nobody answered then, one that is reversible takes its default, and any other stays undecided.", sends, inText(d.send))
	add(d, "mail_reply", "Reply to a message: to its sender, in its thread.", sends, inText(d.reply))
	add(d, "mail_answer", "Answer a question, which is then dealt with.", sends, inText(d.answer))
	add(d, "mail_done", "Say that messages are dealt with: they wait no more.", marks, inText(d.done))
	add(d, "mail_wait", "Wait until something waits in the mailbox to be dealt with; at once if something does.", reads, d.waitFor)
}

// add adds a tool. An error is a result that the model sees.
func add[In any](d *desk, name, about string, a *sdk.ToolAnnotations, do func(context.Context, *sdk.CallToolRequest, In) ([]sdk.Content, error)) {
	sdk.AddTool(d.server, &sdk.Tool{Name: name, Description: about, Annotations: a, InputSchema: argsOf[In]()},
		func(ctx context.Context, req *sdk.CallToolRequest, in In) (*sdk.CallToolResult, any, error) {
			content, err := do(ctx, req, in)
			if err != nil {
				return nil, nil, err
			}
			return &sdk.CallToolResult{Content: content}, nil, nil
		})
}

// argsOf is the schema of a tool's arguments. A list is a list, and not null besides: not
// every vendor takes a schema of two types.
func argsOf[In any]() *jsonschema.Schema {
	s, err := jsonschema.For[In](nil)
	if err != nil {
		panic(err) // of the structs above: a test makes them all
	}
	for _, p := range s.Properties {
		if slices.Contains(p.Types, "array") {
			p.Type, p.Types = "array", nil
		}
	}
	return s
}

// inText is a tool that returns a text.
func inText[In any](do func(context.Context, In) (string, error)) func(context.Context, *sdk.CallToolRequest, In) ([]sdk.Content, error) {
	return func(ctx context.Context, _ *sdk.CallToolRequest, in In) ([]sdk.Content, error) {
		s, err := do(ctx, in)
		return []sdk.Content{&sdk.TextContent{Text: s}}, err
	}
}

// ignoring is a tool that needs no request.
func ignoring[In any](do func(context.Context, In) ([]sdk.Content, error)) func(context.Context, *sdk.CallToolRequest, In) ([]sdk.Content, error) {
	return func(ctx context.Context, _ *sdk.CallToolRequest, in In) ([]sdk.Content, error) { return do(ctx, in) }
}

func (d *desk) find(ctx context.Context, in findArgs) (string, error) {
	q := mailbox.Query{Text: in.Words, From: quire.Address(in.From), Below: quire.UID(in.Before), Limit: min(in.Limit, 200)}
	if in.Limit <= 0 {
		q.Limit = 20
	}
	if in.Waiting {
		q.Pending, q.Incoming, q.Oldest = true, true, in.Words == ""
	}
	if in.Thread != 0 {
		it, err := d.item(ctx, in.Thread)
		if err != nil {
			return "", err
		}
		q.Thread = it.Thread
	}
	return d.rows(ctx, q)
}

// item reads one message.
func (d *desk) item(ctx context.Context, number uint64) (*quire.Item, error) {
	items, err := d.box.Read(ctx, quire.UID(number))
	if err != nil {
		return nil, err
	}
	return &items[0], nil
}

func (d *desk) send(ctx context.Context, in sendArgs) (string, error) {
	draft := quire.Draft{ID: d.id(in.Key), To: addresses(in.To), CC: addresses(in.CC), Subject: in.Subject}
	if len(draft.To)+len(draft.CC) == 0 {
		return "", errors.New("to whom? Give an address")
	}
	if in.Text == "" && in.Subject == "" {
		return "", errors.New("there is nothing to send: the text is empty")
	}
	draft.Parts = words(in.Text)
	asks := len(in.Options) > 0 || in.ReplyBy != "" || in.Default != "" || in.Reversible
	switch {
	case asks && !in.Question:
		return "", errors.New("options, reply_by, default and reversible are of a question: give question too")
	case !in.Question:
		return sent(d.box.Send(ctx, draft))
	}
	q := quire.Question{Options: in.Options, Default: in.Default, Reversible: in.Reversible}
	var err error
	if q.ReplyBy, err = d.moment(in.ReplyBy); err != nil {
		return "", err
	}
	return sent(d.box.Ask(ctx, draft, q))
}

func (d *desk) reply(ctx context.Context, in replyArgs) (string, error) {
	s, err := d.box.Reply(ctx, quire.UID(in.Number), quire.Draft{ID: d.id(in.Key), Parts: words(in.Text)})
	text, err := sent(s, err)
	if err != nil || !in.Done {
		return text, err
	}
	if err := d.box.Done(ctx, quire.UID(in.Number)); err != nil {
		return "", fmt.Errorf("%s But #%d is not marked as dealt with: %w", text, in.Number, err)
	}
	return fmt.Sprintf("%s #%d is dealt with.", text, in.Number), nil
}

func (d *desk) answer(ctx context.Context, in answerArgs) (string, error) {
	it, err := d.item(ctx, in.Number)
	if err != nil {
		return "", err
	}
	if q := it.Question; q != nil && len(q.Options) > 0 && !in.Freely && !slices.Contains(q.Options, in.Text) {
		return "", fmt.Errorf("the question offers %s: answer with one of them, or freely", oneLine(strings.Join(q.Options, " | "), 1000))
	}
	return sent(d.box.Answer(ctx, quire.UID(in.Number), quire.Draft{ID: d.id(in.Key), Parts: words(in.Text)}))
}

func (d *desk) done(ctx context.Context, in doneArgs) (string, error) {
	if len(in.Numbers) == 0 {
		return "", errors.New("which message? Give its number")
	}
	if err := d.box.Done(ctx, uidsOf(in.Numbers)...); err != nil {
		return "", err
	}
	return "Done.", nil
}

func uidsOf(numbers []uint64) []quire.UID {
	uids := make([]quire.UID, len(numbers))
	for i, n := range numbers {
		uids[i] = quire.UID(n)
	}
	return uids
}

// id is that of what is sent: with the address before the client's word, so that none is in
// the way of another's.
func (d *desk) id(key string) quire.MessageID {
	if key == "" {
		return mailbox.NewID()
	}
	return quire.MessageID("mcp-" + quire.DigestOf(fmt.Appendf(nil, "%q %q", d.box.Address().Base(), key)).String())
}

func words(text string) []quire.Part {
	if text == "" {
		return nil
	}
	return []quire.Part{quire.Text{Text: text}}
}

func addresses(list []string) []quire.Address {
	var out []quire.Address
	for _, a := range list {
		out = append(out, quire.Address(strings.TrimSpace(a)))
	}
	return out
}

// sent says what became of a message.
func sent(s mailbox.Sent, err error) (string, error) {
	if err != nil {
		if errors.Is(err, mailbox.ErrOutcomeUnknown) {
			err = fmt.Errorf("%w. Look whether it arrived; a repeat under the same key is sent once", err)
		}
		return "", err
	}
	var missed []string
	for _, b := range s.Bounced {
		missed = append(missed, fmt.Sprintf("%s did not get it: %s.", oneLine(string(b.To), 300), oneLine(b.Reason, maxLine)))
	}
	text := "Sent."
	switch {
	case s.Duplicate:
		text = "It had been sent already, and was not sent again."
	case len(missed) > 0:
		text = "Not to all: " + strings.Join(missed, " ")
	}
	return text, nil
}

// moment reads a time, or how long from now; "" is none.
func (d *desk) moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, nil
	}
	if in, err := time.ParseDuration(s); err == nil && in > 0 {
		return d.o.Now().Add(in), nil
	}
	return time.Time{}, fmt.Errorf("reply_by %q is no time: write 2h, or 2026-11-30T09:00:00Z", s)
}
