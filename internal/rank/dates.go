package rank

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Span is a time that a text names: from From up to To, or, where both are zero, a
// month of any year, or a day of it.
type Span struct {
	From, To time.Time
	Month    time.Month
	Day      int // 0: any
}

// Has says whether a moment is in the span.
func (s Span) Has(t time.Time) bool {
	if t.IsZero() {
		return false
	}
	t = t.UTC()
	if !s.To.IsZero() {
		return !t.Before(s.From) && t.Before(s.To)
	}
	return t.Month() == s.Month && (s.Day == 0 || t.Day() == s.Day)
}

// Dates finds the times that an English text names, in its order: dates ("8 May
// 2023", "June 3rd", "2023-05-08"), months, seasons and years ("last May", "in the
// summer of 2022"), and what is relative to now ("yesterday", "a week ago", "last
// Friday", "in the past two weeks", "two days before 8 May"). Days are those of UTC,
// weeks begin on Monday, seasons are the northern ones. A zero now knows none that
// are relative. What a text names by an event ("before the party") is not found.
func Dates(text string, now time.Time) []Span {
	p := &dateParser{words: dateWords(text), now: midnight(now)}
	var out []Span
	for p.i < len(p.words) && len(out) < maxDates {
		at := p.i
		if s, ok := p.next(); ok {
			out = append(out, s)
			continue
		}
		p.i = at + 1
	}
	return out
}

// maxDates is how many times of a text count.
const maxDates = 8

// dateWord is a word in lower case; upper says that it began with a capital.
type dateWord struct {
	s     string
	upper bool
}

func dateWords(text string) []dateWord {
	var out []dateWord
	for _, w := range strings.FieldsFunc(Cut(text, 4096), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		out = append(out, dateWord{strings.ToLower(w), unicode.IsUpper([]rune(w)[0])})
	}
	return out
}

