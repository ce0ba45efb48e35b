package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/providers"
	"github.com/quire-dev/quire/providers/modeltest"
)

// talk runs the program in this process, with lines as input.
func talk(t *testing.T, want int, lines string, width int, args ...string) (stdout, stderr string) {
	t.Helper()
	return talkWith(t, want, strings.NewReader(lines), width, nil, args...)
}

func talkWith(t *testing.T, want int, in io.Reader, width int, env map[string]string, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code := run(t.Context(), args, terminal{in: in, out: &out, err: &err, width: width, env: func(k string) string { return env[k] }})
	require.Equal(t, want, code, "%s\n%s", out.String(), err.String())
	return out.String(), err.String()
}

func TestHelpTeaches(t *testing.T) {
	out, errs := talk(t, 0, "", 0, "-help")
	assert.Empty(t, errs)
	for _, k := range kinds() {
		assert.Contains(t, out, "  "+k.name+" ")
		assert.Contains(t, out, k.key)
	}
	for _, c := range commands() {
		assert.Contains(t, out, "  /"+c.name)
	}
	assert.Contains(t, out, "-budget tokens")
	assert.NotContains(t, out, "%!")
}

func TestWrongStarts(t *testing.T) {
	for args, want := range map[string]string{
		"-nonsense":                           "flag provided but not defined",
		"-budget 0":                           "-budget must be positive",
		"word":                                `unexpected argument "word"`,
		"-me ada":                             "ada is the agent",
		"-model nobody:x":                     "chat: -model nobody:x: no such kind; there are scripted, ",
		"-model langchain-openai":             "which model? Write langchain-openai:NAME",
		"-model langchain-openai:gpt-5-mini":  "chat: langchain-openai needs a key: set OPENAI_API_KEY, or try -model ollama:NAME or -model scripted, which need none\n",
		"-model langchain-anthropic:claude-x": "set ANTHROPIC_API_KEY, or try",
		"-file /no/such/folder/x.db":          "chat: ",
	} {
		_, errs := talk(t, 2, "Hello\n", 0, strings.Fields(args)...)
		assert.Contains(t, errs, want, args)
	}
}

// TestAConversation: with the working set below each answer, and what the commands do
// to it.
func TestAConversation(t *testing.T) {
	out, errs := talk(t, 0, `Hello there
tell me 30 things
ask me something
red
find thing
/drop 3
/drop 3
/pin 1
/drop 1
/pin 999
/set
/pull 3
/find blue
/plan
/pull 999
/pin x
/bogus
/help
last words`, 0, "-budget", "3000")
	assert.Empty(t, errs)
	for _, want := range []string{
		"ada: Hello. I only pretend to be a model.",
		"30. Thing number 30",
		"ada asks: Shall I use the red one or the blue one?\n  (red or blue, by ",
		"else blue; your next line is the answer)",
		"ada: You wrote: red",
		"  [mail_find {\"words\":\"thing\"}]\nada: I looked. Nothing but what stands above: #",
		"(#3 is let go; it leaves when that is worth its price)",
		"(#1 is pinned: /pin 1 off first)",
		"(#999 does not stand in the context; /pull 999 brings it back)",
		"[context_pull {\"uids\":[3]}]\nada: I looked. #3 is above.",
		"(there is no #999 in ada's mailbox)",
		"(/pin N [off]: it wants the number of a message, such as 12)",
		"(there is no /bogus; /help lists what there is)",
		"  /pull N         ask the agent",
		"ada: You wrote: last words",
	} {
		assert.Contains(t, out, want)
	}
	for _, want := range []string{ // tokens depend on the codes of fences, which are random
		`context   1,1\d\d of 3,000 tokens \[######\.{10}\] 0 kept\n`,
		`  #1 you      recent       \d\d 0 calls   Hello there\n`,
		`cache     read 1,1\d\d, written \d+ \(predicted\)\n`,
		`\(#1 stays\)`,
		`  #1 you      pinned       \d\d `,
		`  #3 you      dropped      \d\d `,
		`  in      #1     mail          \d\d  pinned\n`,
		`(?m)^  #\d+ ada      in the context  \d+  .*red one or the`,
	} {
		assert.Regexp(t, want, out)
	}
	assert.NotContains(t, out, "mail from ada", "what was heard is not shown again")
	assert.NotContains(t, out, "you> ", "nobody types")
	assert.NotRegexp(t, `(?m) $`, out)
}

// TestBesideOnAWideTerminal: each line of the answer with a line of what the model saw
// for it, and the text whole in the left column.
func TestBesideOnAWideTerminal(t *testing.T) {
	out, _ := talk(t, 0, "Hello\ntell me 9 things\n", 140)
	_, out, _ = strings.Cut(out, "cost ")
	var left, right []string
	for line := range strings.Lines(out) {
		l, r, ok := strings.Cut(strings.TrimRight(line, "\n"), gutter)
		if ok {
			assert.Equal(t, 70, width(l), line)
			assert.LessOrEqual(t, width(r), 67, line)
			right = append(right, strings.TrimSpace(r))
		} else {
			assert.LessOrEqual(t, width(line), 70, line)
		}
		left = append(left, l)
	}
	assert.Contains(t, strings.Join(strings.Fields(strings.Join(left, " ")), " "), "ada: Here are 9 things. 1. Thing number 1 is thing_9e377, which was made on a day when nothing else happened. 2. Thing")
	require.Len(t, right, 7)
	assert.Contains(t, right[0], "of 8,000 tokens")
	assert.Contains(t, right[1], "system and tools")
	assert.Contains(t, right[2], "#1 you      recent")
	assert.Contains(t, right[4], "#3 you      recent")
	assert.Contains(t, right[5], "cache ")
	assert.Contains(t, right[6], "cost ")
}

func TestQuittingAndStartingAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mail.db")
	out, _ := talk(t, 0, "Hello\nask me something\n/quit\nnever read\n", 0, "-file", file)
	assert.Contains(t, out, "ada asks:")
	assert.NotContains(t, out, "never read")
	out, _ = talk(t, 0, "the red one\n/find hello\n", 0, "-file", file)
	assert.Contains(t, out, "(ada goes on after 3 model calls; /set shows what stands in the context)\nada asks: Shall I use")
	assert.Contains(t, out, "ada: You wrote: the red one")
	assert.Contains(t, out, "#1 you      in the context")
	assert.Contains(t, out, "Re: Which one? the red one", "it is the answer to what was asked before")
}

// TestASmallContext: what does not fit leaves, and is said to have left.
func TestASmallContext(t *testing.T) {
	var lines strings.Builder
	for i := range 12 {
		fmt.Fprintf(&lines, "tell me %d things\n", 20+i)
	}
	out, _ := talk(t, 0, lines.String()+"/set\n", 0, "-budget", "2000")
	assert.Regexp(t, `(?m)^  a line  .* for #\d+ to #\d+, which left: \d+ messages?$`, out)
	for _, m := range regexp.MustCompile(`context   ([\d,]+) of 2,000`).FindAllStringSubmatch(out, -1) {
		assert.LessOrEqual(t, len(m[1]), 5)
		if len(m[1]) == 5 {
			assert.LessOrEqual(t, m[1], "2,000")
		}
	}
}

// TestTheSetAddsUp: the lines below an answer, and those of /set, are all that the prompt
// takes: in a new conversation and in one that goes on, with messages that left, and with
// more than are shown.
func TestTheSetAddsUp(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mail.db")
	long := strings.Repeat("tell me 30 things\n", 12)
	small, _ := talk(t, 0, long+"/drop 3\n/pin 1\n/set\n", 0, "-budget", "2000")
	assert.Contains(t, small, "  a line ")
	large, _ := talk(t, 0, strings.Repeat("Hello\n", 12)+"/set\n", 0, "-budget", "9000", "-file", file)
	assert.Regexp(t, `(?m)^… \d+ above +[1-9]`, large)
	again, _ := talk(t, 0, "/set\nHello\n/set\n", 0, "-budget", "9000", "-file", file)
	fixed := map[string]bool{}
	blocks := 0
	for _, out := range []string{small, large, again} {
		for _, m := range regexp.MustCompile(`(?m)^  system and tools +([\d,]+) .*\n`).FindAllStringSubmatchIndex(out, -1) {
			said := tokensOf(t, out[m[2]:m[3]])
			fixed[out[m[2]:m[3]]] = true
			total := -1
			if above := regexp.MustCompile(`context +([\d,]+) of .*\n$`).FindStringSubmatch(out[:m[0]]); above != nil {
				total = tokensOf(t, above[1])
			}
			for line := range strings.Lines(out[m[1]:]) {
				if in := regexp.MustCompile(`^  in all +([\d,]+) +of [29],000 tokens\n$`).FindStringSubmatch(line); in != nil {
					total = tokensOf(t, in[1])
					break
				}
				if strings.HasPrefix(line, "cache ") {
					break
				}
				said += tokensOf(t, strings.TrimSpace(string([]rune(line)[23:29])))
			}
			assert.Equal(t, total, said, out[m[0]:])
			blocks++
		}
	}
	assert.Greater(t, blocks, 20)
	assert.Len(t, fixed, 1, "system and tools are the same in every call")
}

// TestWhatIsNotMessages: the notice is apart from system and tools.
func TestWhatIsNotMessages(t *testing.T) {
	set := []compose.Standing{{Tokens: 10}, {Tokens: 5, Fate: compose.FateOut}, {Tokens: 30}, {Tokens: 1}}
	r := compose.Receipt{Used: 100, Budget: 300, Notice: 20}
	assert.Equal(t, takes{used: 100, budget: 300, fixed: 34, notice: 20}, takesOf(&r, set))
}

func tokensOf(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
	require.NoError(t, err, s)
	return n
}

