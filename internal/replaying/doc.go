// Package replaying composes calls anew, under a budget and policy of one's choice: those of
// recorded sessions, compared with a program that never lets anything go, and an agent's own
// from its mailbox and its receipts, compared with what they were. No model is called.
package replaying
