package work

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/quire-dev/quire"
)

const usage = `bench work lets a reader do jobs with nothing but its prompt and its tools.

  go run ./bench work [-family F,…] [-budget N,…] [-seed N] [-jobs N] [-strategy S,…]
                      [-recall on|off|both] [-api openai|anthropic] [-world FILE.json] [-json]
                      [-smallest]

The reader is no model: it knows the bytes of one request and the rules in the
documentation of bench/work, makes a few mistakes by its seed, and remembers nothing.
So it says nothing about attention; it says whether what a job needs can be had.

A line tells how many jobs were right, wrong, answered with "unknown", and limited: not
answered at all. Jobs that went wrong by the reader's own mistakes stand apart ("own").
Score is the right ones less twice the wrong ones, of all. Steps and tokens are those of
all calls, over those of the same lives with an unlimited context; of lives of more
than 300 jobs, over those of their first 300, by job. Price is of one job, in thousands
of uncached input tokens.

A baseline's shares of its room may be given: "watermark@25" cuts to a quarter,
"summarise@20/10" to a fifth, with a tenth more for the summary. "-bare" is without tools
that find and show; "session" is a loop over compose.Session, "adopt" one that sends its
whole list over a transport that composes.

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is done.
type Options struct {
	Specs      []Spec
	Budgets    []Budget
	Seed       uint64
	Jobs       int // 0: each family's own
	Strategies []Strategy
	Recall     []bool
	API        quire.API
	JSON       bool
	Smallest   bool // the smallest rooms are looked for, in place of rows
	// Life is the one life that is shown, in place of rows; -1: none. Tail is how many
	// bytes of each request are.
	Life, Tail int
}

// Budget is one in tokens, or as a part, in percent, of what the whole list takes.
type Budget struct {
	Tokens, Share int
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(line []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("work", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
		fmt.Fprint(stderr, "\nFamilies:\n")
		for _, s := range Families() {
			fmt.Fprintf(stderr, "  %-16s %s\n", s.Name, s.About)
		}
	}
	family := f.String("family", "all", "which `families`, with commas between them; all that have at most 300 jobs, or every")
	budget := f.String("budget", "4000", "`tokens` of a prompt, with commas between them; 0 is unlimited; 25% is that part of what\neach life's whole list of messages takes at its end")
	f.Uint64Var(&o.Seed, "seed", 1, "what lives and words are drawn by")
	f.IntVar(&o.Jobs, "jobs", 0, "jobs in a cell; 0 takes what each family says, mostly 300")
	strategy := f.String("strategy", "quire", "which `strategies`, with commas between them, or all")
	recall := f.String("recall", "off", "on, off or both: whether turns begin with what the mailbox holds about their mail")
	api := f.String("api", "openai", "the format of the requests: openai or anthropic")
	world := f.String("world", "", "a `file` with families of your own, as JSON; they take the place of the built-in ones")
	f.BoolVar(&o.JSON, "json", false, "one JSON object a line instead of a table")
	f.BoolVar(&o.Smallest, "smallest", false, "look for the smallest room above system prompt and tools at which 99% of jobs are\nright, in place of rows; 100 jobs a cell if -jobs does not say; -budget counts for nothing")
	f.IntVar(&o.Life, "life", -1, "show what the reader does in this life of each cell, in place of rows")
	f.IntVar(&o.Tail, "tail", 600, "with -life: how many `bytes` of each request are shown, from its end")
	if err := f.Parse(line); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errFlags
	}
	if o.Smallest && o.Jobs == 0 {
		defer func() { o.Jobs = 100 }() // not before the families are chosen: long ones are none of "all"
	}
	wrong := ""
	if f.NArg() > 0 {
		wrong = fmt.Sprintf("what is %q? There are only flags", f.Arg(0))
	}
	for _, err := range []error{o.families(*family, *world), o.budgets(*budget), o.strategies(*strategy), o.others(*recall, *api)} {
		if err != nil && wrong == "" {
			wrong = err.Error()
		}
	}
	if wrong != "" {
		fmt.Fprintf(stderr, "bench work: %s\n", wrong)
		return nil, errFlags
	}
	return o, nil
}

// usual is how many jobs a cell of a family has that stands among all.
const usual = 300

func (o *Options) families(names, file string) error {
	all := Families()
	if file != "" {
		in, err := os.Open(file)
		if err != nil {
			return err
		}
		defer in.Close()
		if all, err = ReadSpecs(in); err != nil {
			return err
		}
	}
	for _, name := range strings.Split(names, ",") {
		found := false
		for _, s := range all {
			if name == s.Name || name == "every" || name == "all" && (s.filled().Jobs <= usual || file != "" || o.Jobs > 0) {
				o.Specs, found = append(o.Specs, s), true
			}
		}
		if !found {
			return fmt.Errorf("-family %q: there is none of that name; -help lists them", name)
		}
	}
	return nil
}

func (o *Options) budgets(list string) error {
	for _, s := range strings.Split(list, ",") {
		number, share := strings.CutSuffix(s, "%")
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || share && (n == 0 || n > 100) {
			return fmt.Errorf("-budget %q: want tokens, as 4000, a part of the whole list, as 25%%, or 0", s)
		}
		switch {
		case share:
			o.Budgets = append(o.Budgets, Budget{Share: n})
		case n == 0:
			o.Budgets = append(o.Budgets, Budget{Tokens: Unlimited})
		default:
			o.Budgets = append(o.Budgets, Budget{Tokens: n})
		}
	}
	return nil
}

func (o *Options) strategies(list string) error {
	all := Strategies()
	if list == "all" {
		o.Strategies = all
		return nil
	}
	for _, name := range strings.Split(list, ",") {
		s, ok := strategyOf(name)
		if !ok {
			var names []string
			for _, s := range all {
				names = append(names, s.Name)
			}
			return fmt.Errorf("-strategy %q: use %s", name, strings.Join(names, ", "))
		}
		o.Strategies = append(o.Strategies, s)
	}
	return nil
}

func (o *Options) others(recall, api string) error {
	switch recall {
	case "on", "off":
		o.Recall = []bool{recall == "on"}
	case "both":
		o.Recall = []bool{false, true}
	default:
		return fmt.Errorf("-recall %q: use on, off or both", recall)
	}
	switch api {
	case "openai":
		o.API = quire.APIOpenAIChat
	case "anthropic":
		o.API = quire.APIAnthropic
	default:
		return fmt.Errorf("-api %q: use openai or anthropic", api)
	}
	if o.Jobs < 0 {
		return fmt.Errorf("-jobs %d: must not be negative", o.Jobs)
	}
	return nil
}
