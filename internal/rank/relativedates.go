package rank

import (
	"strconv"
	"strings"
	"time"
)

// named is a day with a name of its own: "yesterday", "last night".
func (p *dateParser) named() (Span, bool) {
	two := p.word(0) + " " + p.word(1)
	switch {
	case p.word(0) == "the" && p.word(1) == "day" && p.word(2) == "before" && p.word(3) == "yesterday":
		p.i += 4
		return days(p.now.AddDate(0, 0, -2), 1), true
	case two == "last night":
		p.i += 2
		return days(p.now.AddDate(0, 0, -1), 1), true
	}
	away, ok := namedDays[p.word(0)]
	p.i++
	return days(p.now.AddDate(0, 0, away), 1), ok
}

// length reads "two days", "a week", "a couple of months": how many, and the days of
// one; 30 for a month and 365 for a year.
func (p *dateParser) length() (n, unit int, ok bool) {
	w := p.word(0)
	n, ok = lengths[w]
	if !ok {
		var err error
		if n, err = strconv.Atoi(w); err != nil || n < 1 || n > 999 {
			return 0, 0, false
		}
	}
	p.i++
	if w == "a" && (p.word(0) == "few" || p.word(0) == "couple") {
		n = lengths[p.word(0)]
		p.i++
	}
	if p.word(0) == "of" {
		p.i++
	}
	unit, ok = units[strings.TrimSuffix(p.word(0), "s")]
	p.i++
	return n, unit, ok
}

// ago is "two weeks ago": that day; with larger units what is near it.
func (p *dateParser) ago() (Span, bool) {
	n, unit, ok := p.length()
	if !ok || p.word(0) != "ago" {
		return Span{}, false
	}
	p.i++
	switch unit {
	case 1:
		return days(p.now.AddDate(0, 0, -n), 1), true
	case 7:
		return days(p.now.AddDate(0, 0, -7*n-3), 7), true
	case 30:
		return months(p.now.Year(), p.now.Month()-time.Month(n), 1), true
	}
	return months(p.now.Year()-n, time.January, 12), true
}

// lately is "in the past two weeks", up to now.
func (p *dateParser) lately() (Span, bool) {
	if w := p.word(0); w != "past" && w != "last" {
		return Span{}, false
	}
	p.i++
	n, unit, ok := p.length()
	if !ok && p.word(-1) == "past" { // "the past week"
		n = 1
		unit, ok = units[p.word(0)]
		p.i++
	}
	return Span{From: p.now.AddDate(0, 0, -n*unit), To: p.now.AddDate(0, 0, 1)}, ok
}

// last is "last week", "this month", "next year", "last Friday", "on Friday".
func (p *dateParser) last() (Span, bool) {
	which := p.which()
	on := p.word(0) == "on" && which == ""
	if on {
		p.i++
	}
	w := p.word(0)
	p.i++
	n := 0
	switch which {
	case "last":
		n = -1
	case "next":
		n = 1
	}
	monday := p.now.AddDate(0, 0, -(int(p.now.Weekday())+6)%7)
	switch {
	case which == "" && !on:
		return Span{}, false
	case w == "week" && !on:
		return days(monday.AddDate(0, 0, 7*n), 7), true
	case w == "weekend" && !on:
		return days(monday.AddDate(0, 0, 7*n+5), 2), true
	case w == "month" && !on:
		return months(p.now.Year(), p.now.Month()+time.Month(n), 1), true
	case w == "year" && !on:
		return months(p.now.Year()+n, time.January, 12), true
	}
	for d := time.Sunday; d <= time.Saturday; d++ {
		if w != strings.ToLower(d.String()) {
			continue
		}
		ahead := (int(d) - int(p.now.Weekday()) + 7) % 7
		switch {
		case which == "next" && ahead == 0:
			ahead = 7
		case (which == "last" || on) && ahead == 0:
			ahead = -7
		case which == "last" || on:
			ahead -= 7
		case which == "this":
			ahead = (int(d)+6)%7 - (int(p.now.Weekday())+6)%7
		}
		return days(p.now.AddDate(0, 0, ahead), 1), true
	}
	return Span{}, false
}

var (
	namedDays = map[string]int{"today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1}
	units     = map[string]int{"day": 1, "week": 7, "month": 30, "year": 365} // in days
	lengths   = map[string]int{"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
		"eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "few": 3, "couple": 2}
)
