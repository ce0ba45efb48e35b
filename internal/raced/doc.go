// Package raced tells tests whether the race detector watches them: then they take ten times
// as long, and long ones do less.
package raced
