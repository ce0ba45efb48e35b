package drivertest

import (
	"context"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// begin opens an attempt of a stream of ada's.
func (k *kit) begin(o mailbox.StreamOpen) driver.StreamAttempt {
	if o.Now.IsZero() {
		o.Now = day
	}
	a, err := k.store.OpenStream(k.ctx, "ada", o)
	k.must(err, "OpenStream")
	return a
}

func chunks(text ...string) [][]byte {
	var list [][]byte
	for _, s := range text {
		list = append(list, []byte(s))
	}
	return list
}

// say appends chunks to an attempt.
func (k *kit) say(a driver.StreamAttempt, offset uint64, text ...string) {
	k.must(k.store.AppendStream(k.ctx, "ada", adding(a, offset, text...)), "AppendStream")
}

func adding(a driver.StreamAttempt, offset uint64, text ...string) mailbox.StreamAppend {
	return mailbox.StreamAppend{Stream: a.Stream, Attempt: a.Attempt, Fence: a.Fence, Offset: offset, Chunks: chunks(text...)}
}

func closing(a driver.StreamAttempt, end driver.StreamEnd) mailbox.StreamClose {
	return mailbox.StreamClose{Stream: a.Stream, Attempt: a.Attempt, Fence: a.Fence, End: end}
}

func (k *kit) finish(a driver.StreamAttempt, end driver.StreamEnd) {
	k.must(k.store.EndStream(k.ctx, "ada", closing(a, end)), "EndStream")
}

func (k *kit) page(r mailbox.StreamRead) mailbox.StreamPage {
	p, err := k.store.ReadStream(k.ctx, "ada", r)
	k.must(err, "ReadStream")
	return p
}

// texts are a page's chunks.
func texts(p mailbox.StreamPage) []string {
	list := []string{}
	for _, c := range p.Chunks {
		list = append(list, string(c))
	}
	return list
}

// follow is a wait for a stream that has begun.
func (k *kit) follow(ctx context.Context, r mailbox.StreamRead) <-chan followed {
	out := make(chan followed, 1)
	go func() {
		p, err := k.store.WaitStream(ctx, "ada", r)
		out <- followed{p, err}
	}()
	return out
}

type followed struct {
	mailbox.StreamPage
	err error
}

// came ends the case if the wait does not end, or fails.
func (k *kit) came(out <-chan followed, what string) mailbox.StreamPage {
	select {
	case f := <-out:
		k.must(f.err, what)
		return f.StreamPage
	case <-k.ctx.Done():
		k.failf("%s: the wait does not end", what)
		panic("unreachable")
	}
}

// nothing ends the case if the wait ends.
func (k *kit) nothing(out <-chan followed, what string) {
	select {
	case f := <-out:
		k.failf("%s: the wait ended with %q and the error %v", what, texts(f.StreamPage), f.err)
	case <-time.After(quiet):
	}
}

// owns makes a holder the owner of ada, after all before him.
func (k *kit) owns(holder string) uint64 {
	k.made++
	c := k.commit(mailbox.Commit{Address: "ada", Own: &mailbox.Own{Holder: holder, For: time.Minute}, Now: day.Add(time.Duration(k.made) * time.Hour)})
	return c.Fence
}

var done = driver.StreamEnd{Kind: driver.StreamDone, Message: "m1", UID: 7}

// gone ends the case if err is not ErrGone with that position.
func (k *kit) gone(err error, stream uint64, attempt int, offset uint64, what string) {
	k.wants(err, mailbox.ErrGone, what)
	g := goneAt(err)
	same(k, []any{g.Stream, g.Attempt, g.Offset}, []any{stream, attempt, offset}, "%s: kept from", what)
	same(k, g.Epoch, k.page(mailbox.StreamRead{Attempt: 1 << 20}).Epoch, "%s: the epoch", what)
}

// quiets sees that nothing of it is seen in the mailbox.
func (k *kit) quiets(addr quire.Address, f func()) {
	before := k.all(addr)
	f()
	same(k, k.all(addr), before, "the mailbox beside a stream")
}
