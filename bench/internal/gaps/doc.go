// Package gaps is `bench gaps`: what the lives of cache marks cost in lives that wait.
package gaps
