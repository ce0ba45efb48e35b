package compose

import (
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/internal/resident"
	"github.com/quire-dev/quire/policy"
)

// Standing is one row of what stands in a context: a message, or the line that stands
// for those that left.
type Standing struct {
	Seq     uint64 // of its group, as in [quire.PromptMessage]: rows of one are side by side
	UID     quire.UID
	Last    quire.UID       // of a line for what left: the last of it, UID is the first; else 0
	Left    int             // likewise: how many messages it stands for
	Message quire.MessageID // that stands
	Kind    quire.Kind
	Role    quire.Role
	From    quire.Address
	Tool    string       // of a result: the tool's name
	Calls   int          // of the model's own: how many calls of tools it makes
	Class   policy.Class // how it came to stand here
	Fate    Fate         // how it stands: whole, as an excerpt or as a stub; of a line for what left it is FateOut
	Keep    int          // of an excerpt: bytes of text that it shows
	Mark    policy.Mark  // why it may leave; empty: it is wanted
	Pinned  bool         // it may not leave
	Tokens  int          // that it takes
	Stub    int          // that it would take as a stub; 0: it can't be one
	Shows   []quire.UID  // what a pull's result shows
	Entered uint64       // call that first showed it
	LastUse uint64       // call in which the model last used it
	Now     bool         // it is of the exchange that goes on
}

// Items lists what stands in the context, in the order of the prompt: first what is
// pinned by configuration, then the log.
func (s *State) Items() []Standing {
	list := make([]Standing, 0, len(s.set.Head)+len(s.set.Log)*5/4)
	for _, entries := range [][]resident.Entry{s.set.Head, s.set.Log} {
		for i := range entries {
			e := &entries[i]
			if t := e.Tombstone; t != nil {
				list = append(list, Standing{Seq: e.Seq, UID: t.First, Last: t.Last, Left: t.Messages, Fate: FateOut, Tokens: t.Tokens})
			}
			for j := range e.Spans {
				sp := &e.Spans[j]
				list = append(list, Standing{Seq: e.Seq, UID: sp.UID, Message: sp.Message, Kind: sp.Kind, Role: sp.Role, From: sp.From, Tool: sp.Tool, Calls: callsIn(e, sp),
					Class: sp.Class, Fate: fateOf(sp.Form), Keep: sp.Keep, Mark: sp.Mark, Pinned: sp.Pinned, Tokens: sp.Tokens, Stub: sp.Stub, Shows: slices.Clip(sp.Shows),
					Entered: sp.Entered, LastUse: sp.LastUse, Now: sp.Turn == s.turn})
			}
		}
	}
	return list
}

// callsIn is how many calls a span makes: results stand in the entry of their calls.
func callsIn(e *resident.Entry, sp *resident.Span) int {
	if sp.Role != quire.RoleAssistant {
		return 0
	}
	return len(e.CallIDs)
}

func fateOf(f resident.Form) Fate {
	switch f {
	case resident.FormWhole:
		return FateIn
	case resident.FormStub:
		return FateStub
	}
	return FateExcerpt
}

// Through is the last of the owner's own messages that has entered the context.
func (s *State) Through() quire.UID { return s.set.Through }

// answered says whether the context ends with an answer of the model that calls no tool.
func (s *State) answered() bool {
	n := len(s.set.Log)
	if n == 0 || s.set.Log[n-1].Tombstone != nil {
		return false
	}
	e := &s.set.Log[n-1]
	return e.Spans[0].Role == quire.RoleAssistant && len(e.CallIDs) == 0
}
