// Package recall measures whether what a question needs is found in a mailbox and
// stands in the prompt, on long conversations whose questions are labelled with the
// messages that hold the evidence.
package recall
