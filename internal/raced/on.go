//go:build race

package raced

// On says whether it does.
const On = true
