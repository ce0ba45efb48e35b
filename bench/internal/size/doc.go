// Package size is `bench size`: how long a program that imports quire and one adapter
// takes to build, and how large it is.
package size
