package look

import (
	"time"

	"github.com/quire-dev/quire"
)

// Late says whether a question's deadline is over: whoever asked waits no more.
func Late(q *quire.Question, now time.Time) bool {
	return q != nil && !q.ReplyBy.IsZero() && q.ReplyBy.Before(now)
}
