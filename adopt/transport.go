package adopt

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers/wire"
)

// Transport is an [http.RoundTripper] that composes the prompts that pass it. It is safe for
// concurrent use.
type Transport struct {
	budget int
	o      Options
	known  conversations
}

// New makes a transport that holds requests to a budget: the most tokens that a request's
// input may take, system prompt and tools included; 0 takes [models.Profile.Room] of the
// request's model. nil options are the zero ones.
func New(budget int, options *Options) *Transport {
	t := &Transport{budget: budget}
	if options != nil {
		t.o = *options
	}
	t.o.setDefaults()
	t.known.most = t.o.Conversations
	return t
}

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	api, model, err := knows(r)
	if err != nil {
		return t.unchanged(bare(r), Call{Model: model}, err)
	}
	if api == "" {
		if r.Header.Get(HeaderConversation) != "" { // a client may name it in all that it sends
			r = bare(r)
		}
		return t.o.Base.RoundTrip(r)
	}
	call := Call{API: api, Model: model}
	body, err := take(r)
	if err != nil {
		return t.unchanged(restored(r, body), call, err)
	}
	asked, err := wire.DecodeRequest(api, model, body)
	if err != nil {
		return t.unchanged(with(r, body), call, err)
	}
	call.Model, call.Messages = asked.Prompt.Model, len(asked.Prompt.Messages)
	c, key := t.conversation(r, &asked.Prompt)
	c.size = len(body)
	composed, err := t.compose(c, asked, &call)
	if err != nil {
		t.known.put(key, c, t.o.Now())
		return t.unchanged(with(r, body), call, err)
	}
	res, err := t.o.Base.RoundTrip(with(r, composed))
	settle := func(reply *quire.Reply, err error) {
		t.settle(c, key, &call, reply, err)
	}
	if err != nil {
		settle(nil, err)
		return nil, err
	}
	call.Status = res.StatusCode
	follow(res, api, settle)
	res.Header.Set(HeaderLeftOut, strconv.Itoa(leftOut(call.Plan)))
	return res, nil
}

// unchanged sends a request as it came.
func (t *Transport) unchanged(r *http.Request, call Call, why error) (*http.Response, error) {
	call.Unchanged = why
	settle := func(reply *quire.Reply, err error) {
		if call.Err = err; reply != nil {
			call.Usage = reply.Usage
		}
		if t.o.OnCall != nil {
			t.o.OnCall(call)
		}
	}
	res, err := t.o.Base.RoundTrip(r)
	if err != nil {
		settle(nil, err)
		return nil, err
	}
	call.Status = res.StatusCode
	follow(res, call.API, settle)
	res.Header.Set(HeaderUnchanged, reason(why))
	return res, nil
}

// conversation finds the one that a list is of, or begins it, and says under which key it
// is kept after this request.
func (t *Transport) conversation(r *http.Request, p *quire.Prompt) (c *conversation, key string) {
	if name := r.Header.Get(HeaderConversation); name != "" {
		key = "name " + name
		c = t.known.take([]string{key})
	} else {
		all := keys(p)
		if c = t.known.take(all); len(all) > 0 {
			key = all[0]
		}
	}
	if c == nil {
		c = &conversation{session: compose.NewSession(models.Profile{}, nil)}
	}
	return c, key
}

// compose makes the body of what goes out.
func (t *Transport) compose(c *conversation, asked *wire.Request, call *Call) ([]byte, error) {
	p := &asked.Prompt
	own := standIns(p.Messages)
	profile := t.o.Profile(call.API, p.Model)
	if lasting(p.Marks, &profile) {
		profile.Cache = profile.Lasting
	}
	c.session.Options = compose.SessionOptions{Composer: t.o.Composer, Model: profile, System: p.System, Tools: p.Tools, Budget: t.budget, Now: t.o.Now}
	plan, err := c.session.Next(p.Messages)
	if err != nil {
		return nil, err
	}
	sent := plan.Prompt
	sent.Messages = withOwnIDs(withOwnRoles(sent.Messages, plan), own)
	body, _, err := asked.Encode(&sent, &wire.Options{Dialect: profile.Dialect})
	if err != nil {
		return nil, fmt.Errorf("what was composed can't be sent: %w", err)
	}
	call.Plan = plan
	return body, nil
}

// lasting says whether the client asks the provider to keep what it marks for the longer life.
func lasting(marks []quire.CacheMark, p *models.Profile) bool {
	return p.Lasting.TTL > 0 && slices.ContainsFunc(marks, func(m quire.CacheMark) bool { return m.TTL > p.Cache.TTL })
}

// settle tells the session how a call went, and gives the conversation back.
func (t *Transport) settle(c *conversation, key string, call *Call, reply *quire.Reply, err error) {
	call.Err = err
	if reply == nil {
		err = c.session.Failed(call.Plan)
	} else {
		call.Usage = reply.Usage
		err = c.session.Sent(call.Plan, reply.Usage)
	}
	if err == nil {
		t.known.put(key, c, t.o.Now())
	} else if call.Err == nil {
		call.Err = err
	}
	if t.o.OnCall != nil {
		t.o.OnCall(*call)
	}
}

// leftOut counts the messages that the model is not shown, or not whole.
func leftOut(p *compose.Plan) int {
	n := 0
	for _, row := range p.Next.Items() {
		switch row.Fate {
		case compose.FateOut:
			n += row.Left
		case compose.FateExcerpt, compose.FateStub:
			n++
		}
	}
	return n
}
