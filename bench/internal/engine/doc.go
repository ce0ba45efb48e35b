// Package engine makes a real server to measure against, Ollama's own, from the package
// registries alone, and a model for it that nobody trained: random weights, a real
// vocabulary, and an output layer that is programmed to say one sentence or to make one
// call. What it answers means nothing. What it counts, keeps in its cache, streams and
// refuses is the server's own doing, and that is what is measured.
package engine
