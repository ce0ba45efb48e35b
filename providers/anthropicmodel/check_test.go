package anthropicmodel_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/anthropics/anthropic-sdk-go/v2/packages/respjson"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers/promptcheck"
)

// watch is a transport that holds all that passes against the vendor's own words,
// the types of its client, and promptcheck's rules: a field that they don't know
// fails the test.
type watch struct{ t *testing.T }

func (w *watch) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req.Body.Close()
	req.Body = io.NopCloser(bytes.NewReader(body))
	count := strings.HasSuffix(req.URL.Path, "/count_tokens")
	if err := checkRequest(body, count, len(req.Header.Values("Anthropic-Beta")) > 0); err != nil {
		w.t.Errorf("a request that the vendor would not know: %v\n%.2000s", err, body)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err == nil && res.StatusCode == http.StatusOK {
		res.Body = &watched{ReadCloser: res.Body, t: w.t, events: res.Header.Get("Content-Type") == "text/event-stream", count: count}
	}
	return res, err
}

// checkRequest reads a body into the client's own type and writes it again: what
// the type does not know is gone then.
func checkRequest(body []byte, count, beta bool) error {
	if found := promptcheck.Check(quire.APIAnthropic, body); len(found) > 0 {
		return fmt.Errorf("promptcheck: %v", found)
	}
	types := map[[2]bool]any{
		{false, false}: new(anthropic.MessageNewParams), {false, true}: new(anthropic.BetaMessageNewParams),
		{true, false}: new(anthropic.MessageCountTokensParams), {true, true}: new(anthropic.BetaMessageCountTokensParams),
	}
	known := types[[2]bool{count, beta}]
	if err := json.Unmarshal(body, known); err != nil {
		return err
	}
	again, err := json.Marshal(known)
	if err != nil {
		return err
	}
	var sent, understood map[string]any
	if err := errors.Join(json.Unmarshal(body, &sent), json.Unmarshal(again, &understood)); err != nil {
		return err
	}
	delete(sent, "stream") // the client adds it itself
	if !reflect.DeepEqual(sent, understood) {
		return fmt.Errorf("the client's types understand %s", again)
	}
	return checkWords(sent)
}

