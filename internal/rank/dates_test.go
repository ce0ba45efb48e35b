package rank

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// write shows spans: the first and the last day, or what comes back each year.
func write(spans []Span) string {
	s := ""
	for _, span := range spans {
		switch {
		case !span.To.IsZero():
			s += fmt.Sprintf("%s to %s; ", span.From.Format("2006-01-02"), span.To.AddDate(0, 0, -1).Format("2006-01-02"))
		default:
			s += fmt.Sprintf("%d/%d; ", span.Month, span.Day)
		}
	}
	return s
}

// The 14th of June 2023 was a Wednesday.
func TestDatesInAText(t *testing.T) {
	now := time.Date(2023, 6, 14, 15, 4, 5, 0, time.UTC)
	for text, want := range map[string]string{
		"on 8 May 2023":                       "2023-05-08 to 2023-05-08; ",
		"on May 8th, 2023":                    "2023-05-08 to 2023-05-08; ",
		"the 8th of May":                      "5/8; ",
		"2023-05-08 and 2023-13-08":           "2023-05-08 to 2023-05-08; 2023-01-01 to 2023-12-31; ",
		"31 June 2023":                        "2023-06-01 to 2023-06-30; ",
		"in May":                              "5/0; ",
		"in May or June 2022":                 "5/0; 2022-06-01 to 2022-06-30; ",
		"what may I do, may we march?":        "",
		"May I march in March":                "3/0; ",
		"last May":                            "2023-05-01 to 2023-05-31; ",
		"last June":                           "2022-06-01 to 2022-06-30; ",
		"this June":                           "2023-06-01 to 2023-06-30; ",
		"next January":                        "2024-01-01 to 2024-01-31; ",
		"in the summer of 2022":               "2022-06-01 to 2022-08-31; ",
		"winter 2022":                         "2022-12-01 to 2023-02-28; ",
		"last summer":                         "2022-06-01 to 2022-08-31; ",
		"last spring":                         "2023-03-01 to 2023-05-31; ",
		"last winter":                         "2022-12-01 to 2023-02-28; ",
		"the summer camp":                     "",
		"in 2021":                             "2021-01-01 to 2021-12-31; ",
		"room 2021b, 12021 and 3021":          "",
		"today":                               "2023-06-14 to 2023-06-14; ",
		"yesterday or last night":             "2023-06-13 to 2023-06-13; 2023-06-13 to 2023-06-13; ",
		"the day before yesterday":            "2023-06-12 to 2023-06-12; ",
		"three days ago":                      "2023-06-11 to 2023-06-11; ",
		"a week ago":                          "2023-06-04 to 2023-06-10; ",
		"a couple of weeks ago":               "2023-05-28 to 2023-06-03; ",
		"two months ago":                      "2023-04-01 to 2023-04-30; ",
		"8 months ago":                        "2022-10-01 to 2022-10-31; ",
		"a few years ago":                     "2020-01-01 to 2020-12-31; ",
		"ago, three ago, 3 days":              "",
		"in the past two weeks":               "2023-05-31 to 2023-06-14; ",
		"the past month":                      "2023-05-15 to 2023-06-14; ",
		"the last 3 days":                     "2023-06-11 to 2023-06-14; ",
		"last week":                           "2023-06-05 to 2023-06-11; ",
		"this week, next week":                "2023-06-12 to 2023-06-18; 2023-06-19 to 2023-06-25; ",
		"last weekend":                        "2023-06-10 to 2023-06-11; ",
		"last month":                          "2023-05-01 to 2023-05-31; ",
		"previous year":                       "2022-01-01 to 2022-12-31; ",
		"last Friday":                         "2023-06-09 to 2023-06-09; ",
		"on Wednesday":                        "2023-06-07 to 2023-06-07; ",
		"this Monday, next Wednesday":         "2023-06-12 to 2023-06-12; 2023-06-21 to 2023-06-21; ",
		"on the table, last but not least":    "",
		"two days before 8 May 2023":          "2023-05-06 to 2023-05-06; ",
		"a week after the 30th of December":   "1/6; ",
		"a week after 30 December":            "1/6; ",
		"two days before the party":           "",
		"the 3 of us and 17 others":           "",
		"":                                    "",
		"8 May 2023 08:00, 9 May; last\u2028": "2023-05-08 to 2023-05-08; 5/9; ",
	} {
		assert.Equal(t, want, write(Dates(text, now)), text)
	}
}

func TestDatesWithoutANow(t *testing.T) {
	assert.Equal(t, "2022-05-01 to 2022-05-31; 5/0; 5/0; ", write(Dates("May 2022, yesterday, a week ago, last May, in May", time.Time{})))
}

func TestASpanHasItsDays(t *testing.T) {
	day := days(date(2023, 5, 8), 1)
	assert.True(t, day.Has(time.Date(2023, 5, 8, 23, 59, 0, 0, time.UTC)))
	assert.False(t, day.Has(date(2023, 5, 9)))
	assert.True(t, day.Has(time.Date(2023, 5, 9, 1, 0, 0, 0, time.FixedZone("", 2*3600))), "days are those of UTC")
	assert.True(t, Span{Month: 5}.Has(date(1999, 5, 31)))
	assert.False(t, Span{Month: 5, Day: 8}.Has(date(1999, 5, 31)))
	assert.False(t, Span{Month: 1, Day: 1}.Has(time.Time{}), "no time at all")
}

func TestDatesOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.SampledFrom([]string{"last", "past", "the", "two", "days", "before", "after", "May", "8", "2023", "ago", "of", "on", "friday", "summer", "a", "few", "next", "31", "february", "99999999999999999999", "\xff"}))
		text := fmt.Sprint(words.Draw(t, "words"))
		spans := Dates(text, time.Unix(rapid.Int64Range(-1e10, 1e11).Draw(t, "now"), 0))
		if len(spans) > maxDates {
			t.Fatalf("%d times", len(spans))
		}
		for _, s := range spans {
			if !s.To.IsZero() && !s.From.Before(s.To) {
				t.Fatalf("%q: %v", text, s)
			}
		}
	})
}
