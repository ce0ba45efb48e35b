package replies

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// recording is one answer of a server, as a file holds it.
type recording struct {
	file   string // below the folder
	url    string // "" where the file does not say
	status int    // 0 where it does not
	body   []byte
}

// recordings reads all answers of a file: a cassette of VCR, go-vcr, pytest-recording,
// httpmock or dd-trace (YAML or JSON), a trace of httprr, or a bare body.
func recordings(name string, data []byte) ([]recording, error) {
	if rest, ok := strings.CutSuffix(name, ".gz"); ok {
		name, data = rest, unzipped(data)
	}
	switch {
	case strings.HasSuffix(name, ".yaml"), strings.HasSuffix(name, ".yml"):
		docs, err := yamlValues(data)
		if err != nil {
			return nil, err
		}
		return taped(docs, 0), nil
	case strings.HasSuffix(name, ".httprr"):
		return traced(data)
	case strings.HasSuffix(name, ".json"):
		doc, err := parse(data)
		if err != nil {
			break // a stream under that name
		}
		if found := taped(doc, 0); len(found) > 0 {
			return found, nil
		}
	}
	return []recording{{body: data}}, nil
}

// taped finds the exchanges of a cassette, wherever they stand in it.
func taped(doc any, depth int) []recording {
	if depth > 4 {
		return nil
	}
	var out []recording
	request, response := in(doc, "request"), in(doc, "response")
	if in(doc, "when") != nil { // httpmock's words
		request, response = in(doc, "when"), in(doc, "then")
	}
	if request != nil && response != nil {
		return []recording{{url: cmp.Or(word(request, "uri"), word(request, "url"), word(request, "path")), status: statusOf(response), body: bodyOf(response)}}
	}
	for _, key := range []string{"interactions", "http_interactions"} {
		out = append(out, taped(in(doc, key), depth+1)...)
	}
	if list, ok := doc.([]any); ok {
		for _, v := range list {
			out = append(out, taped(v, depth+1)...)
		}
	}
	return out
}

func statusOf(response any) int {
	for _, v := range []any{in(response, "status", "code"), in(response, "status_code"), in(response, "status"), in(response, "code")} {
		if n, err := strconv.Atoi(fmt.Sprint(v)); err == nil {
			return n
		}
	}
	return 0
}

// bodyOf returns the bytes of an answer's body, which cassettes keep as a string, as
// base64, or as the value that it parsed to.
func bodyOf(response any) []byte {
	for _, parsed := range []any{in(response, "parsed_body"), in(response, "body", "parsed_body")} {
		if parsed == nil {
			continue
		}
		if s, ok := parsed.(string); ok {
			return []byte(s)
		}
		if raw, err := json.Marshal(parsed); err == nil {
			return raw
		}
	}
	if s := word(response, "body", "base64_string"); s != "" {
		raw, _ := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
		return unzipped(raw)
	}
	for _, body := range []any{in(response, "body", "string"), in(response, "body"), in(response, "content")} {
		if s, ok := body.(string); ok {
			return unzipped([]byte(s))
		}
	}
	return nil
}

// unzipped returns what is packed, and anything else as it is.
func unzipped(data []byte) []byte {
	if !bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		return data
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return data
	}
	plain, err := io.ReadAll(io.LimitReader(r, 64<<20))
	if err != nil {
		return data
	}
	return plain
}

var errTrace = errors.New("no trace of httprr")

// traced reads httprr's format: a line with two lengths, then that many bytes of a
// request and of its response.
func traced(data []byte) ([]recording, error) {
	_, data, ok := bytes.Cut(data, []byte("\n"))
	if !ok {
		return nil, errTrace
	}
	var out []recording
	for len(bytes.TrimSpace(data)) > 0 {
		head, rest, _ := bytes.Cut(data, []byte("\n"))
		var asked, answered int
		if n, err := fmt.Sscanf(string(head), "%d %d", &asked, &answered); n != 2 || err != nil || asked < 0 || answered < 0 || asked+answered > len(rest) {
			return out, errTrace
		}
		request, response := string(rest[:asked]), rest[asked:asked+answered]
		data = rest[asked+answered:]
		_, url, _ := strings.Cut(request, " ")
		url, _, _ = strings.Cut(url, " ")
		res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(response)), nil)
		if err != nil {
			return out, fmt.Errorf("%w: %w", errTrace, err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil && len(body) == 0 {
			return out, fmt.Errorf("%w: %w", errTrace, err)
		}
		out = append(out, recording{url: url, status: res.StatusCode, body: unzipped(body)})
	}
	return out, nil
}
