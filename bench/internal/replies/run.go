package replies

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/quire-dev/quire/bench/internal/report"
)

const usage = `bench replies compares what package wire makes of recorded answers of providers with
what a small decoder of its own makes of them.

  go run ./bench replies -data DIR [-show N] [-lost N] [-json]

DIR holds what projects keep of providers' answers for their tests: cassettes of VCR,
go-vcr and pytest-recording, traces of httprr, server-sent events, JSON lines, JSON. Every
file below it is read; each body counts once. What is no reply of a model (embeddings,
pages, other formats) is left out and counted.

  whole, streams  replies of that kind
  same            text, calls, reasoning, other blocks, stop reason and usage are the same
  differs         one of them is not; fails: package wire gives an error
  refusals        answers with status 400 and above; same: the code fits the status

Flags:
`

// errFlags says that the command line was wrong; what is wrong was printed.
var errFlags = errors.New("flags")

// Options say what is measured.
type Options struct {
	Dir  string
	Show int
	Lost int
	JSON bool
}

// Parse reads the command line. Its error is flag.ErrHelp, or says that what is wrong was printed.
func Parse(args []string, stderr io.Writer) (*Options, error) {
	o := &Options{}
	f := flag.NewFlagSet("replies", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.Usage = func() {
		fmt.Fprint(stderr, usage)
		f.PrintDefaults()
	}
	f.StringVar(&o.Dir, "data", "", "the `folder` of recorded answers")
	f.IntVar(&o.Show, "show", 0, "show the first `N` that differ or fail, with their files")
	f.IntVar(&o.Lost, "lost", 0, "show the `N` fields whose values are most often in no part of the reply")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a row")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil, err
	case err != nil:
		return nil, errFlags
	case o.Dir == "" || f.NArg() > 0:
		fmt.Fprintln(stderr, "bench replies: want -data DIR and nothing else; see bench replies -help")
		return nil, errFlags
	}
	return o, nil
}

// Row is what became of the answers of one vendor in one format.
type Row struct {
	Vendor  string `json:"vendor"`
	Format  string `json:"format"` // "refusals" for those
	Whole   int    `json:"whole"`
	Streams int    `json:"streams"`
	Same    int    `json:"same"`
	Differs int    `json:"differs"`
	Fails   int    `json:"fails"`
	// Fields says how many differ in which field.
	Fields map[string]int `json:"fields,omitempty"`
}

// tally is all that was read.
type tally struct {
	rows   map[[2]string]*Row
	shown  int
	out    int // left out: no replies
	broken int // files that can't be read
	seen   map[[32]byte]bool
	lost   lost
}

// Run measures and prints. ok is false when a reply failed.
func Run(ctx context.Context, o *Options, stdout, stderr io.Writer) (ok bool, err error) {
	t := &tally{rows: map[[2]string]*Row{}, seen: map[[32]byte]bool{}, lost: lost{}}
	err = filepath.WalkDir(o.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(o.Dir, path)
		if err != nil {
			return err
		}
		found, err := recordings(rel, data)
		if err != nil {
			t.broken++
			if o.Show > 0 {
				fmt.Fprintf(stderr, "unreadable %s: %.200v\n", rel, err)
			}
			return nil
		}
		for i := range found {
			found[i].file = filepath.ToSlash(rel)
			t.add(o, &found[i], stderr)
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("replies: %w", err)
	}
	if len(t.rows) == 0 {
		return false, fmt.Errorf("replies: no recorded answer below %s", o.Dir)
	}
	return t.print(o, stdout)
}

func (t *tally) add(o *Options, r *recording, stderr io.Writer) {
	sum := sha256.Sum256(r.body)
	if t.seen[sum] || len(r.body) == 0 {
		return
	}
	t.seen[sum] = true
	v, ok := judge(r)
	if !ok {
		t.out++
		return
	}
	if o.Lost > 0 && v.outcome == same && v.api != "" {
		t.lost.add(r, v)
	}
	format := string(v.api)
	if v.api == "" {
		v.vendor, format = "every vendor", "refusals"
	}
	row := t.rows[[2]string{v.vendor, format}]
	if row == nil {
		row = &Row{Vendor: v.vendor, Format: format, Fields: map[string]int{}}
		t.rows[[2]string{v.vendor, format}] = row
	}
	if v.stream {
		row.Streams++
	} else {
		row.Whole++
	}
	switch v.outcome {
	case same:
		row.Same++
		return
	case differs:
		row.Differs++
		row.Fields[v.field]++
	case fails:
		row.Fails++
	}
	if t.shown++; t.shown <= o.Show {
		fmt.Fprintf(stderr, "%s %s (%s, %s) %s\n  wire  %.400q\n  plain %.400q\n", v.outcome, v.field, v.vendor, format, r.file, v.ours, v.theirs)
	}
}

func (t *tally) print(o *Options, w io.Writer) (ok bool, err error) {
	var rows []*Row
	sum := Row{Vendor: "all", Fields: map[string]int{}}
	for _, r := range t.rows {
		rows = append(rows, r)
		sum.Whole, sum.Streams, sum.Same = sum.Whole+r.Whole, sum.Streams+r.Streams, sum.Same+r.Same
		sum.Differs, sum.Fails = sum.Differs+r.Differs, sum.Fails+r.Fails
		for k, n := range r.Fields {
			sum.Fields[k] += n
		}
	}
	slices.SortFunc(rows, func(a, b *Row) int {
		return cmp.Or(strings.Compare(a.Vendor, b.Vendor), strings.Compare(a.Format, b.Format))
	})
	if !o.JSON {
		fmt.Fprintln(w, "| vendor | format | whole | streams | same | differs | fails |\n|---|---|---:|---:|---:|---:|---:|")
	}
	for _, r := range append(rows, &sum) {
		if o.JSON {
			err = report.JSON(w, r)
		} else {
			_, err = fmt.Fprintf(w, "| %s | %s | %d | %d | %d | %s | %d |\n", r.Vendor, r.Format, r.Whole, r.Streams, r.Same, r.differing(), r.Fails)
		}
		if err != nil {
			return false, err
		}
	}
	if !o.JSON {
		fmt.Fprintf(w, "\n%d bodies are no replies in these formats, %d files can't be read.\n", t.out, t.broken)
		t.lost.print(w, o.Lost)
	}
	return sum.Fails == 0, nil
}

// differing is how many differ, and in what.
func (r *Row) differing() string {
	if r.Differs == 0 {
		return "0"
	}
	var in []string
	for k, n := range r.Fields {
		in = append(in, fmt.Sprintf("%s %d", k, n))
	}
	slices.Sort(in)
	return fmt.Sprintf("%d (%s)", r.Differs, strings.Join(in, ", "))
}
