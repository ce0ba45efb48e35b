// Package look is what the command line and the web page both read of a store: an agent's
// context and receipts, what its calls cost, why a call saw a message or did not; and how
// what mail says is shown, so that it can't draw on a screen.
package look
