// Package replaying composes the calls of recorded sessions anew, under a
// budget and policy of one's choice, and compares what would have been sent
// with what a program sends that never lets anything go. No model is called.
package replaying
