package modeltest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/quire-dev/quire/providers"
)

// RunRetrying holds a model that retries by itself to the rules about that: open
// makes it so that it tries at least once more, and fewer than ten times.
func RunRetrying(t *testing.T, open Open) {
	t.Helper()
	run(t, retryRules(), &kit{open: open, patience: 30 * time.Second}, nil)
}

// soon is a delay that costs no time in a test.
const soon = time.Millisecond

func checkRetry(k *kit) error {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable, 529} {
		step := Step{Fail: providers.CodeUnavailable, Status: status, RetryAfter: soon}
		m := k.open(k.t, Script{step, Say("at last"), step, Say("at last")})
		r, err := k.generate(k.t.Context(), m, k.prompt())
		if err != nil {
			return fmt.Errorf("HTTP %d: %w", status, err)
		}
		s, ok := m.(providers.Streamer)
		if !ok {
			continue
		}
		if err := k.compareStream(s, r); err != nil {
			return fmt.Errorf("HTTP %d: %w", status, err)
		}
	}
	return nil
}

func checkRetryDelay(k *kit) error {
	// More than a client waits at first when nobody tells it.
	const delay = 1500 * time.Millisecond
	m := k.open(k.t, Script{{Fail: providers.CodeRateLimited, RetryAfter: delay}, Say("at last")})
	begun := time.Now()
	if _, err := k.generate(k.t.Context(), m, k.prompt()); err != nil {
		return err
	}
	if took := time.Since(begun); took < delay {
		return fmt.Errorf("the call took %s, and the server asked for %s", took, delay)
	}
	return nil
}

func checkRetryGivesUp(k *kit) error {
	var script Script
	for range 10 {
		script = append(script, Step{Fail: providers.CodeRateLimited, RetryAfter: soon})
	}
	_, err := k.generate(k.t.Context(), k.open(k.t, script), k.prompt())
	return delayed(err, providers.CodeRateLimited, soon)
}

func checkRetryNotThose(k *kit) error {
	for _, code := range []providers.Code{providers.CodeInvalid, providers.CodeAuth, providers.CodeTooLong} {
		m := k.open(k.t, Script{{Fail: code}, Say("tried again")})
		_, err := k.generate(k.t.Context(), m, k.prompt())
		if err := coded(err, code); err != nil {
			return err
		}
	}
	return nil
}

func checkRetryCancelled(k *kit) error {
	m := k.open(k.t, Script{{Fail: providers.CodeRateLimited, RetryAfter: time.Hour}, Say("tried again")})
	ctx, cancel := context.WithCancel(k.t.Context())
	defer cancel()
	timer := time.AfterFunc(20*time.Millisecond, cancel)
	defer timer.Stop()
	_, err := k.generate(ctx, m, k.prompt())
	if errors.Is(err, errStuck) {
		return err
	}
	return cancelled(err)
}
