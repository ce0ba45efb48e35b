package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
)

// toolResources is the name of the tool that reads a server's resources: what results link
// to could not be read without.
const toolResources = "resources"

// maxListed is how many resources are listed.
const maxListed = 100

// resources is a tool that every server with resources gets. A read may be repeated: the
// protocol says that it changes nothing, whoever is trusted.
func (l *link) resources(taken map[string]string) agent.Tool {
	name := l.s.Name + separator + toolResources
	for _, has := range slices.Sorted(maps.Values(taken)) { // in order, so that none that was passed comes again
		if has == name {
			name += "_"
		}
	}
	return agent.Tool{
		Name:        name,
		Description: fmt.Sprintf("Read a resource of the server %s by its URI, or, without one, list what it has.", l.s.Name),
		Schema:      []byte(`{"type":"object","properties":{"uri":{"type":"string"}}}`),
		Repeatable:  true,
		Run: func(ctx context.Context, c agent.Call) ([]quire.Part, error) {
			var in struct {
				URI string `json:"uri"`
			}
			if s := strings.TrimSpace(c.Args); s != "" {
				if err := json.Unmarshal([]byte(s), &in); err != nil {
					return nil, fmt.Errorf("the arguments do not fit: %w", err)
				}
			}
			return l.call(ctx, c, true, func(ctx context.Context, s *sdk.ClientSession, _ string) ([]quire.Part, error) {
				if in.URI == "" {
					return listResources(ctx, s)
				}
				res, err := s.ReadResource(ctx, &sdk.ReadResourceParams{URI: in.URI})
				if err != nil {
					return nil, err
				}
				var parts []quire.Part
				for _, r := range res.Contents {
					parts = append(parts, resourceParts(r)...)
				}
				return parts, nil
			})
		},
	}
}

func listResources(ctx context.Context, s *sdk.ClientSession) ([]quire.Part, error) {
	var lines []string
	for r, err := range s.Resources(ctx, nil) {
		if err != nil {
			return nil, err
		}
		if len(lines) == maxListed {
			lines = append(lines, "There is more.")
			break
		}
		lines = append(lines, linkLine(r.URI, r.Name, r.Title, r.MIMEType, r.Description, &r.Size))
	}
	for t, err := range s.ResourceTemplates(ctx, nil) {
		if err != nil || len(lines) > maxListed {
			break // not every server has them
		}
		lines = append(lines, linkLine(t.URITemplate, t.Name, t.Title, t.MIMEType, t.Description, nil))
	}
	if len(lines) == 0 {
		return text("There are none."), nil
	}
	return text(strings.Join(lines, "\n")), nil
}
