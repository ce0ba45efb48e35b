package modeltest

import (
	"net/http"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/providers"
)

func geminiVendor() vendor {
	return vendor{
		paths: []string{":generateContent", ":streamGenerateContent"}, whole: geminiWhole,
		stream: geminiStream, fail: geminiFail, streams: geminiStreams,
		failed: func(s Step) []byte { return event("", geminiFail(s)) },
		counts: ":countTokens",
		count:  func(n int) []byte { return encode(obj{"totalTokens": n}) },
		usage: func(u quire.Usage) quire.Usage {
			return quire.Usage{Input: u.Input, CachedInput: u.CachedInput, Output: u.Output, Reasoning: u.Reasoning}
		},
		stops:   []quire.StopReason{quire.StopRefused},
		thinker: "gemini-3-pro",
		thinks: []quire.Part{
			quire.Reasoning{Text: "First the path."},
			quire.ToolCall{ID: "call_s", Name: "list", Args: `{"path":"s"}`, Signature: "c2lnbmF0dXJlKy8="},
		},
		proofs: []string{"c2lnbmF0dXJlKy8="},
	}
}

func geminiParts(p quire.Part) obj {
	switch p := p.(type) {
	case quire.Text:
		return obj{"text": p.Text}
	case quire.Reasoning:
		out := obj{"text": p.Text}
		if p.Text != "" {
			out["thought"] = true
		}
		if p.Signature != "" {
			out["thoughtSignature"] = p.Signature
		}
		return out
	case quire.ToolCall:
		out := obj{"functionCall": obj{"id": p.ID, "name": p.Name, "args": args(p)}}
		if p.Signature != "" {
			out["thoughtSignature"] = p.Signature
		}
		return out
	}
	return nil
}

// geminiChunk is a whole reply, or the piece of one that parts make up.
func geminiChunk(r *quire.Reply, parts []obj, last bool) obj {
	candidate := obj{"index": 0, "content": obj{"role": "model", "parts": parts}}
	if last {
		candidate["finishReason"] = map[quire.StopReason]string{
			quire.StopLength: "MAX_TOKENS", quire.StopRefused: "SAFETY", quire.StopOther: "OTHER",
		}[r.Stop]
		if candidate["finishReason"] == "" {
			candidate["finishReason"] = "STOP"
		}
	}
	return obj{
		"responseId": r.ID, "modelVersion": r.Model, "candidates": []obj{candidate},
		"usageMetadata": obj{
			"promptTokenCount": r.Usage.Input, "cachedContentTokenCount": r.Usage.CachedInput,
			"candidatesTokenCount": r.Usage.Output - r.Usage.Reasoning, "thoughtsTokenCount": r.Usage.Reasoning,
		},
	}
}

func geminiWhole(r *quire.Reply) []byte {
	parts := []obj{}
	for _, p := range r.Parts {
		if part := geminiParts(p); part != nil {
			parts = append(parts, part)
		}
	}
	return encode(geminiChunk(r, parts, true))
}

func geminiStream(w *streamWriter, r *quire.Reply) {
	for _, p := range r.Parts {
		if t, ok := p.(quire.Text); ok {
			for _, s := range pieces(t.Text) {
				w.event("", geminiChunk(r, []obj{{"text": s}}, false))
			}
		} else if part := geminiParts(p); part != nil {
			w.event("", geminiChunk(r, []obj{part}, false))
		}
	}
	w.event("", geminiChunk(r, []obj{}, true))
}

func geminiFail(s Step) []byte {
	status := map[providers.Code]string{
		providers.CodeRateLimited: "RESOURCE_EXHAUSTED", providers.CodeAuth: "UNAUTHENTICATED",
		providers.CodeUnavailable: "UNAVAILABLE",
	}[s.Fail]
	if status == "" {
		status = "INVALID_ARGUMENT"
	}
	return encode(obj{"error": obj{"code": s.status(), "status": status, "message": s.message()}})
}

// geminiStreams: the path says it.
func geminiStreams(req *http.Request, _ []byte) bool {
	return strings.HasSuffix(req.URL.Path, ":streamGenerateContent")
}

// geminiModel takes the model's name from the path, since no body has it.
func geminiModel(path string) string {
	name, _, _ := strings.Cut(path[strings.LastIndexByte(path, '/')+1:], ":")
	return name
}
