package recall

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/bench/internal/report"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

const usage = `bench recall asks labelled questions about long conversations, and says how often
all that an answer needs stands in the prompt.

  go run ./bench recall -data FILE… [-fitted N] [-methods quire,in-part,newest,fts5] [-json]

A file is JSON in the shape of LoCoMo's, as it is or compressed with gzip:
conversations in sessions, and questions with the ids of the turns that hold the
evidence. A session without a date is taken to be a day after the one before. Each turn becomes a message in a mailbox,
each session a thread. A question comes after the whole conversation; a prompt is
composed with what is found for it, of at most the budget; the question counts when
each message of its evidence is on it. Questions without evidence that exists are
left out; those of category 5 (adversarial) are not in "no-adversarial".

Methods:
  quire    recall.Recaller, offered to compose
  in-part  the same, but of a message of more than 150 tokens the passage that answers is
           shown: what is on the sheet in part counts, too
  newest   the newest messages, until the budget is full
  fts5     SQLite's full-text search, best first, until the budget is full

"held-out" are the conversations behind the first N of each file: quire's weights were
fitted to the first three of LoCoMo, six of BEAM's and two of MemDaily's. Beside each
share stands how far off it may be: half of the interval that holds it in 95 of 100 cases.

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is measured.
type Options struct {
	Files   []string
	JSON    bool
	Methods []string // which are asked
	Fitted  int      // conversations of each file that are not held out
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("recall", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a row")
	f.IntVar(&o.Fitted, "fitted", 3, "how many `conversations` of each file the weights were fitted to")
	methods := f.String("methods", "quire,in-part,newest,fts5", "which are asked, joined by commas")
	f.Func("data", "a `file`; more may follow it", func(s string) error {
		o.Files = append(o.Files, s)
		return nil
	})
	for len(args) > 0 { // flags may stand behind files
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errFlags
		}
		args = f.Args()
		if len(args) > 0 {
			o.Files, args = append(o.Files, args[0]), args[1:]
		}
	}
	o.Methods = strings.Split(*methods, ",")
	for _, m := range o.Methods {
		if _, ok := order[m]; !ok {
			fmt.Fprintf(stderr, "bench recall: -methods %q: there are quire, in-part, newest and fts5\n", m)
			return nil, errFlags
		}
	}
	if len(o.Files) == 0 {
		fmt.Fprintln(stderr, "bench recall: no -data; see bench recall -help")
		return nil, errFlags
	}
	return o, nil
}

var (
	budgets = []int{1000, 2000, 4000, 8000, 16_000, 32_000}
	depths  = []int{5, 10, 25, 50}
)

// timed is the budget for which finding is timed, with the writing of the sheet.
const timed = 4000

// Run measures and prints.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) error {
	progress := report.NewProgress(stderr)
	defer progress.Clear()
	for _, file := range o.Files {
		samples, err := load(file)
		if err != nil {
			return err
		}
		t := table{file: filepath.Base(file), methods: o.Methods, fitted: o.Fitted, cells: map[key]*cell{}}
		for i := range samples {
			if err := t.sample(ctx, &samples[i], func(done, of int) {
				progress.Say("%s, conversation %d of %d: question %d of %d", t.file, i+1, len(samples), done, of)
			}); err != nil {
				return err
			}
		}
		progress.Clear()
		if err := t.print(stdout, o.JSON); err != nil {
			return err
		}
	}
	return nil
}

// sample asks all questions of one conversation, by each method.
func (t *table) sample(ctx context.Context, s *sample, progress func(done, of int)) error {
	lines := counter{}
	quire, err := newOurs(ctx, s, lines)
	if err != nil {
		return err
	}
	defer quire.store.Close()
	full, closeDB, err := fts5(ctx, s, lines)
	if err != nil {
		return err
	}
	defer closeDB()
	n, err := strconv.Atoi(s.name)
	if err != nil {
		return err
	}
	samples := []string{s.name, "*"}
	if n > t.fitted {
		samples = append(samples, "held-out")
	}
	for k, q := range s.questions {
		progress(k, len(s.questions))
		for _, m := range []method{quire, &ours{quire.store, quire.found, inPart}, newest(s, lines), full} {
			if !slices.Contains(t.methods, m.name()) {
				continue
			}
			if err := t.ask(ctx, m, samples, &q); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *table) ask(ctx context.Context, m method, samples []string, q *question) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	begun := time.Now()
	order, err := m.ranked(ctx, q.text)
	if err != nil {
		return err
	}
	t.took(m.name(), time.Since(begun))
	for _, k := range depths {
		t.add(m.name(), samples, q, 0, k, order[:min(k, len(order))])
	}
	for _, b := range budgets {
		begun := time.Now()
		sheet, on, err := m.find(ctx, q.text, b-frame)
		if err != nil {
			return err
		}
		if b == timed {
			t.took(m.name()+" sheet", time.Since(begun))
		}
		if on, err = composed(q.text, sheet, on, b); err != nil {
			return err
		}
		t.add(m.name(), samples, q, b, 0, on)
	}
	return nil
}

// frame is what a prompt's message takes beside the sheet: its header and fence.
const frame = 60

// composed makes the prompt of the question with what was found, and returns what of
// it stands there: all of the sheet, or, if that takes more than the budget, nothing.
func composed(q, sheet string, on []int, budget int) ([]int, error) {
	if sheet == "" {
		return nil, nil
	}
	model := models.FindOver(quire.APIOpenAIChat, "gpt-5")
	item := func(uid quire.UID, text string) quire.Item {
		it := quire.Item{Delivery: quire.Delivery{UID: uid}}
		it.ID, it.From, it.Kind, it.Parts = quire.MessageID(fmt.Sprint("m", uid)), "mia", quire.KindMail, []quire.Part{quire.Text{Text: text}}
		return it
	}
	plan, err := compose.New(&compose.Options{Counter: tiktoken.O200k(), Framing: model.Framing}).Plan(compose.Input{
		Offered: []quire.Item{item(1, sheet)}, Arrived: []quire.Item{item(2, q)}, Budget: 16*budget + 4000,
		Model: model,
	})
	if err != nil {
		return nil, err
	}
	for _, d := range plan.Decisions() {
		if d.UID == 1 && d.Fate == compose.FateIn && d.Tokens <= budget {
			return on, nil
		}
	}
	return nil, nil
}

// key is what a figure is about.
type key struct {
	sample, category, method string
	budget, depth            int
}

// cell is a figure being summed up.
type cell struct {
	n, all int
	share  float64
}

type table struct {
	file    string
	fitted  int
	methods []string
	cells   map[key]*cell
	times   map[string][]time.Duration
}

func (t *table) took(method string, d time.Duration) {
	if t.times == nil {
		t.times = map[string][]time.Duration{}
	}
	t.times[method] = append(t.times[method], d)
}

// add counts what of a question's evidence was found.
func (t *table) add(method string, samples []string, q *question, budget, depth int, found []int) {
	hit := 0
	for _, e := range q.evidence {
		if slices.Contains(found, e) {
			hit++
		}
	}
	categories := []string{q.category, "*"}
	if q.category != "5" {
		categories = append(categories, "no-adversarial")
	}
	for _, s := range samples {
		for _, c := range categories {
			k := key{s, c, method, budget, depth}
			if t.cells[k] == nil {
				t.cells[k] = &cell{}
			}
			v := t.cells[k]
			v.n++
			v.share += float64(hit) / float64(len(q.evidence))
			if hit == len(q.evidence) {
				v.all++
			}
		}
	}
}
