package modeltest

import "github.com/quire-dev/quire/providers"

// Rule is one rule that a model has to keep.
type Rule struct {
	Name  string // of the subtest
	Text  string // what it demands
	check func(k *kit) error
}

// Rules returns the rules of the kit, in the order in which [Run] tries them.
func Rules() []Rule {
	rules := []Rule{
		{"text", "a reply has the text that the provider sent, byte for byte, and stops with \"end\"", checkText},
		{"parallel-calls", "calls made side by side arrive in their order, each with its id and its arguments byte for byte, and the reply stops with \"tools\"", checkCalls},
		{"text-beside-calls", "text and calls of one reply both arrive, the text first", checkBoth},
		{"cut-off", "a reply that ran into the output limit stops with \"length\"", checkLength},
		{"usage", "usage is filled, with all classes that the format reports; its input counts cached and written tokens too", checkUsage},
		{"invalid-utf8", "bytes in a reply that are no UTF-8 become U+FFFD, streamed or whole", checkInvalidUTF8},
		{"history", "earlier calls, their results and text are sent back; the request is valid", checkHistory},
		{"prompt-untouched", "the prompt is not modified", checkUntouched},
		{"cut-off-call", "a call that ran into the output limit stops with \"length\", and quire.Reply.Whole does not count it", checkCutCall},
		{"stopped", "a reply that was refused, or that the server paused, stops with \"refused\" or \"paused\"", checkStopped},
		{"odd-usage", "usage that is written oddly, or can't be read, does not cost the reply", checkOddUsage},
		{"stream-odd", "a stream in a shape that servers are known to send is read for what it says", checkOddStreams},
		{"stream-garbled", "a stream in which nobody can tell what belongs to what, or that says nothing, is unavailable and never a reply", checkGarbled},
		{"reasoning", "reasoning arrives as it was sent, whole and streamed, and goes back byte for byte to the model that made it", checkReasoning},
		{"reasoning-elsewhere", "reasoning of one model never goes to another", checkReasoningElsewhere},
		{"stream-equals-whole", "a stream's last delta carries the whole reply, equal to what Generate returns; the deltas before it add up to it, and nothing follows", checkStream},
		{"stream-fails", "a stream that fails yields the typed error once, and nothing more", checkStreamError},
		{"stream-break", "breaking out of a stream ends the call and leaves no goroutine", checkStreamBreak},
		{"reply-cut", "a connection that breaks in the middle of a whole reply is unavailable", checkReplyCut},
		{"reply-garbage", "what follows a whole reply does not change it: it is the same, or bad-reply", checkReplyGarbage},
		{"error-in-200", "a failure that comes with status 200 in place of a reply has its code", checkErrorIn200},
		{"stream-big-event", "an event of more than 1 MB arrives whole", checkBigEvent},
		{"stream-cut", "a connection that breaks in the middle of a stream is unavailable", streamFault(Step{Fault: FaultCut}, providers.CodeUnavailable)},
		{"stream-half-event", "a stream that ends in the middle of an event is unavailable", streamFault(Step{Fault: FaultHalf}, providers.CodeUnavailable)},
		{"stream-error-inside", "a failure that the server reports in the middle of a stream has its code", checkErrorInside},
		{"stream-garbage", "what follows the end of a stream does not change the reply: it is the same, or bad-reply", checkStreamGarbage},
		{"stream-cancelled", "cancelling in the middle of a stream ends it with the context's error and leaves no goroutine", checkStreamCancelled},
		{"cancelled-before", "a call with a cancelled context fails with the context's error", checkCancelledBefore},
		{"cancelled-during", "cancelling a call in the middle ends it with the context's error and leaves no goroutine", checkCancelledDuring},
		{"concurrent", "a model is safe for concurrent use: each call gets its own reply", checkConcurrent},
	}
	return append(append(rules, errorRules()...), countRules()...)
}

// retryRules returns the rules of [RunRetrying].
func retryRules() []Rule {
	return []Rule{
		{"retry", "429, 500, 503 and 529 are tried again, whole and streamed", checkRetry},
		{"retry-delay", "the model waits at least as long as the server asks", checkRetryDelay},
		{"retry-gives-up", "after its tries the model fails with the last error and its delay", checkRetryGivesUp},
		{"retry-not-those", "a request that the server does not take is not sent again, nor one without a good key", checkRetryNotThose},
		{"retry-cancelled", "cancelling a call that waits for its next try ends it with the context's error", checkRetryCancelled},
	}
}
