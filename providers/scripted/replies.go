package scripted

import "github.com/quire-dev/quire"

// Text is a reply that says s and is done.
func Text(s string) quire.Reply {
	return quire.Reply{Parts: []quire.Part{quire.Text{Text: s}}, Stop: quire.StopEnd}
}

// Call is a reply that calls one tool. args are the bytes that the model wrote,
// usually a JSON object. The call's id is made by [New], unique in its script:
// "call_2_1" is the first part of the second reply.
func Call(name, args string) quire.Reply {
	return Calls(quire.ToolCall{Name: name, Args: args})
}

// Calls is a reply that calls several tools at once. Ids that are empty are
// made by [New].
func Calls(calls ...quire.ToolCall) quire.Reply {
	r := quire.Reply{Stop: quire.StopTools}
	for _, c := range calls {
		r.Parts = append(r.Parts, c)
	}
	return r
}

// Say returns r with text before its other parts: what models often say beside
// a call.
func Say(s string, r quire.Reply) quire.Reply {
	r.Parts = append([]quire.Part{quire.Text{Text: s}}, r.Parts...)
	return r
}
