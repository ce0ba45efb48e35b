package anthropicmodel_test

import (
	"github.com/quire-dev/quire/providers/anthropicmodel"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func() (*anthropicmodel.Model, error) {
	m, err := anthropicmodel.New("claude-opus-5", nil)
	return m, err
}
