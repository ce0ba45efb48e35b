package langchainmodel

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// numbersIn returns the numbers of a JSON text in a form that is the same for
// the same value however it was written, in order. A key or a string that may
// count too is not a number; but keys are returned as "key", so that a
// comparison of two texts also sees an object that lost one.
func numbersIn(raw []byte) ([]string, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var out []string
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case json.Number:
			out = append(out, decimal(t.String()))
		case json.Delim:
		default:
			out = append(out, "value") // a key, string, bool or null
		}
	}
}

// decimal writes a JSON number as sign, digits without zeros at their ends, and
// exponent: "120e1" is "+12e2".
func decimal(s string) string {
	sign := "+"
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = "-", rest
	}
	digits, exp := strings.ToLower(s), 0
	if mantissa, e, ok := strings.Cut(digits, "e"); ok {
		n, err := strconv.Atoi(e)
		if err != nil {
			return sign + s // an exponent of that size is no value that anybody keeps
		}
		digits, exp = mantissa, n
	}
	if whole, fraction, ok := strings.Cut(digits, "."); ok {
		digits, exp = whole+fraction, exp-len(fraction)
	}
	digits = strings.TrimLeft(digits, "0")
	trimmed := strings.TrimRight(digits, "0")
	exp += len(digits) - len(trimmed)
	if trimmed == "" {
		return "+0e0"
	}
	return sign + trimmed + "e" + strconv.Itoa(exp)
}

// pastFloats returns a number whose size says that it may have been rounded on
// its way through a float64, or "".
func pastFloats(raw string) string {
	numbers, err := numbersIn([]byte(raw))
	if err != nil {
		return ""
	}
	for _, n := range numbers {
		f, err := strconv.ParseFloat(n, 64)
		if n != "value" && err == nil && (f >= 1<<53 || f <= -1<<53) {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
	}
	return ""
}
