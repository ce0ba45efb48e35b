// Package overhead is `bench overhead`: what quire adds to a model call, beside the
// vendor's client that sends the same bytes to the same server on this machine.
package overhead
