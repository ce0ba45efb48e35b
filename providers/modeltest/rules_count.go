package modeltest

import (
	"context"
	"errors"
	"fmt"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

func countRules() []Rule {
	return []Rule{
		{"count-tokens", "a model that counts returns what the provider counts, also of a prompt in the middle of a turn", checkCount},
		{"count-fails", "counting fails as a call does: with a code, the server's delay, or the context's error", checkCountFails},
	}
}

// count asks for a count, and gives up after a while.
func (k *kit) count(ctx context.Context, m providers.TokenCounter, p *quire.Prompt) (n int, err error) {
	var got int
	var failed error
	if stuck := k.within(func() { got, failed = m.CountTokens(ctx, p) }); stuck != nil {
		return 0, stuck
	}
	if errors.Is(failed, errors.ErrUnsupported) {
		return 0, errNotOffered
	}
	return got, failed
}

func (k *kit) counter(script Script) (providers.TokenCounter, error) {
	c, ok := k.open(k.t, script).(providers.TokenCounter)
	if !ok {
		return nil, errNotOffered
	}
	return c, nil
}

func checkCount(k *kit) error {
	m, err := k.counter(Script{{Count: 1234}, {Count: 5678}})
	if err != nil {
		return err
	}
	for i, p := range []*quire.Prompt{k.prompt(), k.history()} {
		n, err := k.count(k.t.Context(), m, p)
		if err != nil {
			return err
		}
		if want := []int{1234, 5678}[i]; n != want {
			return fmt.Errorf("got %d tokens, want %d", n, want)
		}
	}
	return nil
}

func checkCountFails(k *kit) error {
	f := failures()[0]
	m, err := k.counter(Script{f.step, {Body: `{"nonsense`}, {Body: `{"weather":"fine"}`}, {Hang: true}})
	if err != nil {
		return err
	}
	_, err = k.count(k.t.Context(), m, k.prompt())
	if err := delayed(err, f.code, f.step.RetryAfter); err != nil {
		return err
	}
	for range 2 {
		_, err = k.count(k.t.Context(), m, k.prompt())
		if err := coded(err, providers.CodeBadReply); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(k.t.Context())
	cancel()
	_, err = k.count(ctx, m, k.prompt())
	return cancelled(err)
}
