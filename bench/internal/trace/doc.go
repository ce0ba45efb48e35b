// Package trace holds what agents lived through, call by call: the messages that
// came, what the agent named in its answers, and until when each message was
// needed. Recorded runs and synthetic ones have the same shape.
package trace
