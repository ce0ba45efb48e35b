package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/quire-dev/quire/internal/replaying"
)

// listPrices prints the cost models that are known; with sources, where each
// was read.
func listPrices(w io.Writer, sources bool) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tREAD\tWRITE\tFROM TOKENS\tLIVES\tPROVIDER\tMODELS")
	for _, m := range replaying.Caches() {
		lives := "unknown"
		if m.TTL > 0 {
			lives = m.TTL.String()
		}
		names := strings.Join(m.Models, " ")
		if len(names) > 60 {
			names = names[:60] + "…"
		}
		fmt.Fprintf(t, "%s\t%g\t%g\t%d\t%s\t%s\t%s\n", m.Name, m.Read, m.Write, m.MinPrefix, lives, m.Provider, names)
	}
	t.Flush()
	if sources {
		fmt.Fprintln(w)
		for _, m := range replaying.Caches() {
			fmt.Fprintf(w, "%s: %s (%s)\n", m.Name, m.Source, m.Date)
		}
	}
	fmt.Fprintln(w, "\nPrices are in units of one uncached input token. -price takes a name or a model; -price list -v adds the sources.")
}