// checkWords holds words against the client's constants, which its types don't.
func checkWords(sent any) error {
	words := map[string][]string{
		"ttl":        {string(anthropic.CacheControlEphemeralTTLTTL5m), string(anthropic.CacheControlEphemeralTTLTTL1h)},
		"media_type": {string(anthropic.Base64ImageSourceMediaTypeImagePNG), string(anthropic.Base64ImageSourceMediaTypeImageJPEG), string(anthropic.Base64ImageSourceMediaTypeImageGIF), string(anthropic.Base64ImageSourceMediaTypeImageWebP)},
	}
	switch v := sent.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if s, ok := v[k].(string); ok && words[k] != nil && !slices.Contains(words[k], s) {
				return fmt.Errorf("%s %q is none of %v", k, s, words[k])
			}
			if k == "input" || k == "input_schema" {
				continue // the tool's own
			}
			if err := checkWords(v[k]); err != nil {
				return err
			}
		}
	case []any:
		for _, e := range v {
			if err := checkWords(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// watched keeps what is read, and checks it at its end.
type watched struct {
	io.ReadCloser
	t             *testing.T
	events, count bool
	all           []byte
}

func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.all = append(b.all, p[:n]...)
	return n, err
}

func (b *watched) Close() error {
	pieces := [][]byte{b.all}
	if b.events {
		pieces = nil
		for _, line := range bytes.Split(b.all, []byte("\n")) {
			if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok {
				pieces = append(pieces, data)
			}
		}
	}
	for _, p := range pieces {
		// What the kit breaks on purpose, or a reply that was left in its middle.
		if !json.Valid(p) || bytes.Contains(p, []byte(`"weather"`)) || bytes.Contains(p, []byte(`"type":"error"`)) {
			continue
		}
		if err := checkAnswer(p, b.events, b.count); err != nil {
			b.t.Errorf("an answer that the vendor would not give: %v\n%.2000s", err, p)
		}
	}
	return b.ReadCloser.Close()
}

func checkAnswer(body []byte, event, count bool) error {
	var known any = new(anthropic.Message)
	switch {
	case event && bytes.Contains(body, []byte(`"type":"ping"`)):
		return nil // the client drops it before it decodes
	case event:
		known = new(anthropic.MessageStreamEventUnion)
	case count:
		known = new(anthropic.MessageTokensCount)
	}
	if err := json.Unmarshal(body, known); err != nil {
		return err
	}
	return extra("", reflect.ValueOf(known).Elem())
}

// extra finds fields that a value of the client's took in and does not know.
func extra(path string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return extra(path, v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if err := extra(fmt.Sprintf("%s[%d]", path, i), v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Struct:
	default:
		return nil
	}
	if as := v.MethodByName("AsAny"); as.IsValid() { // a union: look at what it is
		what := as.Call(nil)[0]
		if raw := v.MethodByName("RawJSON"); raw.IsValid() && raw.Call(nil)[0].Len() == 0 {
			return nil // not there at all
		}
		if what.IsNil() {
			return fmt.Errorf("%s: a variant that is not known", path)
		}
		return extra(path, what)
	}
	if meta := v.FieldByName("JSON"); meta.IsValid() {
		if more := meta.FieldByName("ExtraFields"); more.IsValid() {
			if fields := more.Interface().(map[string]respjson.Field); len(fields) > 0 {
				return fmt.Errorf("%s has no fields %v", path, slices.Sorted(maps.Keys(fields)))
			}
		}
	}
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && f.Name != "JSON" {
			if err := extra(path+"."+f.Name, v.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestChecksCanFail: each check finds what it is for.
func TestChecksCanFail(t *testing.T) {
	const head = `{"model":"claude-opus-5","max_tokens":9,`
	good := head + `"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}`
	require.NoError(t, checkRequest([]byte(good), false, false))
	bound := `{"type":"adaptive","block_binding":{"prefix_mismatch_behavior":"drop_block"}}`
	require.NoError(t, checkRequest([]byte(strings.Replace(good, `"messages"`, `"thinking":`+bound+`,"messages"`, 1)), false, true))
	for name, bad := range map[string]string{
		"field":         strings.Replace(good, `"max_tokens":9`, `"max_tokens":9,"max_words":9`, 1),
		"nested field":  strings.Replace(good, `"text":"hi"`, `"text":"hi","colour":"red"`, 1),
		"block":         strings.Replace(good, `"type":"text"`, `"type":"smell"`, 1),
		"lifetime":      strings.Replace(good, `"text":"hi"`, `"text":"hi","cache_control":{"type":"ephemeral","ttl":"2h"}`, 1),
		"beta without":  strings.Replace(good, `"messages"`, `"thinking":`+bound+`,"messages"`, 1),
		"rule":          strings.Replace(good, `"hi"`, `""`, 1),
		"kind of image": strings.Replace(good, `{"type":"text","text":"hi"}`, `{"type":"image","source":{"type":"base64","media_type":"image/tiff","data":"aGk="}}`, 1),
	} {
		assert.Error(t, checkRequest([]byte(bad), false, false), name)
	}
	assert.Error(t, checkRequest([]byte(good), true, false), "a limit where tokens are counted")
	for name, c := range map[string]struct {
		body  string
		event bool
	}{
		"field":       {`{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_words":2}}`, false},
		"block":       {`{"id":"m","type":"message","content":[{"type":"smell"}]}`, false},
		"event":       {`{"type":"message_sniff"}`, true},
		"event field": {`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a","tone":"b"}}`, true},
	} {
		assert.Error(t, checkAnswer([]byte(c.body), c.event, false), name)
	}
}
