package agent_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/models"
)

// parrot is a model that answers mail with its own words, and says what is known of it.
type parrot struct{}

func (parrot) Generate(_ context.Context, p *quire.Prompt) (*quire.Reply, error) {
	last := p.Messages[len(p.Messages)-1]
	if last.Role == quire.RoleTool {
		return &quire.Reply{Parts: []quire.Part{quire.Text{Text: "Answered."}}}, nil
	}
	lines := strings.Split(quire.PlainText(last.Parts), "\n")
	args := fmt.Sprintf(`{"reply_to":1,"text":"You said: %s"}`, lines[len(lines)-2])
	return &quire.Reply{Parts: []quire.Part{quire.ToolCall{ID: "1", Name: "mail_send", Args: args}}}, nil
}

func (parrot) Profile() models.Profile {
	return models.Profile{Name: "parrot-1", Window: 8000, MaxOutput: 500}
}

// An agent wakes on mail, answers it in a turn of two steps, and is idle again.
func Example() {
	ctx := context.Background()
	store := memstore.New(nil)
	a, err := agent.New(store.Box("ada"), parrot{}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	mail := quire.Draft{ID: "01890000-0000-7000-8000-000000000001", To: []quire.Address{"ada"},
		Kind: quire.KindMail, Subject: "Hello", Parts: []quire.Part{quire.Text{Text: "Good morning."}}}
	if _, err := store.Commit(ctx, mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail}}); err != nil {
		fmt.Println(err)
		return
	}

	turn, err := a.Turn(ctx)
	fmt.Println(turn.Steps, "steps, handled", turn.Handled, turn.Text, err)

	page, err := store.Query(ctx, "mia", mailbox.Query{})
	for _, row := range page.Rows {
		fmt.Println(row.From, row.Subject+":", row.Snippet, err)
	}
	turn, err = a.Turn(ctx)
	fmt.Println("idle:", turn.Idle, err)

	// Output:
	// 2 steps, handled [#1] Answered. <nil>
	// ada Re: Hello: You said: Good morning. <nil>
	// idle: true <nil>
}
