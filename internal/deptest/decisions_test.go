package deptest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	headOfDecision = regexp.MustCompile(`\A# (\d{4}): (.+)\n\nDate: (\d{4}-\d\d-\d\d) · Status: (.+)\n\n`)
	linkToDecision = regexp.MustCompile(`\[(\d{4})\]\((\d{4}-[^)]+\.md)\)`)
)

// TestDecisionsAreListed holds that docs/decisions/README.md has a row for each
// decision, in order, with the title, date and status of its page, and that its links
// lead somewhere.
func TestDecisionsAreListed(t *testing.T) {
	folder := filepath.Join(root, "docs/decisions")
	b, err := os.ReadFile(filepath.Join(folder, "README.md"))
	require.NoError(t, err)
	var listed []string
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "| [") {
			listed = append(listed, linkToDecision.ReplaceAllString(strings.TrimSpace(line), "$1"))
		}
	}
	for _, link := range linkToDecision.FindAllStringSubmatch(string(b), -1) {
		assert.True(t, strings.HasPrefix(link[2], link[1]+"-"), "the link of %s is to %s", link[1], link[2])
		assert.FileExists(t, filepath.Join(folder, link[2]))
	}
	files, err := filepath.Glob(filepath.Join(folder, "[0-9]*.md"))
	require.NoError(t, err)
	require.Greater(t, len(files), 30, "the decisions were not found")
	var want []string
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		head := headOfDecision.FindStringSubmatch(string(b))
		name := filepath.Base(file)
		if assert.NotNil(t, head, "%s does not begin with its number, title, date and status: see the template in 0001", name) {
			assert.Equal(t, name[:4], head[1], "the number in %s", name)
			want = append(want, fmt.Sprintf("| %s | %s | %s | %s |", head[1], head[2], head[3], head[4]))
		}
	}
	assert.Equal(t, want, listed, "docs/decisions/README.md does not list the decisions as their pages say")
}
