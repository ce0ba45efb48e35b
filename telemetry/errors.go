package telemetry

import (
	"context"
	"errors"
	"fmt"

	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/providers"
)

// errTool says that a tool's result is marked as an error.
var errTool = errors.New("the tool failed")

// kindOf is the error.type of an error: "canceled", "deadline_exceeded", the code of a
// model's, the limit of an agent's, "budget", "shared", "shutdown", "store", "left" of a
// stream that nobody listened to any more, "tool" of a tool's own, and else the Go type.
func kindOf(err error) string {
	var model *providers.Error
	var limit *agent.LimitError
	var budget *compose.BudgetError
	var store *mailbox.Error
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.As(err, &model):
		return string(model.Code)
	case errors.As(err, &limit):
		return "limit: " + limit.Limit
	case errors.As(err, &budget):
		return "budget"
	case errors.Is(err, agent.ErrShared):
		return "shared"
	case errors.Is(err, agent.ErrShutdown):
		return "shutdown"
	case errors.As(err, &store):
		return "store"
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline_exceeded"
	case errors.Is(err, errBroken):
		return "left"
	case errors.Is(err, errTool):
		return "tool"
	}
	return fmt.Sprintf("%T", err)
}
