package modeltest

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

func streamRules() []Rule {
	return []Rule{
		{"stream-equals-whole", "a stream's last delta carries the whole reply, equal to what Generate returns; the deltas before it add up to it, and nothing follows", checkStream},
		{"stream-fails", "a stream that fails yields the typed error once, and nothing more", checkStreamError},
		{"stream-break", "breaking out of a stream ends the call and leaves no goroutine", checkStreamBreak},
	}
}

func (k *kit) streamer(script Script) (providers.Streamer, error) {
	s, ok := k.open(k.t, script).(providers.Streamer)
	if !ok {
		return nil, errNotOffered
	}
	return s, nil
}

func checkStream(k *kit) error {
	step := Call(twoCalls()...)
	step.Reply.Parts = append([]quire.Part{quire.Text{Text: sample}}, step.Reply.Parts...)
	long := Say(strings.Repeat("a long line ", 20_000)) // more than a scanner's 64 KiB
	for _, step := range []Step{Say(sample), step, long} {
		m, err := k.streamer(Script{step, step})
		if err != nil {
			return err
		}
		whole, err := k.generate(k.t.Context(), m, prompt())
		if err != nil {
			return err
		}
		if err := k.compareStream(m, whole); err != nil {
			return err
		}
	}
	return nil
}

func (k *kit) compareStream(m providers.Streamer, whole *quire.Reply) error {
	var text, thought strings.Builder
	var calls []quire.ToolCall
	var last *quire.Reply
	for d, err := range m.Stream(k.t.Context(), prompt()) {
		if err != nil {
			return fmt.Errorf("the stream failed: %w", err)
		}
		if last != nil {
			return errors.New("a delta follows the one with the reply")
		}
		text.WriteString(d.Text)
		thought.WriteString(d.Reasoning)
		if d.ToolCall != nil {
			calls = append(calls, *d.ToolCall)
		}
		last = d.Reply
	}
	if last == nil {
		return errors.New("no delta carries the reply")
	}
	if !reflect.DeepEqual(last, whole) {
		return fmt.Errorf("streamed: %+v\nwhole: %+v", last, whole)
	}
	t, th, c := split(whole)
	if text.String() != t || thought.String() != th {
		return fmt.Errorf("the deltas add up to %.60q and %.60q, want %.60q and %.60q", text.String(), thought.String(), t, th)
	}
	return sameCalls(calls, c)
}

func checkStreamError(k *kit) error {
	m, err := k.streamer(Script{{Fail: providers.CodeAuth}})
	if err != nil {
		return err
	}
	var failed error
	for d, err := range m.Stream(k.t.Context(), prompt()) {
		if failed != nil {
			return errors.New("the stream went on after its error")
		}
		if err == nil {
			return fmt.Errorf("the stream yielded %+v", d)
		}
		failed = err
	}
	return coded(failed, providers.CodeAuth)
}

func checkStreamBreak(k *kit) error {
	script := Script{Say("warm up")}
	for range repeats {
		script = append(script, Say(sample))
	}
	m, err := k.streamer(script)
	if err != nil {
		return err
	}
	if _, err := k.generate(k.t.Context(), m, prompt()); err != nil {
		return err
	}
	before := runtime.NumGoroutine()
	for range repeats {
		for _, err := range m.Stream(k.t.Context(), prompt()) {
			if err != nil {
				return err
			}
			break
		}
	}
	return k.settle(before)
}
