package geminimodel_test

import (
	"github.com/quire-dev/quire/providers/geminimodel"
)

// What the documentation of the package shows. It is compiled, and not run.
var _ = func() (*geminimodel.Model, error) {
	m, err := geminimodel.New(geminimodel.Options{Model: "gemini-3-pro"})
	return m, err
}
