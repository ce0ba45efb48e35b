package mcp

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// separator stands between the names of a server and of its tool. No server's name has it,
// so that what stands before the first one is the server.
const separator = "__"

// maxToolName is what vendors take.
const maxToolName = 64

// notNameRune says whether a vendor refuses a rune in the name of a tool.
func notNameRune(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
}

// named gives each tool of a server the name that the model sees. Those whose own names can
// stand keep them; the others are mapped, and told apart by a digest of the own name where
// two would be the same.
func named(server string, tools []string) map[string]string {
	names, taken := map[string]string{}, map[string]bool{}
	give := func(tool, name string) {
		names[tool], taken[name] = name, true
	}
	var odd []string
	for _, tool := range tools {
		if name := server + separator + tool; tool != "" && len(name) <= maxToolName && !strings.ContainsFunc(tool, notNameRune) {
			give(tool, name)
		} else {
			odd = append(odd, tool)
		}
	}
	slices.Sort(odd) // the server's order may change
	for _, tool := range slices.Compact(odd) {
		name := server + separator + strings.Map(func(r rune) rune {
			if notNameRune(r) {
				return '_'
			}
			return r
		}, tool)
		if len(name) > maxToolName || taken[name] || tool == "" {
			sum := sha256.Sum256([]byte(tool))
			mark := "_" + hex.EncodeToString(sum[:4])
			name = name[:min(len(name), maxToolName-len(mark))] + mark
		}
		give(tool, name)
	}
	return names
}
