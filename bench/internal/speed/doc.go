// Package speed is `bench speed`: how long one more prompt takes, by the size of the
// window and by the length of the past, beside langchaingo's buffer.
package speed
