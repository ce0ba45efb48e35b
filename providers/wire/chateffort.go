package wire

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/models"
)

// chatEffort returns the effort that a request asks for, "" for none.
func chatEffort(p *quire.Prompt, d *models.Dialect) string {
	switch {
	case d.Thinks != thinkEffort:
		return ""
	case len(p.Tools) > 0 && d.NoneWithTools:
		return "none"
	case p.Thinking <= 0, len(p.Tools) > 0 && d.NoEffortWithTools:
		return ""
	}
	return effort(p.Thinking)
}

// validateChat refuses what no setting of the format makes good.
func validateChat(p *quire.Prompt, d *models.Dialect) error {
	if len(p.Tools) > 0 && d.NoTools {
		return broken(quire.APIOpenAIChat, "C8", "model %q takes no tools on Chat Completions: use the Responses format", p.Model)
	}
	return nil
}
