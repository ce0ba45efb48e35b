// Package promptcheck says whether a request is one that its provider takes, by
// reading the request as it goes over the wire. It knows nothing of how the
// request was made, so it checks quire's encoders and everybody else's alike:
//
//	for _, v := range promptcheck.Check(quire.APIAnthropic, body) {
//		log.Print(v) // B1 messages[2]: results stand first in the next user message …
//	}
//
// The rules are a table: each has a code, where it is known from,
// a sentence, and one small function. [Check] applies those that can be seen in
// one request. What can't be seen there (whether a signature is genuine, whether
// the prompt fits the window) is not checked. [CheckPair] compares two requests
// that follow each other: what a provider's prefix cache needs.
package promptcheck
