// Package adopt is `bench adopt`: what one long conversation costs a program on a vendor's
// own client, before and after it adopts package adopt, on a server that plays the vendor's
// cache.
package adopt
