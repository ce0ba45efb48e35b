package compose_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/policy"
)

// note is a message with a text.
func note(id quire.MessageID, uid quire.UID, text string) quire.Item {
	return quire.Item{Message: quire.Message{Draft: quire.Draft{ID: id, Parts: []quire.Part{quire.Text{Text: text}}},
		Envelope: quire.Envelope{From: "mia"}}, Delivery: quire.Delivery{UID: uid}}
}

func plain(in compose.Input) compose.Input {
	in.Model, in.Budget = models.Profile{Name: "m", Dialect: models.Dialect{API: quire.APIOpenAIChat}}, 4000
	return in
}

// TestOneIDWithTwoContents: wherever the two come in, it is an error that names both, and
// the same message twice is none.
func TestOneIDWithTwoContents(t *testing.T) {
	c := compose.New(nil)
	resident, err := c.Plan(plain(compose.Input{Arrived: []quire.Item{note("m1", 1, "the first")}}))
	require.NoError(t, err)
	other, subject, sender := note("m1", 2, "the second"), note("m1", 2, "the first"), note("m1", 2, "the first")
	subject.Subject, sender.From = "new", "bo"
	for name, in := range map[string]compose.Input{
		"arrived":            {Arrived: []quire.Item{note("m1", 1, "the first"), note("m3", 3, "x"), other}},
		"another subject":    {Arrived: []quire.Item{note("m1", 1, "the first"), subject}},
		"another sender":     {Arrived: []quire.Item{note("m1", 1, "the first"), sender}},
		"offered":            {Arrived: []quire.Item{note("m1", 1, "the first")}, Offered: []quire.Item{other}},
		"pinned":             {Head: []quire.Item{note("m1", 1, "the first")}, Arrived: []quire.Item{other}},
		"resident":           {State: resident.Next, Arrived: []quire.Item{other}},
		"resident, offered":  {State: resident.Next, Offered: []quire.Item{other}, Arrived: []quire.Item{note("m3", 3, "x")}},
		"of a resident's bo": {State: resident.Next, Arrived: []quire.Item{sender}},
	} {
		plan, err := c.Plan(plain(in))
		assert.Nil(t, plan, name)
		var e *compose.SameIDError
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, quire.MessageID("m1"), e.Message, name)
		assert.ElementsMatch(t, []quire.UID{1, 2}, e.UIDs[:], name)
		assert.Contains(t, err.Error(), `have one message id, "m1", and different content: give each`, name)
		_, err = c.Quote(plain(in), quire.Text{Text: "x"})
		require.ErrorAs(t, err, &e, name)
	}
	_, err = c.Plan(plain(compose.Input{Arrived: []quire.Item{note("m1", 1, "the first"), note("m1", 2, "the first")}}))
	require.NoError(t, err, "the same twice")
	body := func(quire.MessageID) (quire.Item, bool) { return note("m1", 1, "the first"), true }
	_, err = c.Plan(plain(compose.Input{State: resident.Next, Arrived: []quire.Item{note("m1", 1, "the first"), note("m2", 2, "x")}, Body: body}))
	require.NoError(t, err, "what stands already")
}

// TestIDsAreCheckedAnywhere: among messages with ids of their own there is no error, and
// after one id is given to another message there is.
func TestIDsAreCheckedAnywhere(rt *testing.T) {
	rapid.Check(rt, func(t *rapid.T) {
		var in compose.Input
		for i := range rapid.IntRange(2, 20).Draw(t, "messages") {
			in.Arrived = append(in.Arrived, note(quire.MessageID(rapid.StringN(0, 3, 9).Draw(t, "id")+string(rune('a'+i))), quire.UID(i+1), string(rune('A'+i))))
		}
		c := compose.New(nil)
		plan, err := c.Plan(plain(in))
		require.NoError(t, err)
		require.NotNil(t, plan)
		two := rapid.Permutation(in.Arrived).Draw(t, "two")
		two[0].ID = two[1].ID
		in.Arrived = two
		_, err = c.Plan(plain(in))
		var e *compose.SameIDError
		require.ErrorAs(t, err, &e)
	})
}

// TestLimitsThatCannotBeMeant: every plan says which limit it is, and what there is.
func TestLimitsThatCannotBeMeant(t *testing.T) {
	in := plain(compose.Input{Arrived: []quire.Item{note("m1", 1, "hello")}})
	good := compose.Limit{Class: policy.ClassPulled, From: "mia", Cap: 900, Floor: 10}
	for want, bad := range map[string]compose.Limit{
		`compose: Options.Limits[1] is of class "recnet": there are "recent", "pulled" and "pinned", and "" for any`: {Class: "recnet", Cap: 900},
		`compose: Options.Limits[1] is of class "Pulled": there are "recent", "pulled" and "pinned", and "" for any`: {Class: "Pulled", Floor: 1},
		"compose: Options.Limits[1] has a floor of 0 and a cap of -1 tokens: neither may be negative; 0 is none":     {Cap: -1},
		"compose: Options.Limits[1] has a floor of -9 and a cap of 0 tokens: neither may be negative; 0 is none":     {Floor: -9},
	} {
		c := compose.New(&compose.Options{Limits: []compose.Limit{good, bad}})
		plan, err := c.Plan(in)
		assert.Nil(t, plan)
		require.EqualError(t, err, want)
		var e *compose.BadLimitError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, bad, e.Limit)
		_, err = c.Quote(in, quire.Text{Text: "x"})
		require.EqualError(t, err, want)
	}
	for _, class := range []policy.Class{"", policy.ClassRecent, policy.ClassPulled, policy.ClassPinned} {
		_, err := compose.New(&compose.Options{Limits: []compose.Limit{{Class: class, Cap: 900}, good}}).Plan(in)
		require.NoError(t, err, class)
	}
}
