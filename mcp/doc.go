// Package mcp joins agents and mailboxes to the Model Context Protocol, both ways: an agent
// gets the tools of MCP servers, and MCP clients get a mailbox. The protocol itself is that of
// github.com/modelcontextprotocol/go-sdk, whose package is called sdk here. It is a module of
// its own, so that only those who import it get the SDK.
//
// # The tools of servers, for an agent
//
// A [Client] starts servers, or connects to them, and keeps them running:
//
//	servers, err := mcp.New([]mcp.Server{
//		{Name: "files", Command: []string{"npx", "-y", "@modelcontextprotocol/server-filesystem", "/srv/docs"}},
//		{Name: "wiki", URL: "https://wiki.example.org/mcp"},
//	}, &mcp.Options{Box: store.Box("ada"), Owner: "mia"})
//	if err != nil {
//		return err
//	}
//	defer servers.Close()
//	ada, err := agent.New(store.Box("ada"), model, &agent.Options{MoreTools: servers.Tools})
//
// The model sees files__read_file and the like, with the server's own description and schema.
// With MoreTools what a server adds or takes away is there when the next turn begins, and a
// server that can't be reached takes nobody down: a call of its tools is an error that says
// why, and when it is tried again.
//
// Results are messages as those of any tool. A large text is kept by reference by the store.
// Images that vendors take are shown; audio, other images and files stay in the message as
// parts of kind mcp/audio, mcp/image and mcp/file, with a note of what they are. A server with
// resources has a tool more, which reads them: files__resources.
//
// A server may want to know something of a person in the middle of a call (elicitation). It
// is asked by mail, as a question from the agent to [Options.Owner], whose default is to
// decline. The call waits for the answer. A call that a crash cut off, and that may be run
// again, finds the question that it asked, and its answer.
//
// # What is trusted
//
// Nothing that a server says is believed until [Server.Trusted] says so, and then only that a
// tool may be run twice. Its descriptions stand in the prompt and its results are read by the
// model, so connect servers that you would let speak to your model; [Server.Allow] chooses
// among their tools. Its program runs with your rights, but gets none of your environment's
// keys. It may ask a person 16 times in a call, and what it says there is quoted line by line.
// Requests for the model (sampling), for folders (roots) and log messages are not served.
//
// # A mailbox, for MCP clients
//
// [Serve] serves one mailbox to one client over any transport of the SDK, and a [Handler]
// serves many over HTTP. Coding agents that share a store mail each other so; the command
// quire mcp is Serve over standard input and output. The tools are mail_find, mail_read,
// mail_send, mail_reply, mail_answer, mail_done and mail_wait; the resources are quire://inbox
// and quire://messages/12. Who subscribes to one is told when it changes, by a wait of the
// store: nothing is polled that the store does not poll itself.
//
// Claude Code 2.1.332 and Codex 0.171.0, each with a script for its model, mailed each other
// through quire mcp on one file: one sent and waited by quire wait in its shell, the other read,
// asked back and replied; Claude Code read the inbox as a resource. It speaks the version
// 2026-07-28 of the protocol, Codex 2025-06-18; neither subscribes to anything. Both tell a call that they give
// up on, which ends its wait: Claude Code after its MCP_TOOL_TIMEOUT, whatever progress it hears
// of, Codex after 300 seconds.
//
// A client acts as one address, and has the rights of the store that the box is of: make it
// with [mailbox.Store.As]. Mail is shown between lines with a code that its sender can't know.
package mcp
