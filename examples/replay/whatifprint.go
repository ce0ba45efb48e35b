package main

import (
	"io"

	"github.com/quire-dev/quire/internal/replaying"
)

// printWhatIf writes the table for people.
func (o *options) printWhatIf(w io.Writer, r *replaying.WhatIf, then *replaying.Then, would replaying.Rules) error {
	r.WriteHead(w, then, &would)
	if err := r.WriteTable(w); err != nil {
		return err
	}
	r.WriteNotes(w)
	if o.calls {
		return r.WriteCalls(w)
	}
	return nil
}
