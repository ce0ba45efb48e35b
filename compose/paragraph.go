package compose

import (
	"github.com/quire-dev/quire/internal/render"
)

// SystemParagraph explains handles, fences, stubs, tombstones and the notice to a model.
// It is constant; put it into the system prompt of an agent that reads its mail. Package
// agent does.
const SystemParagraph = render.SystemParagraph
