package work

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

// What a transport composes is worth what the whole list is, while all of it fits; and in a
// small room it keeps to the budget, in either format.
func TestALoopThatAdopted(t *testing.T) {
	for _, api := range []quire.API{quire.APIOpenAIChat, quire.APIAnthropic} {
		spec := Families()[0]
		run := func(name string, budget int) Row {
			s, ok := strategyOf(name)
			require.True(t, ok)
			c := Cell{Spec: spec, Strategy: s, Seed: 3, Jobs: 10, Setting: Setting{Budget: budget, API: api, Careful: true}}
			row, err := c.Run(t.Context())
			require.NoError(t, err)
			return row
		}
		whole := run("slide-bare", Unlimited)
		assert.Equal(t, 10, whole.Right)
		free := run("adopt", Unlimited)
		assert.Equal(t, whole.Right, free.Right)
		assert.InEpsilon(t, whole.Tokens, free.Tokens, 0.001, "nothing leaves, and nothing is added: messages of one role that follow each other are one")
		small := run("adopt", 4000)
		assert.Equal(t, 10, small.Jobs)
		assert.Less(t, small.Tokens, whole.Tokens)
		assert.Zero(t, small.Wrong, "what is not shown is not known")
	}
}
