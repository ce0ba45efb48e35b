package modeltest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/quire-dev/quire"
)

// reply answers with the step's reply, whole or streamed, and with its fault.
func (s *Server) reply(w http.ResponseWriter, req *http.Request, body []byte, step Step) {
	r := quire.Reply{}
	if step.Reply != nil {
		r = *step.Reply
	}
	var in struct {
		Model  string `json:"model"`
		Stream *bool  `json:"stream"`
	}
	_ = json.Unmarshal(body, &in) // promptcheck tells of bodies that can't be read
	if r.Model == "" {
		r.Model = in.Model
	}
	if r.Model == "" {
		r.Model = geminiModel(req.URL.Path)
	}
	streams := in.Stream != nil && *in.Stream
	if s.vendor.streams != nil {
		streams = s.vendor.streams(req, body)
	}
	if !streams {
		w.Header().Set("Content-Type", "application/json")
		s.play(w, req, s.whole(&r, step), step)
		return
	}
	out := &streamWriter{}
	if s.vendor.ndjson {
		w.Header().Set("Content-Type", "application/x-ndjson")
	} else {
		w.Header().Set("Content-Type", "text/event-stream")
		out.pieces = append(out.pieces, []byte(": keep-alive\n\n")) // as gateways do
	}
	s.vendor.stream(out, &r)
	if step.Fault == FaultError {
		out.pieces = append(out.pieces[:len(out.pieces)/2+1], s.vendor.failed(step))
	}
	s.play(w, req, out.pieces, step)
}

// whole returns the two halves of a body.
func (s *Server) whole(r *quire.Reply, step Step) [][]byte {
	body := s.vendor.whole(r)
	if step.Fault == FaultError {
		body = s.vendor.fail(step)
	}
	return [][]byte{body[:len(body)/2], body[len(body)/2:]}
}

// play sends the pieces of an answer, each as soon as it can.
func (s *Server) play(w http.ResponseWriter, req *http.Request, pieces [][]byte, step Step) {
	middle := (len(pieces) + 1) / 2
	for i, p := range pieces {
		if i == middle {
			switch step.Fault {
			case FaultCut:
				panic(http.ErrAbortHandler) // how a handler breaks its connection
			case FaultHalf:
				w.Write(p[:len(p)*2/3])
				return
			case FaultStall:
				s.stall(req)
				return
			}
		}
		w.Write(p)
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
	if step.Fault == FaultGarbage {
		fmt.Fprint(w, "data: {\"garbage\n\n}nonsense\n")
	}
}

// streamWriter collects the pieces of a stream.
type streamWriter struct{ pieces [][]byte }

// event adds one server-sent event; name may be empty.
func (s *streamWriter) event(name string, data any) {
	s.pieces = append(s.pieces, event(name, encode(data)))
}

func event(name string, data []byte) []byte {
	var b bytes.Buffer
	if name != "" {
		fmt.Fprintf(&b, "event: %s\n", name)
	}
	fmt.Fprintf(&b, "data: %s\n\n", data)
	return b.Bytes()
}

// line adds one line of NDJSON.
func (s *streamWriter) line(data any) { s.pieces = append(s.pieces, append(encode(data), '\n')) }

// encode is json.Marshal without its escaping of HTML, and with bytes that are no
// UTF-8 as they are; strings of type raw are written as they are.
func encode(v any) []byte {
	if r, ok := v.(raw); ok {
		return []byte(r)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("modeltest: " + err.Error()) // only our own maps and strings come here
	}
	// What the encoder writes for a bad byte; a good U+FFFD stands as itself.
	return bytes.ReplaceAll(bytes.TrimSuffix(b.Bytes(), []byte("\n")), []byte(`\ufffd`), []byte{badByte})
}

// badByte is what stands for every byte that is no UTF-8.
const badByte = 0xFF

// raw is text that goes into a stream as it is.
type raw string

// obj is a JSON object; its keys are written in sorted order.
type obj map[string]any

// pieces cuts s in two at a rune, as a stream might.
func pieces(s string) []string {
	cut := len(s) / 2
	for cut < len(s) && !utf8.RuneStart(s[cut]) {
		cut++
	}
	if cut == 0 || cut == len(s) {
		return []string{s}
	}
	return []string{s[:cut], s[cut:]}
}
