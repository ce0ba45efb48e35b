// Package tools pins, in go.mod, the programs that checking this repository
// needs: "go tool staticcheck" in this folder, with GOWORK=off. It has no code.
//
// The module is not part of go.work on purpose: these programs may need a newer
// Go and newer libraries than what they check, and a workspace would make one
// choice of versions for all.
package tools
