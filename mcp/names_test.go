package mcp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	long := strings.Repeat("long", 30)
	got := named("s", []string{"a.b", "a_b", "a/b", "ok", long, "", "ä", "a.b"})
	assert.Equal(t, "s__a_b", got["a_b"], "what can stand stands")
	assert.Equal(t, "s__ok", got["ok"])
	assert.Equal(t, "s__a_b_2e7336dc", got["a.b"])
	assert.Equal(t, "s__", got["ä"][:3])
	assert.Len(t, got[long], 64)
	assert.Len(t, got, 7)
}

// Each tool has one name, which vendors take, which no other tool of any server has, and
// which the order of the list has no say in.
func TestNamesAreApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tool := rapid.StringMatching(`[a-b_.é]{0,4}|[a._]{40,80}`)
		servers := map[string]bool{}
		for _, s := range rapid.SliceOfN(rapid.StringMatching(`[ab]([ab_-]?[ab])?`), 1, 3).Draw(t, "servers") {
			servers[s] = true
		}
		seen := map[string]bool{}
		for s := range servers {
			tools := rapid.SliceOfDistinct(tool, rapid.ID).Draw(t, "tools")
			got := named(s, tools)
			assert.Len(t, got, len(tools))
			for _, name := range got {
				assert.Regexp(t, `^[a-zA-Z0-9_-]{1,64}$`, name)
				assert.False(t, seen[name], "%q is given twice", name)
				seen[name] = true
			}
			assert.Equal(t, got, named(s, rapid.Permutation(tools).Draw(t, "order")))
		}
	})
}
