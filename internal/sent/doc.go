// Package sent cuts the request that package wire makes of a prompt into the
// segments that package emulate plays a provider's cache with. It joins the two,
// so that neither has to know the other: what is compared with a prediction are
// the bytes that are really sent.
package sent
