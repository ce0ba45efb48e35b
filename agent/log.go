package agent

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/jsontext"
	"github.com/quire-dev/quire/providers"
)

// What the lines of [Options.Log] say. Their attributes are named agent, turn, step,
// model, code, status, err, attempt, wait, and what the line is about.
const (
	logRun       = "run begins"
	logRunEnds   = "run ends"
	logTurn      = "turn begins"
	logTurnEnds  = "turn ends"
	logCall      = "model call failed"
	logRefused   = "request refused"
	logBlamed    = "held back from the model"
	logSwitch    = "another model is asked"
	logOutage    = "outage begins"
	logOutage2   = "outage goes on"
	logWell      = "outage is over"
	logLimit     = "limit reached"
	logParked    = "parked"
	logTaken     = "lease taken"
	logHeld      = "lease is held by another process"
	logRenewal   = "lease not renewed"
	logLost      = "lease lost"
	logTool      = "tool did not end in time"
	logLeftOut   = "tool left out"
	logHung      = "call abandoned"
	logLate      = "abandoned call came back"
	logCommit    = "commit failed"
	logStore     = "store failed"
	logShared    = "another process runs the agent"
	logUnheeded  = "turn ended early"
	logShutdown  = "shutdown begins"
	logUnwatched = "mail is put off: no person takes part"
	logRecall    = "recall failed"
	logStream    = "stream failed"
	logCount     = "provider did not count"
	logNote      = "note not written"
	logProblem   = "composed all the same"
)

// maxWords is how many bytes of what a provider said stand in a line of the log.
const maxWords = 300

// logger is o.Log for one agent; nil logs nothing.
func (o *settings) logger() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log.With("agent", string(o.Address))
}

// cutWords is what an error says, in one line of at most maxWords bytes.
func cutWords(err error) string {
	if err == nil {
		return ""
	}
	return cutTo(strings.Join(strings.Fields(jsontext.Clean(err.Error())), " "), maxWords)
}

// cutTo cuts a text to bytes, where a rune ends.
func cutTo(s string, bytes int) string {
	if len(s) <= bytes {
		return s
	}
	n := bytes - len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// failing are the attributes of a call that failed.
func (a *Agent) failing(err error) []any {
	at := []any{"model", a.model().Profile.Name, "err", cutWords(err)}
	var failure *providers.Error
	if errors.As(err, &failure) {
		at = append(at, "code", string(failure.Code))
		if failure.Status != 0 {
			at = append(at, "status", failure.Status)
		}
	}
	return at
}

// composed says what was wrong with the input or a policy, once for as long as it lasts.
func (a *Agent) composed(p *compose.Plan) {
	said := strings.Join(p.Problems, " ")
	kind := strings.Map(func(r rune) rune { // its figures change from call to call
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, said)
	if kind != a.problems && said != "" {
		a.log.Warn(logProblem, "call", p.Call, "err", cutWords(errors.New(said)))
	}
	a.problems = kind
}

// turning says that a turn begins, and goes on in the open one without a word.
func (a *Agent) turning(m *moment) {
	a.log.Debug(logTurn, "turn", m.host.turn(), "mail", len(m.wake), "model", a.model().Profile.Name)
}

// turned says how a turn ended.
func (a *Agent) turned(ctx context.Context, t *TurnResult, err error) {
	level := slog.LevelDebug
	at := []any{"steps", t.Steps, "calls", t.Calls, "handled", len(t.Handled)}
	if err != nil {
		at = append(at, "err", cutWords(err))
	}
	a.log.Log(ctx, level, logTurnEnds, at...)
}

// survived hands over an error that does not end Run.
func (a *Agent) survived(err error) {
	if err != nil && a.o.OnError != nil {
		a.o.OnError(err)
	}
}
