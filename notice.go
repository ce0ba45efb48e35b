package quire

import "time"

// Notice is what the lines at the very bottom of a prompt say: what waits in
// the mailbox. It is computed from the mailbox before every call, by the same
// read path as the mail tools, and never stored.
type Notice struct {
	Pending int            // deliveries that wait
	Urgent  int            // of them, due soon
	Tokens  int            // of the bodies that wait
	Headers []NoticeHeader // the few that are named
	// Void are messages that still stand in the prompt although their senders took
	// them back or replaced them. The composer fills it in.
	Void []UID
}

// NoticeHeader names one pending delivery.
type NoticeHeader struct {
	UID     UID
	From    Address
	Kind    Kind
	Subject string
	Tokens  int
	Due     time.Time // zero: never
	Trust   Trust
}
