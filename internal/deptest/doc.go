// Package deptest holds the rules of this repository that a compiler does not:
// which package may import which (rooms_test.go), which foreign modules may be
// used and why (modules_test.go), and how long a file may be (size_test.go). A
// test that fails says what to do about it.
package deptest
