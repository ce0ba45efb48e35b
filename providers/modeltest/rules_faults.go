package modeltest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

// mixed is a reply with text and calls.
func mixed() *quire.Reply {
	r := Call(twoCalls()...).Reply
	r.Parts = append([]quire.Part{quire.Text{Text: sample}}, r.Parts...)
	return r
}

func checkReplyCut(k *kit) error {
	_, err := k.one(Step{Reply: mixed(), Fault: FaultCut})
	return coded(err, providers.CodeUnavailable)
}

func checkReplyGarbage(k *kit) error {
	m := k.open(k.t, Script{Say(sample), {Reply: Say(sample).Reply, Fault: FaultGarbage}})
	if _, err := k.generate(k.t.Context(), m, k.prompt()); err != nil {
		return err
	}
	r, err := k.generate(k.t.Context(), m, k.prompt())
	if err != nil {
		return coded(err, providers.CodeBadReply)
	}
	if text, _, _ := split(r); text != sample {
		return fmt.Errorf("got %q, want %q", text, sample)
	}
	return nil
}

func checkErrorIn200(k *kit) error {
	for _, code := range []providers.Code{providers.CodeUnavailable, providers.CodeRateLimited} {
		_, err := k.one(Step{Reply: mixed(), Fault: FaultError, Fail: code})
		if err := coded(err, code); err != nil {
			return err
		}
	}
	return nil
}

func checkBigEvent(k *kit) error {
	k.patience *= 3
	step := Say(strings.Repeat("an even longer line ", 106_000)) // 2.1 MB in two pieces
	m, err := k.streamer(Script{step, step})
	if err != nil {
		return err
	}
	whole, err := k.generate(k.t.Context(), m, k.prompt())
	if err != nil {
		return err
	}
	if text, _, _ := split(whole); text != quire.PlainText(step.Reply.Parts) {
		return fmt.Errorf("the whole reply has %d bytes of text", len(text))
	}
	return k.compareStream(m, whole)
}

// streamFault checks that a stream that goes wrong fails with a code.
func streamFault(step Step, want providers.Code) func(k *kit) error {
	return func(k *kit) error {
		step.Reply = mixed()
		m, err := k.streamer(Script{step})
		if err != nil {
			return err
		}
		o, err := k.stream(k.t.Context(), m, nil)
		if err != nil {
			return err
		}
		if o.reply != nil {
			return errors.New("half of a stream passes for a reply")
		}
		return coded(o.err, want)
	}
}

func checkErrorInside(k *kit) error {
	for _, code := range []providers.Code{providers.CodeUnavailable, providers.CodeRateLimited} {
		if err := streamFault(Step{Fault: FaultError, Fail: code}, code)(k); err != nil {
			return err
		}
	}
	return nil
}

func checkStreamGarbage(k *kit) error {
	m, err := k.streamer(Script{{Reply: mixed()}, {Reply: mixed(), Fault: FaultGarbage}})
	if err != nil {
		return err
	}
	whole, err := k.generate(k.t.Context(), m, k.prompt())
	if err != nil {
		return err
	}
	o, err := k.stream(k.t.Context(), m, nil)
	if err != nil {
		return err
	}
	if o.err != nil {
		return coded(o.err, providers.CodeBadReply)
	}
	return o.equals(whole)
}

func checkStreamCancelled(k *kit) error {
	stalls := slices.Repeat(Script{{Reply: Say(sample).Reply, Fault: FaultStall}}, repeats)
	m, err := k.streamer(append(Script{Say("warm up")}, stalls...))
	if err != nil {
		return err
	}
	if _, err := k.generate(k.t.Context(), m, k.prompt()); err != nil {
		return err
	}
	before := runtime.NumGoroutine()
	for range repeats {
		ctx, cancel := context.WithCancel(k.t.Context())
		timer := time.AfterFunc(50*time.Millisecond, cancel) // for who keeps its deltas back
		o, err := k.stream(ctx, m, cancel)
		timer.Stop()
		cancel()
		if err != nil {
			return err
		}
		if err := cancelled(o.err); err != nil {
			return err
		}
	}
	return k.settle(before)
}
