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

// TestSecurityNamesTests holds that each test and each rule of the kit for stores that
// SECURITY.md names is there.
func TestSecurityNamesTests(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	require.NoError(t, err)
	page := strings.Join(strings.Fields(string(b)), " ")
	var tests, kit strings.Builder
	for _, f := range goFiles(t, true) {
		switch {
		case f.test:
			tests.WriteString(f.text(t))
		case f.dir() == "mailbox/drivertest":
			kit.WriteString(f.text(t))
		}
	}
	names := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(page, -1)
	require.Greater(t, len(names), 20)
	for _, name := range names {
		assert.True(t, strings.Contains(tests.String(), "\nfunc "+name[1]+"("), "SECURITY.md names %s, which is not there", name[1])
	}
	rules := regexp.MustCompile(`the rule "([^"]+)"`).FindAllStringSubmatch(page, -1)
	require.Greater(t, len(rules), 3)
	for _, rule := range rules {
		assert.True(t, strings.Contains(kit.String(), fmt.Sprintf("{rule: %q,", rule[1])), "SECURITY.md names the rule %q, which mailbox/drivertest does not have", rule[1])
	}
}
