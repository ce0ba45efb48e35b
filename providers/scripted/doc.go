// Package scripted is a model that answers by a script: for tests, examples and
// replays, without a network.
//
//	m := scripted.New(
//		scripted.Call("ls", `{"path":"."}`),
//		scripted.Text("There are two files."),
//	).CheckAs(quire.APIAnthropic)
//
// It records the prompts that it saw, and, with [Model.CheckAs], turns down any
// that a real provider would, so that a test fails where production would.
package scripted
