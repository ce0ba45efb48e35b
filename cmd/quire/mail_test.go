package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
)

func TestMailGoesRound(t *testing.T) {
	place(t)
	id := strings.TrimSpace(ok(t, "send", "--box", "mia", "--to", "ada,bo", "--subject", "Release", "Shall", "we ship?"))
	r := do(t, "The diff.\nIt is long.\n", "send", "--box", "mia", "--to", "ada", "--id", "d1", "--", "-")
	require.Zero(t, r.code, r.stderr)

	boxes := inJSON[struct{ Mailboxes []box }](t, "ls").Mailboxes
	require.Len(t, boxes, 2)
	assert.Equal(t, quire.Address("ada"), boxes[0].Address)
	assert.Equal(t, 2, boxes[0].Pending)
	assert.Empty(t, inJSON[struct{ Mailboxes []box }](t, "ls", "--agents").Mailboxes)

	list := inJSON[listed](t, "find", "--box", "ada", "--oldest").Messages
	require.Len(t, list, 2)
	assert.Equal(t, quire.MessageID(id), list[0].ID)
	assert.Equal(t, "Shall we ship?", list[0].Snippet)
	found := inJSON[listed](t, "find", "--box", "ada", "diff").Messages
	require.Len(t, found, 1)
	assert.Equal(t, quire.UID(2), found[0].Number)

	read := inJSON[listed](t, "read", "--box", "ada", "#2", "1", "d1").Messages
	require.Len(t, read, 3)
	assert.Equal(t, "The diff.\nIt is long.", *read[0].Text)
	assert.Equal(t, "Shall we ship?", *read[1].Text)
	assert.Equal(t, read[0], read[2], "a number and an id name the same")

	ok(t, "reply", "--box", "ada", "--done", "1", "Yes.")
	mia := inJSON[listed](t, "read", "--box", "mia", "1").Messages[0]
	assert.Equal(t, "Re: Release", mia.Subject)
	assert.Equal(t, quire.MessageID(id), mia.InReplyTo)
	assert.Equal(t, []string{"handled", "answered"}, inJSON[listed](t, "read", "--box", "ada", "1").Messages[0].Flags)
	ok(t, "done", "--box", "ada", "2")
	assert.Empty(t, inJSON[listed](t, "find", "--box", "ada", "--pending").Messages)
}

func TestTheSameIDIsSentOnce(t *testing.T) {
	place(t)
	args := []string{"send", "--box", "mia", "--to", "ada", "--id", "one", "Hello"}
	assert.False(t, inJSON[struct{ Duplicate bool }](t, args...).Duplicate)
	assert.True(t, inJSON[struct{ Duplicate bool }](t, args...).Duplicate)
	assert.Len(t, inJSON[listed](t, "find", "--box", "ada").Messages, 1)
	args[len(args)-1] = "Other"
	assert.Equal(t, exitFailed, do(t, "", args...).code, "other content under the same id")
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "mia", "--to", "ada", "Hello")
	r := do(t, "", "read", "--box", "ada", "7", "1")
	assert.Equal(t, exitFailed, r.code)
	assert.Contains(t, r.out, "Hello", "the other one is shown")
	assert.Contains(t, r.stderr, "no message 7")
	assert.Equal(t, exitFailed, do(t, "", "done", "--box", "ada", "1", "7").code)
	assert.Len(t, inJSON[listed](t, "find", "--box", "ada", "--pending").Messages, 1, "all or none")
	assert.Equal(t, exitFailed, do(t, "", "reply", "--box", "ada", "7", "Hello").code)
	assert.Equal(t, exitFailed, do(t, "", "find", "--box", "ada", "--thread", "7").code)
}

