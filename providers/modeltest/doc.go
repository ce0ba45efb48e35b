// Package modeltest tests implementations of [providers.Model].
//
// [NewServer] is a server on a local port that speaks a vendor's wire format by
// a [Script] and checks every request with package promptcheck. [Run] is the
// kit: it opens the model under test on scripts and holds it to rules, each
// with its text. A model of one's own is tested like this:
//
//	modeltest.Run(t, func(t *testing.T, s modeltest.Script) providers.Model {
//		srv := modeltest.NewServer(t, quire.APIAnthropic, s)
//		return mymodel.New(srv.URL, "key", "claude-opus-5")
//	})
//
// [RunAs] also names the format, so that the kit knows what usage and what
// reasoning to ask for. What a model can't do is an exception with its reason
// ([RunExcept]); what it does not offer (streaming, counting) is skipped.
//
// The model must not retry by itself: each step of a script answers one request.
// One that can be told to retry is held to more rules by [RunRetrying].
//
// A model behind a server that nobody scripts, a real one, is held by [RunServer] to what
// can be asked whatever it answers.
package modeltest
