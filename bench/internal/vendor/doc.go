// Package vendor writes replies as the vendors do, for clients that want bytes.
package vendor
