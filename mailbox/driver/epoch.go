package driver

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// NewEpoch makes the name of an epoch: a new store begins with one.
func NewEpoch() (string, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", fmt.Errorf("an epoch's name: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}
