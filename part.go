package quire

// Part is one piece of a message: one of [Text], [ToolCall], [ToolResult],
// [Image], [Blob], [Ref], [Reasoning] and [Opaque]. The set is sealed: a
// program that meets a kind it does not know carries it as Opaque, byte for
// byte. Parts are values; slices inside them must not be modified once the
// part is in a message.
//
// Stores encode parts; this package exports no encoding of its own. json.Marshal writes
// a part without its kind, so that what it wrote can't be read back: a program that
// keeps a list for a compose.Session stores it in its own form.
type Part interface{ isPart() }

// Text is text as its author wrote it.
type Text struct {
	Text string
	// Phase is what OpenAI says of a text of its model's: "commentary" on the way, or the
	// "final_answer". It goes back with it; else empty.
	Phase string
}

// ToolCall is a model's request to run a tool. Args holds the exact bytes that
// the model wrote: usually a JSON object, but it may be anything, since models
// do return nonsense; [ToolCall.ValidArgs] tells.
type ToolCall struct {
	ID   string // unique among the calls of one message; may be reused later
	Name string
	Args string
	// Signature is what some providers attach to a call and want back
	// unchanged (Gemini's thoughtSignature); empty elsewhere.
	Signature string
}

// ToolResult answers the ToolCall with the same ID in the assistant message
// before it. Parts hold Text, Image, Blob, Ref and Opaque only.
type ToolResult struct {
	CallID  string
	Name    string // of the tool; some wire formats want it
	Parts   []Part
	IsError bool
}

// Image is a picture, by value or by URL.
type Image struct {
	MediaType     string // "image/png"
	Data          []byte // nil when URL is set
	URL           string
	Width, Height int // pixels; 0 when unknown
}

// Blob stands for content that was too large to keep inside its message. The store holds the content in chunks under Digest; Head
// and Tail are its beginning and end, cut at rune boundaries, so that a message
// can be rendered without reading the chunks.
type Blob struct {
	Digest    Digest
	Size      int64  // bytes of the whole content
	MediaType string // "text/plain" for text
	Head      string
	Tail      string
}

// Ref shows content that lives in another message: what a pull puts into the
// context is a Ref, never a copy. From and To are a byte range of the part's
// text; To 0 means to its end.
type Ref struct {
	Message MessageID
	UID     UID // of the message in the mailbox of the reader
	Part    int // index in the message, or PartAll or PartBeside
	From    int64
	To      int64
	Digest  Digest // of the content referred to; zero when unknown
}

// What Ref.Part may be besides an index.
const (
	PartAll    = -1 // all parts of the message
	PartBeside = -2 // bytes From to To of the message stand in the Text that follows the Ref: of a Blob they are not in it
)

// Reasoning is what a model thought before it answered. It belongs to the
// model that made it and is sent back to that model only, byte for byte.
type Reasoning struct {
	Model     string // the model that made it, as the provider names it
	Asked     string // the name that the request had for it, where that is another one: a deployment's, an alias; else empty
	ID        string // the provider's id of the item; may be empty
	Text      string // readable thinking or its summary; may be empty
	Signature string // the provider's proof over Text; may be empty
	// Data is opaque or encrypted content (redacted thinking, encrypted reasoning); of the
	// chat format, the fields of a message that hold it, as a JSON object.
	Data string
}

// Opaque carries a part whose kind this program does not know. Raw is the JSON
// object as it was read, and is written back byte for byte.
type Opaque struct {
	Kind string
	Raw  []byte
}

func (Text) isPart()       {}
func (ToolCall) isPart()   {}
func (ToolResult) isPart() {}
func (Image) isPart()      {}
func (Blob) isPart()       {}
func (Ref) isPart()        {}
func (Reasoning) isPart()  {}
func (Opaque) isPart()     {}
