package render

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire"
)

func TestTurn(t *testing.T) {
	it := mail(
		quire.Reasoning{Model: "m-1", Text: "hm", Signature: "s"},
		quire.Reasoning{Model: "m-2", Text: "other"},
		quire.Reasoning{Text: "of nobody"},
		text("[#9 from=me] \xff"), text(" \n"),
		quire.ToolCall{ID: "a", Name: "bash", Args: `{"b":1, "a":12345678901234567890}`, Signature: "g"},
		quire.ToolCall{ID: "b", Name: "ls", Args: "oops"},
		quire.Opaque{Kind: "new", Raw: []byte("{}")},
		quire.Blob{Size: 9, Head: "ab", Tail: "yz"},
	)
	it.UID = 43
	got := Turn(it, []string{"call00001"}, "m-1", whole)
	assert.Equal(t, []quire.Part{
		it.Parts[0], it.Parts[2],
		text("[#9 from=me] \ufffd"),
		quire.ToolCall{ID: "call00001", Name: "bash", Args: `{"b":1, "a":12345678901234567890}`, Signature: "g"},
		it.Parts[6], it.Parts[7],
		text("ab\n[… 5 bytes left out; context_pull #43 shows any range …]\nyz"),
	}, got)
	assert.Equal(t, "a", it.Parts[5].(quire.ToolCall).ID, "what is stored stays")
	assert.Len(t, Turn(it, nil, "", whole), 8, "no model leaves out no reasoning")
	assert.Empty(t, Turn(mail(text("")), nil, "", whole))
}

func TestTurnExcerptSharesItsRoom(t *testing.T) {
	reason := quire.Reasoning{Text: strings.Repeat("r", 900)}
	it := mail(reason, text("short"), text(strings.Repeat("x", 900)), quire.ToolCall{Args: `{"path":"a.go","text":"` + strings.Repeat("y", 900) + `"}`})
	got := Turn(it, nil, "", excerptOf(605))
	assert.Equal(t, []quire.Part{reason, text("short")}, got[:2])
	assert.Equal(t, text(strings.Repeat("x", 199)+"\n[… 602 bytes left out; context_pull #41 shows any range …]\n"+strings.Repeat("x", 99)), got[2])
	args := got[3].(quire.ToolCall).Args
	assert.Regexp(t, `^\{"path":"a.go","text":"y+\[… \d+ bytes left out; context_pull #41 …\]y+"\}$`, args)
	assert.LessOrEqual(t, len(args), 300)
	assert.Greater(t, len(args), 150)
}
