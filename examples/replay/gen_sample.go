//go:build ignore

// This program writes sample.jsonl, the recording that replay shows when it is
// given no file: an agent that finds and mends a bug in an invented program.
// Nothing in it comes from a real run, and running it again gives the same
// bytes:
//
//	go run gen_sample.go > sample.jsonl
package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/quire-dev/quire/tokenizer/tiktoken"
)

func main() {
	w := newWorld()
	r := &recording{w: w}
	r.add(map[string]any{"role": "system", "content": "You are a careful programmer. You work on the repository of a harbour office with the tools that you are given. Look before you change anything, run the tests after each change, and say at the end what you changed and why."})
	r.add(map[string]any{"role": "user", "content": task})
	for _, s := range script {
		r.step(s)
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	for _, m := range r.messages {
		if err := enc.Encode(m); err != nil {
			panic(err)
		}
	}
}

const task = `Skippers complain that berthing/allocator.go gives a berth to vessels that are longer than it when they stay for more than one night. For one night it refuses them, as it should. Find out why, mend it, and add a test that would have caught it. While you are there: the invoice for such a stay counts the first night twice (see billing/invoice.go), which may have the same cause. Don't change the exported API. The rules are in docs/rules.md.`

// a step of the script: what the agent says, and the call that it makes.
type scene struct{ say, tool, arg, more string }

var script = []scene{
	{"I look at what there is first.", "list_files", "", ""},
	{"The rules say what is right, so they come before the code.", "read_file", "docs/rules.md", ""},
	{"Now the file that the report names.", "read_file", "berthing/allocator.go", ""},
	{"And its test.", "read_file", "berthing/allocator_test.go", ""},
	{"Does it pass as it is?", "run_tests", "berthing", ""},
	{"It passes, so the case isn't covered. Who calls AllocateBerthForStay?", "search", "AllocateBerthForStay", ""},
	{"The desk does. How does it ask?", "read_file", "desk/reception.go", ""},
	{"The length comes from the register.", "read_file", "register/vessel.go", ""},
	{"And the berths from the chart.", "read_file", "chart/berth.go", ""},
	{"Where are nights counted?", "search", "CountNights", ""},
	{"calendar/nights.go it is.", "read_file", "calendar/nights.go", ""},
	{"", "read_file", "calendar/nights_test.go", ""},
	{"The tide matters for the draught, not for the length, but the allocator mixes both.", "read_file", "tide/window.go", ""},
	{"", "search", "FitsBerthLength", ""},
	{"FitsBerthLength is called once for a single night and never for longer stays, as it seems. I look at the history.", "show_history", "berthing/allocator.go", ""},
	{"The split of AllocateBerthForStay lost the check. What did it look like before?", "show_change", "4f1c2e9", ""},
	{"So extendStayByNight takes the berth of the first night without asking again. Before I touch it I want to see the invoice.", "read_file", "billing/invoice.go", ""},
	{"", "read_file", "billing/invoice_test.go", ""},
	{"Where does it take its nights from?", "search", "NightsOfStay", ""},
	{"", "read_file", "billing/tariff.go", ""},
	{"", "read_file", "billing/ledger.go", ""},
	{"The ledger posts what the invoice counted. Does anything else rely on the first night being there twice?", "search", "FirstNight", ""},
	{"", "read_file", "notice/letter.go", ""},
	{"letter.go prints FirstNight only. I write the failing test for the allocator first.", "edit_file", "berthing/allocator_test.go", "TestLongVesselManyNights"},
	{"", "run_tests", "berthing", "TestLongVesselManyNights"},
	{"It fails as expected. Now the fix: extendStayByNight asks FitsBerthLength for every night.", "edit_file", "berthing/allocator.go", "extendStayByNight"},
	{"", "run_tests", "berthing", ""},
	{"Green. The same for the invoice: a test first.", "edit_file", "billing/invoice_test.go", "TestInvoiceCountsFirstNightOnce"},
	{"", "run_tests", "billing", "TestInvoiceCountsFirstNightOnce"},
	{"sumNightsOfStay adds StayPeriod.FirstNight to a range that holds it. calendar/nights.go says that NightsOfStay includes the first night; I read it again to be sure.", "read_file", "calendar/nights.go", ""},
	{"Yes. So the addition goes.", "edit_file", "billing/invoice.go", "sumNightsOfStay"},
	{"", "run_tests", "billing", ""},
	{"Both are green. Now everything.", "run_tests", "all", "desk"},
	{"desk fails: reception_test.go has a fixture with a long vessel for three nights.", "read_file", "desk/reception_test.go", ""},
	{"The fixture relied on the bug: the Albatross is 14.2 m long and pier_west_3 takes 12 m. What larger berths are there?", "search", "LengthLimitMetres", ""},
	{"", "read_file", "chart/pier.go", ""},
	{"pier_north_1 takes 18 m. The fixture moves there.", "edit_file", "desk/reception_test.go", "albatrossFixture"},
	{"", "run_tests", "desk", ""},
	{"", "run_tests", "all", "queue"},
	{"queue fails now, which I didn't expect.", "read_file", "queue/waiting.go", ""},
	{"", "read_file", "queue/waiting_test.go", ""},
	{"The waiting list calls extendStayByNight through promoteWaitingVessel with a berth of its own choice. Is that berth checked?", "search", "promoteWaitingVessel", ""},
	{"", "read_file", "queue/promotion.go", ""},
	{"promoteWaitingVessel hands over the berth that was free longest, whatever its length. It has to ask FitsBerthLength as well. docs/rules.md has a rule about waiting vessels; I read it again.", "read_file", "docs/rules.md", ""},
	{"Rule 7: a waiting vessel gets the first berth that fits, by time of free. So the order stays, the check comes in.", "edit_file", "queue/promotion.go", "promoteWaitingVessel"},
	{"", "run_tests", "queue", ""},
	{"", "edit_file", "queue/waiting_test.go", "TestPromotionSkipsShortBerths"},
	{"", "run_tests", "queue", "TestPromotionSkipsShortBerths"},
	{"The new test found a nil berth when nothing fits.", "read_file", "queue/promotion.go", ""},
	{"", "edit_file", "queue/promotion.go", "nothingFits"},
	{"", "run_tests", "queue", ""},
	{"", "run_tests", "all", ""},
	{"All green. Does the report still compile its statistics the same way?", "read_file", "report/occupancy.go", ""},
	{"occupancyByPier uses CountNights, which I haven't touched. One look at the whole change before I finish.", "show_change", "working", ""},
	{"In berthing/allocator.go the comment above extendStayByNight still tells the old story. I read the place again.", "read_file", "berthing/allocator.go", ""},
	{"", "edit_file", "berthing/allocator.go", "extendStayByNight"},
	{"", "run_tests", "berthing", ""},
	{"The rules page gets a sentence on stays of several nights.", "edit_file", "docs/rules.md", "rule 4"},
	{"", "run_tests", "all", ""},
	{"Done. Since it was split, AllocateBerthForStay checked FitsBerthLength for the first night only; extendStayByNight in berthing/allocator.go asks again for every night now, and so does promoteWaitingVessel in queue/promotion.go, which had the same hole. sumNightsOfStay in billing/invoice.go no longer adds FirstNight to a range that holds it. Four tests are new: TestLongVesselManyNights, TestInvoiceCountsFirstNightOnce, TestPromotionSkipsShortBerths and the moved albatrossFixture. The exported API is as it was.", "", "", ""},
}

// recording collects messages with the usage that a provider would report.
type recording struct {
	w        *world
	messages []map[string]any
	tokens   int
	before   int
	calls    int
}

func (r *recording) add(m map[string]any) {
	b, _ := json.Marshal(m)
	r.tokens += tiktoken.O200k().CountText(string(b))
	r.messages = append(r.messages, m)
}

func (r *recording) step(s scene) {
	cached := r.before / 128 * 128
	if cached < 1024 {
		cached = 0
	}
	prompt := r.tokens
	r.before = prompt
	m := map[string]any{"role": "assistant", "content": s.say}
	id := ""
	if s.tool != "" {
		r.calls++
		id = fmt.Sprintf("call_%02d", r.calls)
		args, _ := json.Marshal(s.args())
		m["tool_calls"] = []any{map[string]any{"id": id, "type": "function",
			"function": map[string]any{"name": s.tool, "arguments": string(args)}}}
	}
	r.add(m)
	m["model"] = "sample-coder-1"
	m["usage"] = map[string]any{"prompt_tokens": prompt, "completion_tokens": r.tokens - prompt,
		"prompt_tokens_details": map[string]any{"cached_tokens": cached}}
	if s.tool != "" {
		r.add(map[string]any{"role": "tool", "tool_call_id": id, "content": r.w.answer(s)})
	}
}

func (s scene) args() map[string]any {
	switch s.tool {
	case "read_file", "show_history":
		return map[string]any{"path": s.arg}
	case "search":
		return map[string]any{"text": s.arg}
	case "run_tests":
		return map[string]any{"package": s.arg}
	case "show_change":
		return map[string]any{"commit": s.arg}
	case "edit_file":
		return map[string]any{"path": s.arg, "where": s.more, "new": change(s.more)}
	}
	return map[string]any{}
}

// change is the text of an edit.
func change(name string) string {
	if strings.HasPrefix(name, "Test") {
		return "func " + name + "(t *testing.T) {\n\tboat := register.Vessel{Name: \"Albatross\", LengthMetres: 14.2}\n\tstay := calendar.StayPeriod{FirstNight: night(3), LastNight: night(6)}\n\tgot, err := officeForTest(t).AllocateBerthForStay(boat, stay)\n\tif err == nil && !chart.FitsBerthLength(got, boat) {\n\t\tt.Fatalf(\"berth %s is too short\", got.Label)\n\t}\n}\n"
	}
	return "// " + name + " asks for every night whether the vessel fits.\nfor night := range stay.NightsOfStay() {\n\tif !chart.FitsBerthLength(berth, vessel) {\n\t\treturn chart.Berth{}, ErrBerthTooShort\n\t}\n\tclaims = append(claims, claimNight(berth, night))\n}\n"
}

// world is the invented repository.
type world struct {
	files map[string][]string
	names []string
	rnd   *rand.Rand
}

var paths = []string{
	"berthing/allocator.go", "berthing/allocator_test.go", "billing/invoice.go", "billing/invoice_test.go",
	"billing/ledger.go", "billing/tariff.go", "calendar/nights.go", "calendar/nights_test.go", "chart/berth.go",
	"chart/pier.go", "desk/reception.go", "desk/reception_test.go", "notice/letter.go", "queue/promotion.go",
	"queue/waiting.go", "queue/waiting_test.go", "register/vessel.go", "report/occupancy.go", "tide/window.go",
}

var (
	verbs   = strings.Fields("find count assign release measure confirm renew cancel compare collect settle announce")
	nouns   = strings.Fields("Berth Vessel Stay Night Pier Skipper Tide Draught Invoice Claim Mooring Season")
	tails   = strings.Fields("ByLength OnArrival ForSkipper AtLowWater InSeason WithDeposit PerNight AfterNotice")
	special = map[string][]string{
		"berthing/allocator.go":  {"AllocateBerthForStay", "extendStayByNight", "claimNight"},
		"calendar/nights.go":     {"CountNights", "NightsOfStay", "FirstNight"},
		"chart/berth.go":         {"FitsBerthLength", "LengthLimitMetres"},
		"chart/pier.go":          {"LengthLimitMetres", "pier_north_1", "pier_west_3"},
		"billing/invoice.go":     {"sumNightsOfStay", "NightsOfStay", "FirstNight"},
		"desk/reception.go":      {"AllocateBerthForStay", "CountNights"},
		"desk/reception_test.go": {"albatrossFixture", "pier_west_3"},
		"queue/promotion.go":     {"promoteWaitingVessel", "extendStayByNight"},
		"queue/waiting.go":       {"promoteWaitingVessel", "CountNights"},
		"report/occupancy.go":    {"occupancyByPier", "CountNights"},
		"notice/letter.go":       {"FirstNight"},
	}
)

func newWorld() *world {
	w := &world{files: map[string][]string{}, names: paths, rnd: rand.New(rand.NewPCG(4, 1965))}
	for _, p := range paths {
		w.files[p] = w.source(p)
	}
	rules := []string{"# Rules of the harbour", ""}
	for i := range 14 {
		rules = append(rules, fmt.Sprintf("%d. %s", i+1, w.rule(i+1)))
	}
	w.files["docs/rules.md"] = rules
	w.names = append(slices.Clone(paths), "docs/rules.md")
	return w
}

func (w *world) pick(list []string) string { return list[w.rnd.IntN(len(list))] }

func (w *world) name() string { return w.pick(verbs) + w.pick(nouns) + w.pick(tails) }

func (w *world) rule(n int) string {
	switch n {
	case 4:
		return "A vessel is never given a berth that is shorter than it is (FitsBerthLength), for one night or for many."
	case 7:
		return "A waiting vessel gets the first berth that fits, in the order in which berths became free."
	}
	return fmt.Sprintf("Whoever wants to %s a %s asks the office (%s); without an answer within %d hours it counts as refused.",
		w.pick(verbs), strings.ToLower(w.pick(nouns)), w.name(), 2+w.rnd.IntN(40))
}

// source writes a file of about fifty lines.
func (w *world) source(path string) []string {
	pkg, file, _ := strings.Cut(path, "/")
	lines := []string{"package " + pkg, "", "import \"harbour.example/office/" + w.pick([]string{"chart", "register", "calendar"}) + "\"", ""}
	names := slices.Clone(special[path])
	for len(names) < 5 {
		names = append(names, w.name())
	}
	for _, n := range names {
		v, o := strings.ToLower(w.pick(nouns)), w.name()
		if strings.HasSuffix(file, "_test.go") {
			n = "Test" + strings.ToUpper(n[:1]) + n[1:]
		}
		lines = append(lines, fmt.Sprintf("// %s %ss what the office knows of a %s in %s.", n, w.pick(verbs), v, path),
			fmt.Sprintf("func %s(%s register.Vessel, stay calendar.StayPeriod) (chart.Berth, error) {", n, v),
			fmt.Sprintf("\tlimit := %s(stay.FirstNight, %d)", o, w.rnd.IntN(90)))
		for range 2 + w.rnd.IntN(3) {
			lines = append(lines, fmt.Sprintf("\tif %s.LengthMetres > limit+%d || %s(%s) {", v, w.rnd.IntN(20), w.name(), v),
				fmt.Sprintf("\t\treturn chart.Berth{}, Err%s%s", w.pick(nouns), w.pick(tails)), "\t}")
		}
		lines = append(lines, fmt.Sprintf("\treturn %s(%s, stay)", w.pick(special["chart/berth.go"]), v), "}", "")
	}
	return lines
}

// answer is what a tool returns.
func (w *world) answer(s scene) string {
	switch s.tool {
	case "list_files":
		return strings.Join(w.names, "\n")
	case "read_file":
		return numbered(w.files[s.arg])
	case "search":
		return w.search(s.arg)
	case "run_tests":
		return w.tests(s.arg, s.more)
	case "edit_file":
		w.files[s.arg] = append(w.files[s.arg], strings.Split(change(s.more), "\n")...)
		return "ok, " + s.arg + " has " + fmt.Sprint(len(w.files[s.arg])) + " lines now"
	}
	return w.history(s.arg)
}

func numbered(lines []string) string {
	var b strings.Builder
	for i, l := range lines {
		fmt.Fprintf(&b, "%4d  %s\n", i+1, l)
	}
	return b.String()
}

func (w *world) search(text string) string {
	var b strings.Builder
	for _, p := range w.names {
		for i, l := range w.files[p] {
			if strings.Contains(l, text) {
				fmt.Fprintf(&b, "%s:%d: %s\n", p, i+1, strings.TrimSpace(l))
			}
		}
	}
	return b.String()
}

func (w *world) tests(pkg, fails string) string {
	var b strings.Builder
	for _, p := range w.names {
		dir, _, _ := strings.Cut(p, "/")
		if !strings.HasSuffix(p, "_test.go") || pkg != "all" && dir != pkg {
			continue
		}
		for _, l := range w.files[p] {
			name, ok := strings.CutPrefix(l, "func ")
			if name, _, _ = strings.Cut(name, "("); ok {
				state := "ok  "
				if fails != "" && (name == fails || dir == fails) {
					state = "FAIL"
				}
				fmt.Fprintf(&b, "%s %s/%s (0.0%ds)\n", state, dir, name, w.rnd.IntN(9)+1)
				if state == "FAIL" {
					fmt.Fprintf(&b, "     %s:%d: got berth pier_west_3 (LengthLimitMetres 12) for Albatross (14.2), want ErrBerthTooShort\n", p, 20+w.rnd.IntN(40))
				}
			}
		}
	}
	return b.String()
}

func (w *world) history(what string) string {
	var b strings.Builder
	for range 9 {
		fmt.Fprintf(&b, "%07x %s: %s, so that %s can %s (%s)\n", w.rnd.Uint32()>>4, what, w.name(), w.name(), w.pick(verbs), w.pick(paths))
	}
	fmt.Fprintf(&b, "4f1c2e9 berthing/allocator.go: split AllocateBerthForStay, move the loop to extendStayByNight\n")
	return b.String()
}
