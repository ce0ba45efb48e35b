package drivertest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// goneAt is the position in an error.
func goneAt(err error) mailbox.StreamRead {
	var e *mailbox.Error
	if errors.As(err, &e) {
		return e.Read
	}
	return mailbox.StreamRead{}
}

// maxChunk is the bytes that a chunk may have.
const maxChunk = 64 << 10

var streamCases = []testCase{
	{rule: "what is appended is read from any offset, and the end behind it", run: func(k *kit) {
		same(k, k.page(mailbox.StreamRead{}).Attempt, 0, "the attempt of an address without streams")
		a := k.begin(mailbox.StreamOpen{Stream: 5, Holder: "p", About: []byte("call 3")})
		same(k, []any{a.Stream, a.Attempt}, []any{uint64(5), 1}, "what was opened")
		k.say(a, 0, "one", "two")
		k.say(a, 2, "three")
		p := k.page(mailbox.StreamRead{Stream: 5})
		same(k, texts(p), []string{"one", "two", "three"}, "the chunks")
		same(k, []any{p.Holder, string(p.About), p.Began, p.First, p.Next, p.Bytes, p.Latest}, []any{"p", "call 3", day, uint64(0), uint64(3), int64(11), 1}, "what is known of the attempt")
		same(k, p.Last, nil, "the end of what goes on")
		p = k.page(mailbox.StreamRead{Stream: 5, Attempt: 1, Offset: 1, Limit: 1})
		same(k, []any{texts(p), p.Offset, p.Read.Offset}, []any{[]string{"two"}, uint64(1), uint64(2)}, "one chunk")
		k.finish(a, done)
		same(k, k.page(mailbox.StreamRead{Stream: 5, Limit: 2}).Last, nil, "the end before the last chunk")
		p = k.page(mailbox.StreamRead{Offset: 2})
		same(k, []any{p.Stream, texts(p), p.Over}, []any{uint64(5), []string{"three"}, true}, "the rest of the newest")
		same(k, *p.Last, done, "the end")
		for _, r := range []mailbox.StreamRead{p.Read, {Stream: 5, Attempt: 9}, {Stream: 5, Attempt: 1, Offset: 99}} {
			again := k.page(r)
			same(k, []any{texts(again), again.Over}, []any{[]string{}, true}, "at or past the end, at %d/%d", r.Attempt, r.Offset)
		}
		other, err := k.store.ReadStream(k.ctx, "ben", mailbox.StreamRead{})
		k.must(err, "ReadStream")
		same(k, other.Attempt, 0, "the attempt in another mailbox")
	}},
	{rule: "a repeated append changes nothing, another chunk is a conflict, a gap is refused", run: func(k *kit) {
		s := k.store
		a := k.begin(mailbox.StreamOpen{Stream: 1})
		k.say(a, 0, "one", "two")
		k.say(a, 0, "one", "two")
		k.say(a, 1, "two", "three")
		k.say(a, 3)
		k.wants(s.AppendStream(k.ctx, "ada", adding(a, 2, "four")), mailbox.ErrConflict, "another chunk at an offset")
		k.wants(s.AppendStream(k.ctx, "ada", adding(a, 1, "two", "four", "five", "six")), mailbox.ErrConflict, "one that is the same and others that are not")
		k.wants(s.AppendStream(k.ctx, "ada", adding(a, 4, "five")), mailbox.ErrInvalid, "a gap")
		same(k, texts(k.page(mailbox.StreamRead{Stream: 1})), []string{"one", "two", "three"}, "the chunks")
	}},
	{rule: "nothing is added after the end, and there is one end", run: func(k *kit) {
		s := k.store
		a := k.begin(mailbox.StreamOpen{Stream: 1})
		k.say(a, 0, "one")
		k.finish(a, done)
		k.finish(a, done)
		k.wants(s.AppendStream(k.ctx, "ada", adding(a, 1, "two")), mailbox.ErrStreamEnded, "an append")
		other := driver.StreamEnd{Kind: driver.StreamFailed, Reason: "no"}
		k.wants(s.EndStream(k.ctx, "ada", closing(a, other)), mailbox.ErrStreamEnded, "another end")
		p := k.page(mailbox.StreamRead{Stream: 1})
		same(k, []any{texts(p), *p.Last}, []any{[]string{"one"}, done}, "the stream")
		_, err := s.OpenStream(k.ctx, "ada", mailbox.StreamOpen{Stream: 1})
		k.wants(err, mailbox.ErrStreamEnded, "opening what is over")
		never := driver.StreamAttempt{Stream: 1, Attempt: 2}
		k.wants(s.AppendStream(k.ctx, "ada", adding(never, 0, "two")), mailbox.ErrNotFound, "an append to what was never opened")
	}},
	{rule: "the next attempt ends the one before as interrupted, and readers go on there", run: func(k *kit) {
		s := k.store
		a := k.begin(mailbox.StreamOpen{Stream: 1, Holder: "one"})
		k.say(a, 0, "it is")
		b := k.begin(mailbox.StreamOpen{Stream: 1, Holder: "two"})
		same(k, b.Attempt, 2, "the attempt")
		k.wants(s.AppendStream(k.ctx, "ada", adding(a, 1, "not")), mailbox.ErrStreamEnded, "an append to the first")
		k.wants(s.EndStream(k.ctx, "ada", closing(a, done)), mailbox.ErrStreamEnded, "an end of the first")
		p := k.page(mailbox.StreamRead{Stream: 1})
		same(k, []any{texts(p), p.Last.Kind, p.Last.More, p.Latest}, []any{[]string{"it is"}, driver.StreamInterrupted, true, 2}, "the first attempt")
		if p.Last.Reason == "" {
			k.failf("the interruption has no reason")
		}
		k.say(b, 0, "it was")
		p = k.page(p.Read)
		same(k, []any{p.Attempt, p.Holder, texts(p)}, []any{2, "two", []string{"it was"}}, "the page behind")
		k.finish(b, driver.StreamEnd{Kind: driver.StreamFailed, Reason: "no", More: true})
		c := k.begin(mailbox.StreamOpen{Stream: 1})
		same(k, c.Attempt, 3, "the attempt after one that failed")
		next := k.begin(mailbox.StreamOpen{Stream: 4})
		same(k, next.Attempt, 1, "the first of the next stream")
		p = k.page(mailbox.StreamRead{Stream: 1, Attempt: 3})
		same(k, []any{p.Over, p.Last.Kind}, []any{true, driver.StreamInterrupted}, "what was open when the next stream began")
		_, err := s.OpenStream(k.ctx, "ada", mailbox.StreamOpen{Stream: 3})
		k.wants(err, mailbox.ErrStreamEnded, "opening an earlier stream")
	}},
	{rule: "who lost the address says no more", run: func(k *kit) {
		s := k.store
		a := k.begin(mailbox.StreamOpen{Stream: 1, Fence: k.owns("one")})
		k.say(a, 0, "one")
		two := k.owns("two")
		lost := func(what string) {
			k.wants(s.AppendStream(k.ctx, "ada", adding(a, 1, "two")), mailbox.ErrLeaseLost, "an append "+what)
			k.wants(s.EndStream(k.ctx, "ada", closing(a, done)), mailbox.ErrLeaseLost, "an end "+what)
			_, err := s.OpenStream(k.ctx, "ada", mailbox.StreamOpen{Stream: 1, Fence: a.Fence})
			k.wants(err, mailbox.ErrLeaseLost, "an opening "+what)
		}
		lost("before the next one says something")
		b := k.begin(mailbox.StreamOpen{Stream: 1, Fence: two})
		lost("afterwards")
		none := b
		none.Fence = 0
		k.wants(s.AppendStream(k.ctx, "ada", adding(none, 0, "two")), mailbox.ErrLeaseLost, "an append without a fence")
		_, err := s.OpenStream(k.ctx, "ada", mailbox.StreamOpen{Stream: 2})
		k.wants(err, mailbox.ErrLeaseLost, "the next stream without a fence")
		k.say(b, 0, "two")
		p := k.page(mailbox.StreamRead{Stream: 1})
		same(k, []any{texts(p), p.Last.Kind, p.Fence}, []any{[]string{"one"}, driver.StreamInterrupted, a.Fence}, "the first attempt")
	}},
	{rule: "what is no longer kept is gone, and it is said from where on it is kept", run: func(k *kit) {
		s := k.store
		a := k.begin(mailbox.StreamOpen{Stream: 1, KeepStreams: 2, KeepBytes: 10})
		k.say(a, 0, "aaaa", "bbbb", "cccc")
		_, err := s.ReadStream(k.ctx, "ada", mailbox.StreamRead{Stream: 1})
		k.gone(err, 1, 1, 1, "what was dropped")
		_, err = s.WaitStream(k.ctx, "ada", mailbox.StreamRead{Stream: 1})
		k.gone(err, 1, 1, 1, "waiting for it")
		same(k, texts(k.page(mailbox.StreamRead{Stream: 1, Offset: 1})), []string{"bbbb", "cccc"}, "what is kept")
		k.finish(a, driver.StreamEnd{Kind: driver.StreamFailed, More: true})
		b := k.begin(mailbox.StreamOpen{Stream: 1, KeepStreams: 2, KeepBytes: 10})
		k.say(b, 0, "dddd", strings.Repeat("e", 100))
		_, err = s.ReadStream(k.ctx, "ada", mailbox.StreamRead{Stream: 1, Attempt: 1, Offset: 2})
		k.gone(err, 1, 2, 1, "the attempt before")
		p := k.page(mailbox.StreamRead{Stream: 1, Attempt: 2, Offset: 1})
		same(k, []any{len(p.Chunks), p.Bytes}, []any{1, int64(100)}, "the last chunk, however large")
		k.wants(s.AppendStream(k.ctx, "ada", adding(b, 0, "dddd")), mailbox.ErrGone, "repeating what was dropped")
		for n := uint64(2); n < 4; n++ {
			k.begin(mailbox.StreamOpen{Stream: n, KeepStreams: 2})
		}
		_, err = s.ReadStream(k.ctx, "ada", mailbox.StreamRead{Stream: 1, Attempt: 2, Offset: 2})
		k.gone(err, 2, 1, 0, "an older stream")
		same(k, k.page(mailbox.StreamRead{Stream: 2}).Attempt, 1, "one of the two newest")
	}},
	{rule: "a position of another epoch is gone", run: func(k *kit) {
		a := k.begin(mailbox.StreamOpen{Stream: 1})
		k.say(a, 0, "one")
		before := k.page(mailbox.StreamRead{Stream: 1}).Read
		k.page(before)
		k.must(k.store.NewEpoch(k.ctx), "NewEpoch")
		_, err := k.store.ReadStream(k.ctx, "ada", before)
		k.gone(err, 1, 1, 0, "a position of before")
		before.Stream = 9
		_, err = k.store.ReadStream(k.ctx, "ada", before)
		k.gone(err, 9, 1, 0, "one in a stream that has not begun")
		same(k, texts(k.page(mailbox.StreamRead{Stream: 1})), []string{"one"}, "the stream from its beginning")
	}},
	{rule: "an append is whole or nothing, and what can't be is refused", run: func(k *kit) {
		s := k.store
		a := k.begin(mailbox.StreamOpen{Stream: 1})
		k.say(a, 0, "one", "\x00 and é", strings.Repeat("x", maxChunk))
		for what, bad := range map[string]mailbox.StreamAppend{
			"a chunk that is too large":  adding(a, 3, "two", strings.Repeat("x", maxChunk+1)),
			"an empty chunk":             adding(a, 3, "two", ""),
			"bytes that are not UTF-8":   adding(a, 3, "two", "\xff"),
			"far too many at once":       adding(a, 3, make([]string, 2000)...),
			"a gap that nobody can fill": adding(a, 1<<63, "two"),
		} {
			k.wants(s.AppendStream(k.ctx, "ada", bad), mailbox.ErrInvalid, what)
		}
		for what, bad := range map[string]mailbox.StreamOpen{
			"no number":             {},
			"a number too large":    {Stream: 1 << 63},
			"too much about it":     {Stream: 1, About: make([]byte, 8<<10+1)},
			"a holder of no letter": {Stream: 1, Holder: "\xff"},
		} {
			_, err := s.OpenStream(k.ctx, "ada", bad)
			k.wants(err, mailbox.ErrInvalid, what)
		}
		k.wants(s.EndStream(k.ctx, "ada", closing(a, driver.StreamEnd{Kind: "over"})), mailbox.ErrInvalid, "an end of no kind")
		_, err := s.ReadStream(k.ctx, "", mailbox.StreamRead{})
		k.wants(err, mailbox.ErrInvalid, "no address")
		_, err = s.ReadStream(k.ctx, "ada", mailbox.StreamRead{Attempt: -1})
		k.wants(err, mailbox.ErrInvalid, "an attempt below 0")
		p := k.page(mailbox.StreamRead{Stream: 1})
		same(k, []any{p.Next, texts(p)[1], p.Latest}, []any{uint64(3), "\x00 and é", 1}, "the stream")
	}},
	{rule: "a page is bounded, and the next one begins where it ends", run: func(k *kit) {
		a := k.begin(mailbox.StreamOpen{Stream: 1, KeepBytes: 1 << 30})
		want := ""
		for i := range 40 {
			s := fmt.Sprintf("%05d", i) + strings.Repeat("x", maxChunk-5)
			k.say(a, uint64(i), s)
			want += s
		}
		k.finish(a, done)
		got, pages := "", 0
		p := mailbox.StreamPage{Read: mailbox.StreamRead{Stream: 1}}
		for ; !p.Over; pages++ {
			p = k.page(p.Read)
			if len(p.Chunks) > 20 || len(p.Chunks) == 0 {
				k.failf("a page has %d chunks of 64 KiB", len(p.Chunks))
			}
			got += strings.Join(texts(p), "")
		}
		same(k, got == want, true, "the same text in %d pages", pages)
	}},
}
