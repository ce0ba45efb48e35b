package geminimodel_test

import (
	"github.com/quire-dev/quire/providers/geminimodel"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func() (*geminimodel.Model, error) {
	m, err := geminimodel.New("gemini-3-pro", nil)
	return m, err
}