func midnight(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return date(t.UTC().Year(), t.UTC().Month(), t.UTC().Day())
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func days(from time.Time, n int) Span { return Span{From: from, To: from.AddDate(0, 0, n)} }

func months(y int, m time.Month, n int) Span {
	return Span{From: date(y, m, 1), To: date(y, m+time.Month(n), 1)}
}

// dateParser reads words from i on.
type dateParser struct {
	words []dateWord
	i     int
	now   time.Time
}

// word is the one n words on; "" beyond the ends.
func (p *dateParser) word(n int) string {
	if k := p.i + n; k >= 0 && k < len(p.words) {
		return p.words[k].s
	}
	return ""
}

// next reads a time that begins at the next word, and goes past it.
func (p *dateParser) next() (Span, bool) {
	for _, read := range []func() (Span, bool){p.iso, p.day, p.month, p.season, p.year, p.shifted} {
		at := p.i
		if s, ok := read(); ok {
			return s, true
		}
		p.i = at
	}
	if p.now.IsZero() {
		return Span{}, false
	}
	for _, read := range []func() (Span, bool){p.named, p.ago, p.lately, p.last} {
		at := p.i
		if s, ok := read(); ok {
			return s, true
		}
		p.i = at
	}
	return Span{}, false
}

func (p *dateParser) iso() (Span, bool) {
	y, ok1 := yearOf(p.word(0))
	m, err1 := strconv.Atoi(p.word(1))
	d, err2 := strconv.Atoi(p.word(2))
	if !ok1 || err1 != nil || err2 != nil || m < 1 || m > 12 || !validDay(y, time.Month(m), d) {
		return Span{}, false
	}
	p.i += 3
	return days(date(y, time.Month(m), d), 1), true
}

// day is "8 May", "8th of May 2023", "May 8, 2023".
func (p *dateParser) day() (Span, bool) {
	d, okDay := dayOf(p.word(0))
	m, okMonth := monthOf(p.word(0))
	switch {
	case okDay:
		p.i++
		if p.word(0) == "of" {
			p.i++
		}
		m, okMonth = monthOf(p.word(0))
	case okMonth:
		p.i++
		d, okDay = dayOf(p.word(0))
	}
	if !okDay || !okMonth {
		return Span{}, false
	}
	p.i++
	if y, ok := yearOf(p.word(0)); ok && validDay(y, m, d) {
		p.i++
		return days(date(y, m, d), 1), true
	}
	return Span{Month: m, Day: d}, validDay(2000, m, d)
}

// month is "May", "May 2023", "last May".
func (p *dateParser) month() (Span, bool) {
	which := p.which()
	m, ok := monthOf(p.word(0))
	if !ok {
		return Span{}, false
	}
	y, hasYear := yearOf(p.word(1))
	if !hasYear && p.word(1) == "of" {
		if y, hasYear = yearOf(p.word(2)); hasYear {
			p.i++
		}
	}
	switch {
	case hasYear:
		p.i += 2
		return months(y, m, 1), true
	case which != "" && !p.now.IsZero():
		p.i++
		return months(p.yearFor(which, m), m, 1), true
	case len(p.word(0)) == 3 && p.word(0) != "may" || !p.surelyMonth():
		return Span{}, false
	}
	p.i++
	return Span{Month: m}, true
}

// surelyMonth tells the months from the verbs "may" and "march".
func (p *dateParser) surelyMonth() bool {
	if w := p.word(0); w != "may" && w != "march" {
		return true
	}
	switch p.word(-1) {
	case "in", "of", "since", "during", "early", "late", "mid", "until", "till", "by", "before", "after", "for", "from", "to", "and", "or":
		return p.words[p.i].upper || p.word(-1) == "in" || p.word(-1) == "of"
	}
	return p.i > 0 && p.words[p.i].upper
}

// which reads "last", "this", "next".
func (p *dateParser) which() string {
	switch w := p.word(0); w {
	case "last", "this", "next", "previous", "coming":
		p.i++
		switch w {
		case "previous":
			return "last"
		case "coming":
			return "next"
		}
		return w
	}
	return ""
}

// yearFor is the year of the last, this or next time that a month begins.
func (p *dateParser) yearFor(which string, m time.Month) int {
	y := p.now.Year()
	switch {
	case which == "last" && m >= p.now.Month():
		return y - 1
	case which == "next" && m <= p.now.Month():
		return y + 1
	}
	return y
}

// season is "summer 2022", "the summer of 2022", "last summer".
func (p *dateParser) season() (Span, bool) {
	which := p.which()
	m, ok := seasons[p.word(0)]
	if !ok {
		return Span{}, false
	}
	p.i++
	if p.word(0) == "of" {
		p.i++
	}
	if y, ok := yearOf(p.word(0)); ok {
		p.i++
		return months(y, m, 3), true
	}
	if which == "" || p.now.IsZero() {
		return Span{}, false
	}
	y := p.yearFor(which, m)
	if which == "last" && date(y, m+3, 1).After(p.now) {
		y-- // it is not over yet: the one before
	}
	return months(y, m, 3), true
}

func (p *dateParser) year() (Span, bool) {
	y, ok := yearOf(p.word(0))
	p.i++
	return months(y, time.January, 12), ok
}

// shifted is "two days before 8 May".
func (p *dateParser) shifted() (Span, bool) {
	n, unit, ok := p.length()
	sign := 0
	switch p.word(0) {
	case "before":
		sign = -1
	case "after":
		sign = 1
	}
	if !ok || sign == 0 || unit != 1 && unit != 7 {
		return Span{}, false
	}
	if p.i++; p.word(0) == "the" {
		p.i++
	}
	if s, ok := p.iso(); ok {
		return days(s.From.AddDate(0, 0, sign*n*unit), 1), true
	}
	s, ok := p.day()
	if !ok {
		return Span{}, false
	}
	if !s.To.IsZero() {
		return days(s.From.AddDate(0, 0, sign*n*unit), 1), true
	}
	t := date(2001, s.Month, s.Day).AddDate(0, 0, sign*n*unit)
	return Span{Month: t.Month(), Day: t.Day()}, true
}

func yearOf(w string) (int, bool) {
	n, err := strconv.Atoi(w)
	return n, err == nil && len(w) == 4 && n >= 1900 && n < 2200
}

// dayOf reads "8", "8th".
func dayOf(w string) (int, bool) {
	for _, end := range []string{"st", "nd", "rd", "th"} {
		w = strings.TrimSuffix(w, end)
	}
	n, err := strconv.Atoi(w)
	return n, err == nil && n >= 1 && n <= 31
}

func validDay(y int, m time.Month, d int) bool { return d >= 1 && date(y, m, d).Month() == m }

// monthOf reads a month's name, or its first letters.
func monthOf(w string) (time.Month, bool) {
	m, ok := monthNames[w]
	return m, ok
}

var monthNames = func() map[string]time.Month {
	names := map[string]time.Month{"sept": time.September}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		names[name], names[name[:3]] = m, m
	}
	return names
}()

// seasons are the months with which they begin.
var seasons = map[string]time.Month{"spring": time.March, "summer": time.June, "autumn": time.September, "fall": time.September, "winter": time.December}
