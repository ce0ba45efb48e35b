package look

import "github.com/quire-dev/quire"

// IDOf names what an action sends about a message: doing it twice sends it once.
func IDOf(action string, box quire.Address, about quire.MessageID) quire.MessageID {
	return quire.MessageID("inspect-" + action + "-" + quire.DigestOf([]byte(string(box)+"\x00"+string(about))).String())
}

// AnswerID is the id of a person's answer to a question, on whichever page or command line:
// two of them can't answer otherwise without knowing of each other.
func AnswerID(box quire.Address, question quire.MessageID) quire.MessageID {
	return IDOf("answer", box, question)
}
