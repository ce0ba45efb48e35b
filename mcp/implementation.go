package mcp

import (
	"runtime/debug"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// implementation is how both sides name themselves.
func implementation() *sdk.Implementation {
	version := "devel"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == "github.com/quire-dev/quire" && m.Version != "" {
				version = m.Version
			}
		}
	}
	return &sdk.Implementation{Name: "quire", Version: version}
}
