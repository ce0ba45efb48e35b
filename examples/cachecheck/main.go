// Cachecheck answers "is my cache working?": after each call it holds what the provider
// read from its cache against what the plan promised, and says why a call missed, as far
// as plans tell. With an agent, call Look from agent.Options.OnStep.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/models"
	"github.com/quire-dev/quire/providers"
)

// Check looks at calls in their order.
type Check struct {
	Profile models.Profile

	last *quire.Prompt // of the call before
	at   time.Time
}

// Look says how much of a call was promised to be read, how much was, and why not more.
// Shares are compared and not tokens, since providers count otherwise than quire.
func (c *Check) Look(plan *compose.Plan, usage quire.Usage, now time.Time) string {
	promised, read := share(plan.Bill.Read, plan.Bill.Input()), share(usage.CachedInput, usage.Input)
	why := c.why(plan, usage, promised, read, now)
	prompt := plan.Prompt
	c.last, c.at = &prompt, now
	return fmt.Sprintf("call %d: promised %d%%, read %d%%: %s", plan.Call, promised, read, why)
}

func (c *Check) why(plan *compose.Plan, usage quire.Usage, promised, read int, now time.Time) string {
	const slack = 10 // percent
	switch ttl := c.Profile.Cache.TTL; {
	case usage.Input == 0:
		return "the provider reports no usage: nobody can tell"
	case usual(plan) && read >= promised-slack:
		return "as it should be"
	case c.last == nil:
		return "the first call: there is nothing to read yet"
	case c.last.Model != plan.Prompt.Model:
		return "another model: each has a cache of its own"
	case c.last.System != plan.Prompt.System:
		return "the system prompt changed, and everything stands behind it"
	case !reflect.DeepEqual(c.last.Tools, plan.Prompt.Tools):
		return "the tools changed, and everything stands behind them"
	case plan.Cold && ttl > 0 && now.Sub(c.at) > ttl:
		return fmt.Sprintf("the last call was %s ago, and the cache keeps for %s", now.Sub(c.at).Round(time.Second), ttl)
	case plan.CutReason != "" && read >= promised-slack:
		return "a cut (" + plan.CutReason + "): what stands behind it is written anew, once"
	case plan.Cold || plan.Bill.Read == 0:
		return fmt.Sprintf("nothing to read: %d tokens stayed the same, and the cache takes no prefix below %d", plan.Kept, c.Profile.Cache.MinPrefix)
	case plan.Reads < 1:
		return fmt.Sprintf("the provider keeps forgetting: plans believe %.0f%% of it by now", 100*plan.Reads)
	default:
		return "the provider forgot: it let go early, another server answered, or something changes requests on their way"
	}
}

// usual: nothing about the call makes it read less.
func usual(p *compose.Plan) bool { return !p.Cold && p.CutReason == "" && p.Bill.Read > 0 }

func share(part, all int) int { return 100 * part / max(all, 1) }

func main() {
	clock := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	if err := day(context.Background(), &provider{clock: &clock}, &clock, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// day is a conversation in which everything happens that makes a cache miss.
func day(ctx context.Context, model providers.Model, clock *time.Time, out io.Writer) error {
	profile, _ := models.Find("claude-sonnet-5")
	check := Check{Profile: profile}
	session := compose.NewSession(profile, &compose.SessionOptions{System: "You answer briefly.", Budget: 6000, Now: func() time.Time { return *clock }})
	var list []quire.PromptMessage
	for i := range 14 {
		*clock = clock.Add(time.Minute)
		switch i {
		case 4:
			*clock = clock.Add(2 * time.Hour) // lunch
		case 6:
			session.Options.System += " Be kind."
		}
		question := fmt.Sprintf("Question %d: %s", i, strings.Repeat("What about this and that? ", 80))
		list = append(list, quire.PromptMessage{Role: quire.RoleUser, Parts: []quire.Part{quire.Text{Text: question}}})
		plan, err := session.Next(list)
		if err != nil {
			return err
		}
		reply, err := model.Generate(ctx, &plan.Prompt)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, check.Look(plan, reply.Usage, *clock))
		if err := session.Sent(plan, reply.Usage); err != nil {
			return err
		}
		list = append(list, quire.PromptMessage{Role: quire.RoleAssistant, Parts: reply.Parts})
	}
	return nil
}
