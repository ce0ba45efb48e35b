package drivertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// streamWaitCases are those of readers that wait.
var streamWaitCases = []testCase{
	{rule: "a reader waits for the beginning, for each chunk and for the end, and consumes nothing", run: func(k *kit) {
		out := k.follow(k.ctx, mailbox.StreamRead{Stream: 3})
		newest := k.follow(k.ctx, mailbox.StreamRead{})
		k.nothing(out, "a stream that has not begun")
		a := k.begin(mailbox.StreamOpen{Stream: 3})
		k.say(a, 0, "one")
		same(k, k.came(newest, "the newest").Stream, uint64(3), "the newest stream")
		p := k.came(out, "the first chunk")
		same(k, texts(p), []string{"one"}, "the first chunk")
		for range 2 {
			same(k, texts(k.came(k.follow(k.ctx, mailbox.StreamRead{Stream: 3}), "a chunk that is there")), []string{"one"}, "a chunk that is there")
		}
		out = k.follow(k.ctx, p.Read)
		k.nothing(out, "the second chunk")
		k.say(a, 1, "two")
		p = k.came(out, "the second chunk")
		same(k, texts(p), []string{"two"}, "the second chunk")
		ahead := k.follow(k.ctx, mailbox.StreamRead{Stream: 3, Attempt: 1, Offset: 9})
		out = k.follow(k.ctx, p.Read)
		k.finish(a, driver.StreamEnd{Kind: driver.StreamFailed, Reason: "no", More: true})
		p = k.came(out, "the end of the attempt")
		same(k, []any{texts(p), p.Last.Reason}, []any{[]string{}, "no"}, "the end of the attempt")
		k.came(ahead, "the end, for a reader that is ahead of what is there")
		out = k.follow(k.ctx, p.Read)
		k.nothing(out, "the next attempt")
		k.finish(k.begin(mailbox.StreamOpen{Stream: 3}), done)
		p = k.came(out, "the end of the stream")
		same(k, []any{p.Attempt, p.Over}, []any{2, true}, "the end of the stream")
	}},
	{rule: "no chunk is missed, however reading and writing interleave", run: func(k *kit) {
		a := k.begin(mailbox.StreamOpen{Stream: 1})
		r := mailbox.StreamRead{Stream: 1}
		for i := range 150 {
			out := k.follow(k.ctx, r)
			k.say(a, uint64(i), fmt.Sprint(i))
			p := k.came(out, "a wait beside an append")
			same(k, texts(p), []string{fmt.Sprint(i)}, "the chunk")
			r = p.Read
		}
	}},
	{rule: "a wait for a stream ends with its context, and with the store", run: func(k *kit) {
		k.say(k.begin(mailbox.StreamOpen{Stream: 1}), 0, "one")
		ctx, cancel := context.WithCancel(k.ctx)
		out := k.follow(ctx, mailbox.StreamRead{Stream: 1, Offset: 1})
		cancel()
		k.wants((<-out).err, context.Canceled, "a wait whose context ends")
		out = k.follow(k.ctx, mailbox.StreamRead{Stream: 1, Offset: 1})
		k.nothing(out, "a chunk that does not come")
		s := k.store
		k.must(s.Close(), "Close")
		select {
		case f := <-out:
			k.wants(f.err, mailbox.ErrClosed, "a wait when the store is closed")
		case <-k.ctx.Done():
			k.failf("a wait does not end when the store is closed")
		}
		_, err := s.OpenStream(k.ctx, "ada", mailbox.StreamOpen{Stream: 2})
		k.wants(err, mailbox.ErrClosed, "opening in a closed store")
	}},
	{rule: "a stream leaves the mailbox as it is, and wakes nobody who waits for mail", run: func(k *kit) {
		k.send("mia", k.mail("x", "ada"))
		ctx, cancel := context.WithCancel(k.ctx)
		defer cancel()
		k.quiets("ada", func() {
			out := k.wait(ctx, "ada", mailbox.Wait{Since: k.status("ada").State, Now: at(day), Deadline: day.Add(time.Hour)})
			a := k.begin(mailbox.StreamOpen{Stream: 1})
			k.say(a, 0, "one")
			k.finish(a, done)
			select {
			case w := <-out:
				k.failf("a wait for mail ended: %+v", w)
			case <-time.After(quiet):
			}
		})
	}},
	{rule: "producers that take over from each other give all readers the same", run: func(k *kit) {
		const readers, attempts, each = 4, 6, 20
		s := k.store
		seen := make([]string, readers)
		var reading sync.WaitGroup
		errs := make([]error, readers)
		for i := range readers {
			reading.Go(func() { seen[i], errs[i] = listen(k.ctx, s) })
		}
		var saying sync.WaitGroup
		failed := make([]error, attempts)
		for n := range attempts {
			a := k.begin(mailbox.StreamOpen{Stream: 1, Fence: k.owns(fmt.Sprint("p", n))})
			half := make(chan struct{})
			saying.Go(func() { // goes on although the next one takes over in the middle
				for i := range uint64(each) {
					if i == each/2 {
						close(half)
					}
					err := s.AppendStream(k.ctx, "ada", adding(a, i, fmt.Sprintf("%d.%d ", n, i)))
					if err != nil {
						failed[n] = err
						return
					}
				}
				failed[n] = s.EndStream(k.ctx, "ada", closing(a, driver.StreamEnd{Kind: driver.StreamDone, More: n < attempts-1}))
			})
			<-half
			if n == attempts-1 {
				saying.Wait()
			}
		}
		saying.Wait()
		for n, err := range failed {
			if err != nil && !errors.Is(err, mailbox.ErrLeaseLost) && !errors.Is(err, mailbox.ErrStreamEnded) {
				k.failf("producer %d: %v", n, err)
			}
		}
		reading.Wait()
		for i := range readers {
			k.must(errs[i], "a reader")
			same(k, seen[i], seen[0], "what reader %d saw, beside the first", i)
		}
		for n := range attempts {
			if !strings.Contains(seen[0], fmt.Sprintf("[%d]", n+1)) {
				k.failf("nobody saw the end of attempt %d: %s", n+1, seen[0])
			}
		}
	}},
}

// listen follows a stream to its end and says what it saw, each end as [attempt].
func listen(ctx context.Context, s store) (string, error) {
	var b strings.Builder
	at := mailbox.StreamRead{Stream: 1}
	for {
		p, err := s.WaitStream(ctx, "ada", at)
		if err != nil {
			return b.String(), err
		}
		for _, c := range p.Chunks {
			b.Write(c)
		}
		if p.Last != nil {
			fmt.Fprintf(&b, "[%d]", p.Attempt)
		}
		if p.Over {
			return b.String(), nil
		}
		at = p.Read
	}
}
