// Package replies reads the answers of providers that other projects recorded for their
// tests, and compares what package wire makes of them with a decoder of its own, which
// knows nothing of package wire: it is small, and reads the bytes as plain JSON.
package replies
