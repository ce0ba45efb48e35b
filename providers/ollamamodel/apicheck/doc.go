// Package apicheck holds ollamamodel to the types of Ollama's own source: every
// request, reply and line of a stream that the kit and a prompt with all that a
// prompt may have make. It is nothing but tests. It is a module of its own because
// Ollama's types come in one module with its server: in ollamamodel's go.mod they
// would be in the graph, and in the audits, of everyone who uses that.
package apicheck
