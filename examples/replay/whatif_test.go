package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/replaying"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/sqlitestore"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/price"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/scripted"
	"github.com/quire-dev/quire/providers/wire"
)

// worker names what it was asked about seven mails before the one of number *at, and
// reports usage; the first model may be down.
func worker(t *testing.T, name string, at *int, down *bool) providers.Model {
	return scripted.Func(func(_ context.Context, _ int, p *quire.Prompt) (*quire.Reply, error) {
		if *down && name == "claude-opus-5" {
			return nil, &providers.Error{Provider: "test", Code: providers.CodeUnavailable}
		}
		r := scripted.Text(fmt.Sprintf("It is in berths/pier_%d.go.", max(0, *at-7)))
		body, err := wire.Encode(quire.APIOpenAIChat, p, nil)
		require.NoError(t, err)
		r.Model, r.Usage = name, quire.Usage{Input: len(body) / 4, CachedInput: len(body) / 8, CacheWrite: len(body) / 16, Output: 50}
		return &r, nil
	})
}

// lived is a mailbox file of an agent that was asked so many times over five weeks. Its
// first model is away now and then, and another one stands in.
func lived(t *testing.T, asked int) string {
	file := filepath.Join(t.TempDir(), "mail.db")
	store, err := sqlitestore.Open(t.Context(), file, nil)
	require.NoError(t, err)
	now := time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)
	at, down := 0, false
	model := func(name string) providers.Model { return worker(t, name, &at, &down) }
	info := func(api quire.API, name string) models.Profile {
		p := models.FindOver(api, name)
		p.Window, p.MaxOutput = 20_000, 500
		return p
	}
	a, err := agent.New(store.Box("ada"), model("claude-opus-5"), &agent.Options{Profile: info(quire.APIAnthropic, "claude-opus-5"),
		Fallbacks: []agent.Fallback{{Model: model("gpt-5"), Profile: info(quire.APIOpenAIResponses, "gpt-5")}},
		Composer:  compose.New(nil), Owner: "mia", Budget: 8000, System: "You keep the harbour.", Now: func() time.Time { return now },
		Limits: agent.Limits{Retries: 2, FallbackFor: time.Hour}, Sleep: func(context.Context, time.Duration) error { return nil }})
	require.NoError(t, err)
	for i := range asked {
		at, down = i, i%7 == 3
		now = now.Add(35 * 24 * time.Hour / time.Duration(asked) / 2)
		body := fmt.Sprintf("See berths/pier_%d.go. %s", i, strings.Repeat(fmt.Sprintf("Berth %d is taken. ", i), 120))
		_, err := store.Commit(t.Context(), mailbox.Commit{Address: "mia", Now: now, Sends: []quire.Draft{{ID: quire.MessageID(fmt.Sprintf("q%d@x", i)),
			To: []quire.Address{"ada"}, Kind: quire.KindMail, Subject: "Berths", Parts: []quire.Part{quire.Text{Text: body}}}}})
		require.NoError(t, err)
		_, err = a.Turn(t.Context())
		require.NoError(t, err)
		now = now.Add(35 * 24 * time.Hour / time.Duration(asked) / 2)
	}
	require.NoError(t, store.Close())
	return file
}

func whatIfOf(t *testing.T, args ...string) *replaying.WhatIf {
	t.Helper()
	status, out, errs := runArgs(t, append([]string{"-json", "-agent", "ada"}, args...)...)
	require.Equal(t, 0, status, errs)
	var r replaying.WhatIf
	require.NoError(t, json.Unmarshal([]byte(out), &r))
	return &r
}

func TestWhatIf(t *testing.T) {
	file := lived(t, 50)
	same := whatIfOf(t, "-db", file, "-since", "0")
	assert.Equal(t, 50, same.Was.Calls)
	assert.Equal(t, 50, same.Same, "from the file alone: the same digests and bills")
	assert.Equal(t, same.Was, same.Would)
	assert.Equal(t, same.Reported.Output, same.Would.Output)
	assert.Positive(t, same.Reported.Money)
	assert.Positive(t, same.Was.Money)
	assert.Zero(t, same.Was.Unknown)
	assert.Equal(t, map[string]int{"claude-opus-5": 43, "gpt-5": 7}, same.Models)
	assert.Equal(t, 7, same.Failed.Calls)
	assert.Equal(t, 14, same.Failed.Tries)
	assert.Equal(t, map[string]int{"unavailable": 7}, same.Failed.Why)
	assert.Positive(t, same.Failed.Was.Money)
	assert.Equal(t, same.Failed.Was, same.Failed.Would)
	assert.Zero(t, same.Missed)
	assert.Empty(t, same.Problems)

}