// TestAModelOnAServer: through an adapter, with usage as reported, a price, tools and
// what goes wrong.
func TestAModelOnAServer(t *testing.T) {
	found := modeltest.Call(quire.ToolCall{ID: "c1", Name: "mail_find", Args: `{"words":"tea"}`})
	good := modeltest.Say("Two cups.")
	good.Reply.Usage = quire.Usage{Input: 1500, CachedInput: 1024, Output: 20}
	srv := modeltest.NewServer(t, quire.APIOpenAIChat, modeltest.Script{found, good, {Fail: providers.CodeInvalid}, {Fail: providers.CodeInvalid}, {Fail: providers.CodeInvalid}, {Fail: providers.CodeAuth}, modeltest.Say("Back.")})
	srv.Tolerate = true
	out, _ := talkWith(t, 0, strings.NewReader("How much tea?\nAnd now?\nHello?\n/again\n/again\n"), 0, map[string]string{"OPENAI_API_KEY": "sk"},
		"-model", "langchain-openai:gpt-5.1", "-base-url", srv.URL+"/v1")
	for _, want := range []string{
		"  [mail_find {\"words\":\"tea\"}]\nada: Two cups.\n",
		"cache     read 1,024, written 0 (reported)\n",
		"(no answer: ",
		"ada: Back.",
	} {
		assert.Contains(t, out, want)
	}
	assert.Regexp(t, `\(ada notes: Model unavailable: ada can't reach its model since .*openai: invalid`, out)
	assert.Regexp(t, `(?m)^cost      \$0\.00\d+ for 2 calls, \$0\.00\d+ so far$`, out)
}

// TestNoAnswerIsAFailure: where nobody types, whoever started the program learns by its
// status that the last line got no answer; a person has read it.
func TestNoAnswerIsAFailure(t *testing.T) {
	srv := modeltest.NewServer(t, quire.APIOllama, nil)
	srv.Close() // nobody listens
	args := []string{"-model", "ollama:x", "-base-url", srv.URL}
	out, errs := talk(t, 1, "hi\n", 0, args...)
	assert.Contains(t, out, "(no answer: ollama: unavailable: no server at "+srv.URL)
	assert.Equal(t, 1, strings.Count(errs, "\n"))
	assert.Contains(t, errs, "chat: the last line got no answer: ollama: unavailable: no server at "+srv.URL)
	_, errs = talk(t, 1, "hi\n/set\n", 0, args...)
	assert.Contains(t, errs, "no answer", "a command is none")
	var typed, said bytes.Buffer
	assert.Zero(t, run(t.Context(), args, terminal{in: strings.NewReader("hi\n"), out: &typed, err: &said, typed: true, env: func(string) string { return "" }}))
	assert.Empty(t, said.String())
}

// TestStopped: a call that is stopped leaves the mail where it is.
func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	srv := modeltest.NewServer(t, quire.APIOpenAIChat, modeltest.Script{{Hang: true}})
	var out bytes.Buffer
	go func() {
		for len(srv.Requests()) == 0 {
			select {
			case <-ctx.Done():
				return
			default:
			}
		}
		cancel()
	}()
	code := run(ctx, []string{"-model", "langchain-openai:m", "-base-url", srv.URL + "/v1"},
		terminal{in: strings.NewReader("Hello\n"), out: &out, err: os.Stderr, env: func(string) string { return "" }})
	assert.Equal(t, 0, code)
	assert.Contains(t, out.String(), "(stopped; what was not answered waits")
}

func TestAPersonIsAskedForLines(t *testing.T) {
	var out bytes.Buffer
	require.Zero(t, run(t.Context(), []string{"-me", "mia"}, terminal{in: strings.NewReader("Hello\n"), out: &out, err: os.Stderr, width: 90, typed: true, env: os.Getenv}))
	assert.True(t, strings.HasPrefix(out.String(), "(you write to ada, who is scripted; /help says what else you can do)\nmia> "))
	assert.True(t, strings.HasSuffix(out.String(), "mia> "))
}

// TestEveryKind talks to a local server in the format of each kind, without a key of
// the environment.
func TestEveryKind(t *testing.T) {
	served := map[string]struct {
		api  quire.API
		path string
	}{
		"openai": {quire.APIOpenAIResponses, "/v1"}, "openai-chat": {quire.APIOpenAIChat, "/v1"}, "anthropic": {quire.APIAnthropic, ""},
		"gemini": {quire.APIGemini, ""}, "ollama": {quire.APIOllama, ""}, "langchain-openai": {quire.APIOpenAIChat, "/v1"},
		"langchain-anthropic": {quire.APIAnthropic, "/v1"}, "langchain-ollama": {quire.APIOllama, ""},
	}
	for _, k := range kinds() {
		if k.name == "scripted" {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			s, ok := served[k.name]
			require.True(t, ok, "say which format it speaks")
			call := modeltest.Call(quire.ToolCall{ID: "call_1", Name: "mail_find", Args: `{"words":"tea"}`})
			srv := modeltest.NewServer(t, s.api, modeltest.Script{call, modeltest.Say("Two cups.")})
			out, errs := talk(t, 0, "How much tea?\n", 0, "-model", k.name+":some-model", "-base-url", srv.URL+s.path)
			assert.Empty(t, errs)
			assert.Contains(t, out, "  [mail_find {\"words\":\"tea\"}]\nada: Two cups.\n")
			assert.Contains(t, out, "context ")
		})
	}
}