func TestAQuestionIsAnswered(t *testing.T) {
	place(t)
	ok(t, "send", "--box", "ci", "--to", "mia", "--ask", "--options", "yes, no", "--by", "1d", "--default", "no", "--reversible", "Deploy?")
	q := inJSON[listed](t, "find", "--box", "mia", "--kind", "question").Messages
	require.Len(t, q, 1)
	assert.Equal(t, []string{"yes", "no"}, q[0].Question.Options)
	assert.Equal(t, "no", q[0].Question.Default)
	assert.True(t, q[0].Question.Reversible)
	assert.True(t, q[0].Question.ReplyBy.After(time.Now().Add(23*time.Hour)))
	assert.Contains(t, ok(t, "read", "--box", "mia", "1"), "Asks: yes | no, by ")

	r := do(t, "", "answer", "--box", "mia", "1", "perhaps")
	assert.Equal(t, exitUsage, r.code)
	assert.Contains(t, r.stderr, "yes | no")
	ok(t, "answer", "--box", "mia", "1", "yes")
	a := inJSON[listed](t, "find", "--box", "ci").Messages
	require.Len(t, a, 1)
	assert.Equal(t, quire.KindAnswer, a[0].Kind)
	assert.Equal(t, q[0].ID, a[0].InReplyTo)
	assert.False(t, inJSON[listed](t, "read", "--box", "mia", "1").Messages[0].Pending)

	ok(t, "answer", "--box", "mia", "1", "yes") // again the same: it was sent
	r = do(t, "", "answer", "--box", "mia", "1", "no")
	assert.Equal(t, exitFailed, r.code)
	assert.Contains(t, r.stderr, "--again")
	assert.Len(t, inJSON[listed](t, "find", "--box", "ci").Messages, 1)
	ok(t, "answer", "--box", "mia", "--again", "1", "no")
	assert.Len(t, inJSON[listed](t, "find", "--box", "ci").Messages, 2)

	r = do(t, "", "answer", "--box", "ci", "1", "yes")
	assert.Equal(t, exitFailed, r.code)
	assert.Contains(t, r.stderr, "no question")
	r = do(t, "", "send", "--box", "ci", "--to", "mia", "--ask", "--by", "1d", "--reversible", "Deploy?")
	assert.Equal(t, exitFailed, r.code, "a question that can be undone needs a default")
}

// What mail says is text, whatever it says.
func TestHostileMailDrawsNothing(t *testing.T) {
	place(t)
	hostile := "\x1b[31mred\x1b]0;title\x07 \u202egnp.exe \u009b31m\rover\x00"
	r := do(t, hostile, "send", "--box", "mia", "--to", "ada", "--subject", "\x1b[2J\x1b[H", "--id", "hostile")
	require.Zero(t, r.code, r.stderr)
	for _, args := range [][]string{{"find", "--box", "ada"}, {"read", "--box", "ada", "1"}, {"read", "--box", "ada", "\x1b[31m"}} {
		r := do(t, "", args...)
		for _, c := range "\x1b\x07\x00\r\u202e\u009b" {
			assert.NotContains(t, r.out+r.stderr, string(c), "%v", args)
		}
	}
	assert.Equal(t, hostile, *inJSON[listed](t, "read", "--box", "ada", "1").Messages[0].Text, "JSON has it exactly")
}

func TestTextThatIsNotUTF8IsRefused(t *testing.T) {
	place(t)
	r := do(t, "\xff\xfe", "send", "--box", "mia", "--to", "ada")
	assert.Equal(t, exitUsage, r.code)
	assert.Contains(t, r.stderr, "UTF-8")
}

func TestListsArePaged(t *testing.T) {
	place(t)
	for range 25 {
		ok(t, "send", "--box", "mia", "--to", "ada", "Hello")
	}
	some := inJSON[listed](t, "find", "--box", "ada")
	assert.Len(t, some.Messages, 20)
	assert.True(t, some.More)
	all := inJSON[listed](t, "find", "--box", "ada", "--limit", "0")
	assert.Len(t, all.Messages, 25)
	assert.False(t, all.More)
	assert.Len(t, inJSON[listed](t, "find", "--box", "ada", "--limit", "0", "--threads", "--thread", "3").Messages, 1)
	assert.Empty(t, inJSON[listed](t, "find", "--box", "ada", "--before", "1h").Messages)
	assert.Len(t, inJSON[listed](t, "find", "--box", "ada", "--after", "1h", "--limit", "3").Messages, 3)
}
