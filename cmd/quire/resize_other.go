//go:build !unix

package main

import "os"

// whenResized never tells anything: the next drawing asks for the size.
func whenResized() (<-chan os.Signal, func()) { return nil, func() {} }
