package record_test

import (
	"net/http"

	"github.com/quire-dev/quire/providers/record"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func(mode record.Mode) (*http.Client, error) {
	rec, err := record.Open("testdata/ask.jsonl", &record.Options{Mode: mode})
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: rec.Transport(nil)}
	return client, nil
}
