package quire

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddress(t *testing.T) {
	for a, base := range map[Address]Address{
		"ada": "ada", "ada+build": "ada", "mia+home@example.org": "mia@example.org", "+x": "+x",
		"a+b+c@x+y": "a@x+y", "": "",
	} {
		assert.Equal(t, base, a.Base(), "%q", a)
	}
	for _, a := range []Address{"ada", "mia+home@example.org", "zoë", "team/build:7"} {
		assert.NoError(t, a.Valid(), "%q", a)
	}
	for _, a := range []Address{
		"", "a b", "a\n", "a\x00", "<a>", "a]", "#41", "a\"", "a\xff", "a\u202eb", "a\u200b",
		Address(strings.Repeat("a", MaxAddress+1)),
	} {
		assert.Error(t, a.Valid(), "%q", a)
	}
}

func TestDigestText(t *testing.T) {
	d := DigestOf([]byte("a"))
	text, err := d.MarshalText()
	require.NoError(t, err)
	var got Digest
	require.NoError(t, got.UnmarshalText(text))
	assert.Equal(t, d, got)
	assert.Equal(t, "ca978112ca1b", d.Short())
	assert.Equal(t, "", Digest{}.Short())
	require.NoError(t, got.UnmarshalText(nil))
	assert.Equal(t, Digest{}, got)
	assert.Error(t, got.UnmarshalText([]byte("ab")))
	assert.Error(t, got.UnmarshalText([]byte(strings.Repeat("x", 64))))
}

func TestItemPending(t *testing.T) {
	now := time.Unix(100, 0)
	cases := []struct {
		name string
		want bool
		it   Item
	}{
		{"new", true, Item{}},
		{"own", false, Item{Delivery: Delivery{Self: true}}},
		{"handled", false, Item{Delivery: Delivery{Flags: FlagHandled}}},
		{"superseded", false, Item{Delivery: Delivery{Flags: FlagSuperseded | FlagPulled}}},
		{"retracted", false, Item{Delivery: Delivery{Flags: FlagRetracted}}},
		{"seen", true, Item{Delivery: Delivery{Flags: FlagNotified | FlagPulled | FlagAnswered | FlagPinned}}},
		{"visible now", true, Item{Delivery: Delivery{VisibleAt: now}}},
		{"later", false, Item{Delivery: Delivery{VisibleAt: now.Add(1)}}},
		{"expires now", false, Item{Message: Message{Draft: Draft{ValidUntil: now}}}},
		{"expires later", true, Item{Message: Message{Draft: Draft{ValidUntil: now.Add(1)}}}},
	}
	for _, c := range cases {
		assert.Equal(t, c.want, c.it.Pending(now), c.name)
	}
}

func TestStrings(t *testing.T) {
	assert.Equal(t, "notified handled retracted", (FlagNotified | FlagHandled | FlagRetracted).String())
	assert.Equal(t, "", Flags(0).String())
	assert.True(t, (FlagPulled | FlagPinned).Has(FlagPinned))
	assert.False(t, FlagPulled.Has(FlagPulled|FlagPinned))
	it := Item{Message: Message{Draft: Draft{Kind: KindMail}, Envelope: Envelope{From: "mia"}}, Delivery: Delivery{UID: 41}}
	assert.Equal(t, "#41 mail from=mia", it.String())
	n, ok := Delivery{Counts: []Count{{"a", 1}, {"b", 2}}}.Tokens("b")
	assert.True(t, ok)
	assert.Equal(t, 2, n)
	_, ok = Delivery{}.Tokens("b")
	assert.False(t, ok)
}
