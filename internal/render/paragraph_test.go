package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/render"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

// It is sent with every call.
func TestSystemParagraphIsShort(t *testing.T) {
	n := tiktoken.O200k().CountText(render.SystemParagraph)
	t.Logf("%d tokens of o200k_base", n)
	assert.LessOrEqual(t, n, 240)
	for _, tool := range []string{"context_pull", "context_drop", "mail_find"} {
		assert.Contains(t, render.SystemParagraph, tool)
	}
	// It quotes the forms as they are.
	assert.Contains(t, render.Stub(1, "x"), "body left")
	assert.True(t, strings.HasPrefix(render.Tombstone(&resident.Tombstone{First: 12, Last: 57}), "[#12–#57 left: "))
	assert.True(t, strings.HasPrefix(render.Notice(&quire.Notice{Pending: 1}, 0, nil), "<<notice>>"))
	assert.Contains(t, render.SystemParagraph, "[#12–#57 left: ")
	assert.Contains(t, render.SystemParagraph, `"body left"`)
}
