package modeltest

import (
	"errors"
	"fmt"
	"time"

	"github.com/quire-dev/quire/providers"
)

// failures are what a vendor's server may answer, and what it means.
func failures() []struct {
	name, text string
	step       Step
	code       providers.Code
} {
	return []struct {
		name, text string
		step       Step
		code       providers.Code
	}{
		{"error-rate-limit", "HTTP 429 is rate-limited, with the delay that the server asks for",
			Step{Fail: providers.CodeRateLimited, RetryAfter: 7 * time.Second}, providers.CodeRateLimited},
		{"error-auth", "HTTP 401 is auth", Step{Fail: providers.CodeAuth}, providers.CodeAuth},
		{"error-server", "HTTP 500 is unavailable", Step{Fail: providers.CodeUnavailable}, providers.CodeUnavailable},
		{"error-overloaded", "HTTP 529 is unavailable", Step{Fail: providers.CodeUnavailable, Status: 529}, providers.CodeUnavailable},
		{"error-too-long", "a prompt that does not fit the window is too-long, not just invalid",
			Step{Fail: providers.CodeTooLong}, providers.CodeTooLong},
		{"error-invalid", "any other HTTP 400 is invalid", Step{Fail: providers.CodeInvalid}, providers.CodeInvalid},
		{"error-malformed", "a body that is no reply is bad-reply", Step{Body: `{"nonsense`}, providers.CodeBadReply},
		{"error-not-a-reply", "a body of another shape is bad-reply", Step{Body: `{"weather":"fine"}`}, providers.CodeBadReply},
	}
}

func errorRules() []Rule {
	var rules []Rule
	for _, f := range failures() {
		rules = append(rules, Rule{f.name, f.text, func(k *kit) error {
			_, err := k.one(f.step)
			if err := delayed(err, f.code, f.step.RetryAfter); err != nil {
				return err
			}
			var pe *providers.Error
			errors.As(err, &pe)
			if f.step.Body == "" && pe.Status != 0 && pe.Status != f.step.status() {
				return fmt.Errorf("status %d, want %d", pe.Status, f.step.status())
			}
			return nil
		}})
	}
	return append(rules, Rule{"error-delay", "the server's delay is reported exactly, however it is written", checkDelay})
}

func checkDelay(k *kit) error {
	const at, after = "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28:30 GMT"
	for _, c := range []struct {
		header map[string]string
		want   time.Duration
	}{
		{map[string]string{"Retry-After": "120"}, 2 * time.Minute},
		{map[string]string{"Retry-After": "0.25"}, 250 * time.Millisecond},
		{map[string]string{"Retry-After-Ms": "1234"}, 1234 * time.Millisecond},
		{map[string]string{"Retry-After-Ms": "1234", "Retry-After": "2"}, 1234 * time.Millisecond},
		{map[string]string{"Retry-After": after, "Date": at}, 30 * time.Second},
		{map[string]string{"Retry-After": "whenever"}, 0},
		{nil, 0},
	} {
		_, err := k.one(Step{Fail: providers.CodeUnavailable, Status: 503, Header: c.header})
		if err := delayed(err, providers.CodeUnavailable, c.want); err != nil {
			return fmt.Errorf("%v: %w", c.header, err)
		}
	}
	return nil
}

// delayed checks that err is a typed error of the code with the delay.
func delayed(err error, code providers.Code, want time.Duration) error {
	if err := coded(err, code); err != nil {
		return err
	}
	var pe *providers.Error
	if errors.As(err, &pe); pe.RetryAfter != want {
		return fmt.Errorf("retry after %s, want %s", pe.RetryAfter, want)
	}
	return nil
}

// coded checks that err is a typed error of the code.
func coded(err error, want providers.Code) error {
	var pe *providers.Error
	switch {
	case err == nil:
		return errors.New("no error")
	case !errors.As(err, &pe):
		return fmt.Errorf("a %T that is no *providers.Error: %w", err, err)
	case pe.Code != want:
		return fmt.Errorf("code %q, want %q: %w", pe.Code, want, err)
	case pe.Provider == "":
		return fmt.Errorf("the error does not say who failed: %w", err)
	}
	return nil
}
