package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/look"
)

// clean is text that can't draw on a screen; lines and tabs stay.
func clean(s string) string { return look.Clean(s) }

// line is clean in one line of at most n characters.
func line(s string, n int) string { return look.Line(s, n) }

// table prints rows in columns, as wide as a terminal shows them: a Chinese character takes two.
func (r *request) table(head string, rows func(row func(cells ...any))) {
	heads := strings.Split(head, "|")
	all, widths := [][]string{heads}, make([]int, len(heads))
	rows(func(cells ...any) {
		list := make([]string, len(cells))
		for i, c := range cells {
			list[i] = fmt.Sprint(c)
		}
		all = append(all, list)
	})
	for _, list := range all {
		for i := range list[:len(list)-1] {
			widths[i] = max(widths[i], widthOf(list[i]))
		}
	}
	for _, list := range all {
		for i, c := range list[:len(list)-1] {
			r.out.WriteString(c + strings.Repeat(" ", widths[i]+2-widthOf(c)))
		}
		r.out.WriteString(list[len(list)-1] + "\n")
	}
}

// when is a time for people, by their clock.
func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// or is s, or what stands for nothing.
func or(s, nothing string) string {
	if s == "" {
		return nothing
	}
	return s
}

// moment reads a time: RFC 3339, a day, or how long from now ("24h", "7d").
func moment(s string, now time.Time, sign time.Duration) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, time.Local); err == nil {
			return t, nil
		}
	}
	if d, err := span(s); err == nil {
		return now.Add(sign * d), nil
	}
	return time.Time{}, usage("%q is no time: write 2026-11-30, 2026-11-30T09:00:00Z, or 24h or 7d from now", s)
}

// span reads a length of time, in days too.
func span(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err
	}
	d, err := time.ParseDuration(s)
	if err == nil && d < 0 {
		err = usage("%q is negative", s)
	}
	return d, err
}

// number reads the number of a message; false when it is no number.
func number(s string) (quire.UID, bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 10, 64)
	return quire.UID(n), err == nil && n > 0
}

// addresses is a flag that may be given several times, or list several.
type addresses []quire.Address

func (a *addresses) String() string { return "" }

func (a *addresses) Set(s string) error {
	for _, one := range strings.Split(s, ",") {
		addr := quire.Address(strings.TrimSpace(one))
		if err := addr.Valid(); err != nil {
			return err
		}
		*a = append(*a, addr)
	}
	return nil
}
