// Command chat is a conversation with any model in a terminal, with the working set
// of its context shown beside what it says. Run it with -help.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

const help = `chat talks to a model, and shows beside each answer what stands in its context.
You and the agent are addresses with mailboxes. What you type is mail to the agent;
its answer is mail to you. Each model call gets a prompt composed from its mailbox
within -budget tokens: what does not fit leaves the prompt, stays in the mailbox, and
is found and pulled back when it is needed.

  go run ./examples/chat                          a scripted model: no key, no network
  go run ./examples/chat -file mail.db            quit, start it again: it goes on
  go run ./examples/chat -budget 1500             a small context: see what leaves
  go run ./examples/chat -model ollama:qwen3      a model on this machine, without a key
  go run ./examples/chat -model openai:gpt-5-mini
  go run ./examples/chat -model openai-chat:NAME -base-url http://localhost:8000/v1
                                                  vLLM, llama.cpp and others like them
  echo "Hello" | go run ./examples/chat -model anthropic:claude-sonnet-5

Where nobody types, the exit status is 1 when the last line got no answer.

-model is KIND:NAME. The kinds, and the variable that holds the key:

%s
At the prompt:

%s
A line that does not begin with / is mail. If the agent asked you something, it is
your answer. Ctrl-C stops a reply, and ends the program where nothing runs; what was
committed is in the file, and the mail that was not answered waits there.

What stands in the context, a line each; their tokens add up to all that is used:

  system and tools     654           sent with every call
  #12 you     pulled   120  3 calls  the beginning of its text
   │   │        │       │      │
   │   │        │       │      └ since when it has stood there, in model calls
   │   │        │       └ tokens that it takes
   │   │        └ recent, pulled (back), or pinned; or why it is dead and leaves when
   │   │          that is worth its price: dropped, superseded, expired, stale
   │   └ who wrote it
   └ its number in the agent's mailbox, for good

Options:
`

type options struct {
	model, baseURL, engine, file, me, system string
	budget                                   int
}

// terminal is where a run reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	width    int  // columns; 0: nobody looks, print plainly
	typed    bool // lines come from a person, who wants to be asked for them
	env      func(string) string
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], terminal{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, width: columns(os.Stdout, os.Getenv), typed: isTerminal(os.Stdin), env: os.Getenv,
	}))
}

// parse reads the command line; done is set when there is nothing left to do.
func parse(args []string, t terminal) (o options, code int, done bool) {
	f := flag.NewFlagSet("chat", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.model, "model", "scripted", "`KIND:NAME` of the model")
	f.StringVar(&o.baseURL, "base-url", "", "where the model's server is, if not at its usual `place`")
	f.StringVar(&o.engine, "engine", "", "what serves -base-url, to know its cache: "+strings.Join(engines, ", ")+"; without it, "+engines[0]+" for a model that no provider has")
	f.StringVar(&o.file, "file", "", "the mailbox `file`; without one the mail is gone when you quit")
	f.IntVar(&o.budget, "budget", 8000, "`tokens` that a prompt may take")
	f.StringVar(&o.me, "me", "you", "your `address`")
	f.StringVar(&o.system, "system", "You are "+agentName+", a helpful assistant. Answer briefly.", "the agent's own part of the system prompt")
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(t.out, help, kindList(), commandList())
		f.SetOutput(t.out)
		f.PrintDefaults()
		return o, 0, true
	case err == nil && f.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", f.Arg(0))
	case err == nil && o.budget < 1:
		err = errors.New("-budget must be positive")
	case err == nil && o.engine != "" && !slices.Contains(engines, o.engine):
		err = fmt.Errorf("-engine %s: there are %s", o.engine, strings.Join(engines, ", "))
	case err == nil && o.me == agentName:
		err = fmt.Errorf("-me: %s is the agent", agentName)
	}
	if err != nil {
		fmt.Fprintf(t.err, "chat: %v\nTry chat -help.\n", err)
		return o, 2, true
	}
	return o, 0, false
}

// run is the whole program, for tests too. It returns the exit status: 0 when the
// person left, 1 when something failed or the last line of a file or a pipe got no
// answer, 2 when it was started in a way that can't work.
func run(ctx context.Context, args []string, t terminal) int {
	o, code, done := parse(args, t)
	if done {
		return code
	}
	c, err := open(ctx, o, t)
	if err != nil {
		fmt.Fprintf(t.err, "chat: %v\n", strings.TrimPrefix(err.Error(), "chat: "))
		return 2
	}
	err = c.talk(ctx)
	if e := c.store.Close(); err == nil {
		err = e
	}
	if err != nil {
		fmt.Fprintf(t.err, "chat: %v\n", err)
		return 1
	}
	return 0
}
