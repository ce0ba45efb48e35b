package deptest

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEveryCommandIsListed holds that the table of commands in CONTRIBUTING.md has each
// program of this repository, and each measurement of bench, and none that is not there.
func TestEveryCommandIsListed(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	require.NoError(t, err)
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `go run \\./([^`]+)` \\|").FindAllStringSubmatch(string(b), -1) {
		listed[row[1]] = true
	}
	want := map[string]bool{}
	for _, f := range goFiles(t, true) {
		switch text := f.text(t); {
		case f.test || !regexp.MustCompile(`(?m)^package main$`).MatchString(text):
		case f.dir() == "bench":
			for _, row := range regexp.MustCompile(`(?m)^\t\t"(\w+)": +of\(`).FindAllStringSubmatch(text, -1) {
				want["bench "+row[1]] = true
			}
		default:
			want[f.dir()] = true
		}
	}
	require.Greater(t, len(want), 10, "the programs were not found")
	assert.Equal(t, sortedKeys(want), sortedKeys(listed), "the table of commands in CONTRIBUTING.md does not list what there is")
}
