package mcp

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/jsontext"
)

// failedError is a result by which the server says that the tool failed.
type failedError struct{ text string }

func (e *failedError) Error() string { return e.text }

// resultOf turns a result into parts of a message, all of it: what no model can be shown
// stays in the message, with a note of what it is. A large text is kept by reference by the
// store that the message goes to.
func resultOf(res *sdk.CallToolResult) ([]quire.Part, error) {
	var parts []quire.Part
	said := false // in text
	for _, c := range res.Content {
		if text, ok := c.(*sdk.TextContent); ok && text.Text != "" {
			said = true
		}
		parts = append(parts, partsOf(c)...)
	}
	if !said && res.StructuredContent != nil { // beside text it says the same once more
		if b, err := json.Marshal(res.StructuredContent); err == nil {
			parts = append(parts, quire.Text{Text: string(b)})
		}
	}
	if !res.IsError {
		return parts, nil
	}
	if len(parts) == 1 {
		if text, ok := parts[0].(quire.Text); ok {
			return nil, &failedError{text.Text}
		}
	}
	return parts, &failedError{"the tool says that it failed"}
}

// partsOf turns one piece of content into parts.
func partsOf(c sdk.Content) []quire.Part {
	switch c := c.(type) {
	case *sdk.TextContent:
		return text(c.Text)
	case *sdk.ImageContent:
		return media("image", c.MIMEType, c.Data)
	case *sdk.AudioContent:
		return media("audio", c.MIMEType, c.Data)
	case *sdk.ResourceLink:
		return text(linkLine(c.URI, c.Name, c.Title, c.MIMEType, c.Description, c.Size))
	case *sdk.EmbeddedResource:
		if c.Resource == nil {
			return text("(an embedded resource without content)")
		}
		return resourceParts(c.Resource)
	}
	b, err := json.Marshal(c)
	if err != nil {
		return text(fmt.Sprintf("(content of type %T, which can't be shown)", c))
	}
	return []quire.Part{kept("content", "application/json", b)}
}

func text(s string) []quire.Part {
	if s == "" {
		return nil
	}
	return []quire.Part{quire.Text{Text: jsontext.Clean(s)}}
}

// resourceParts is what stands in a resource, under a line that names it.
func resourceParts(r *sdk.ResourceContents) []quire.Part {
	head := "resource " + oneLine(r.URI, maxLine)
	if r.MIMEType != "" {
		head += ", " + oneLine(r.MIMEType, 100)
	}
	if r.Blob == nil {
		return text(head + ":\n" + r.Text)
	}
	return append(text(head+":"), media("file", r.MIMEType, r.Blob)...)
}

// linkLine names a resource that can be read.
func linkLine(uri, name, title, media, about string, size *int64) string {
	s := "resource " + oneLine(uri, maxLine)
	if title == "" {
		title = name
	}
	if title != "" {
		s += fmt.Sprintf(" %q", oneLine(title, 200))
	}
	if media != "" {
		s += ", " + oneLine(media, 100)
	}
	if size != nil && *size > 0 {
		s += fmt.Sprintf(", %d bytes", *size)
	}
	if about != "" {
		s += ": " + oneLine(about, maxLine)
	}
	return s
}

// pictures are what every vendor takes as an image. One of another type, or of which the
// bytes say something else, would have the whole prompt refused.
var pictures = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// media keeps bytes: as an image, where they are one that models are shown, as text, where
// they are that, and else for programs and people only.
func media(what, typ string, data []byte) []quire.Part {
	typ = strings.ToLower(oneLine(typ, 100))
	is := http.DetectContentType(data)
	switch {
	case len(data) == 0:
		return text(fmt.Sprintf("(%s %s without content)", what, typ))
	case pictures[is]:
		return []quire.Part{quire.Image{MediaType: is, Data: data}}
	case what != "audio" && (strings.HasPrefix(typ, "text/") || typ == "application/json" || typ == "image/svg+xml") && !bytes.Contains(data, []byte{0}):
		return text(string(data))
	}
	if typ == "" {
		typ, _, _ = strings.Cut(is, ";")
	}
	return []quire.Part{quire.Text{Text: fmt.Sprintf("(%s of type %s, %d bytes: kept in this message, and can't be shown)", what, typ, len(data))}, kept(what, typ, data)}
}

// kept is a part that no prompt shows: {"kind":"mcp/audio","mediaType":"audio/wav","data":
// base 64}.
func kept(what, typ string, data []byte) quire.Part {
	kind := "mcp/" + what
	o := jsontext.Object{}
	o.String("kind", kind)
	o.String("mediaType", typ)
	o.String("data", base64.StdEncoding.EncodeToString(data))
	return quire.Opaque{Kind: kind, Raw: o.End()}
}