// TestWhatIfOtherRules: each flag changes what it is for, and nothing else.
func TestWhatIfOtherRules(t *testing.T) {
	file := lived(t, 50)
	all := whatIfOf(t, "-db", file, "-since", "0")
	month := whatIfOf(t, "-db", file)
	assert.Less(t, month.Was.Calls, 50, "the past month")
	assert.Equal(t, month.Known, month.Same)
	assert.Less(t, month.Was.Money, all.Was.Money)

	small := whatIfOf(t, "-db", file, "-since", "0", "-budget", "4500", "-policy", "lru")
	assert.Less(t, small.Would.Input, small.Was.Input)
	assert.Less(t, small.Would.Money, small.Was.Money)
	assert.Greater(t, small.Would.LeftSize, small.Was.LeftSize)
	assert.Equal(t, 50, small.Same)
	assert.Positive(t, small.Missed)
	assert.Equal(t, small.MissedIn, small.Pulls.Calls)
	assert.Positive(t, small.Pulls.Money)

	hour := whatIfOf(t, "-db", file, "-since", "0", "-model", "claude-opus-5", "-ttl", "1h")
	assert.Greater(t, hour.Would.Money, hour.Was.Money, "all is cold after hours, and writing costs more")

	dear := whatIfOf(t, "-db", file, "-since", "0", "-tariff", "1000,1000,1000,1000,1000")
	assert.Equal(t, dear.Was.Input, dear.Would.Input)
	assert.Equal(t, price.Money(1000*(dear.Would.Input+dear.Would.Output)), dear.Would.Money)

	own := whatIfOf(t, "-db", file, "-since", "0", "-price", "llama.cpp")
	assert.Equal(t, own.Would.Calls, own.Would.Unknown, "one's own machine has no list price")
	assert.Greater(t, own.Would.Read, own.Was.Read, "its slot has no end of life")
}

// TestWhatIfForPeople: the table names what is counted.
func TestWhatIfForPeople(t *testing.T) {
	file := lived(t, 10)
	status, out, errs := runArgs(t, "-db", file, "-agent", "ada", "-since", "0", "-budget", "3000", "-calls")
	require.Equal(t, 0, status, errs)
	for _, want := range []string{"ada, 10 calls from 2026-10", "(claude-opus-5: 9, gpt-5: 1)", "budget 3,000", "reported", "as it was", "would be", "asked for again",
		"failed calls: 1 (1 unavailable), 2 requests", "10 of 10 calls come out the same", "failed before"} {
		assert.Contains(t, out, want)
	}
	assert.Regexp(t, `(?m)^ +cost +\$\d+\.\d+ +\$\d+\.\d+ +\$\d+\.\d+ *$`, out)
	_, _, help := runArgs(t, "-help")
	assert.Contains(t, help, "replay -db mail.db -agent ada -budget 16000 -policy lru")
}

func TestWhatIfWrongUse(t *testing.T) {
	file := lived(t, 1)
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{2, "-agent must say whose calls", []string{"-db", file}},
		{2, "-db must name", []string{"-agent", "ada"}},
		{2, "no such file", []string{"-db", file + "x", "-agent", "ada"}},
		{2, "is not read", []string{"-db", file, "-agent", "ada", "more.json"}},
		{2, "above 0", []string{"-db", file, "-agent", "ada", "-budget", "-1"}},
		{1, "bob has no receipts", []string{"-db", file, "-agent", "bob"}},
		{1, "there are value, default", []string{"-db", file, "-agent", "ada", "-policy", "best"}},
		{1, "there are value, rent-or-buy", []string{"-db", file, "-agent", "ada", "-schedule", "never"}},
		{1, "there are 5m0s, 1h0m0s", []string{"-db", file, "-agent", "ada", "-ttl", "2h"}},
		{1, "no cost model is known", []string{"-db", file, "-agent", "ada", "-model", "mystery"}},
		{1, "five amounts", []string{"-db", file, "-agent", "ada", "-tariff", "3,4"}},
		{1, "no amount", []string{"-db", file, "-agent", "ada", "-tariff", "3,4,x,1,1"}},
		{1, "prices are not known", []string{"-db", file, "-agent", "ada", "-tariff", "mystery"}},
	} {
		status, out, errs := runArgs(t, c.args...)
		assert.Equal(t, c.status, status, "%v", c.args)
		assert.Empty(t, out)
		assert.Contains(t, errs, c.says, "%v", c.args)
	}
}
