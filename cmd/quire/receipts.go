package main

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/compose"
	"github.com/quire-dev/quire/internal/look"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/price"
)

// state reads an agent's context as it is stored; mail that waits is not in it.
func (r *request) state(s *mailbox.Store, addr quire.Address) (mailbox.Snapshot, compose.State, error) {
	return look.State(r.ctx, s, addr)
}

// receipts hands the receipts of calls from..to to do, in order. Those that do not say how
// the call was configured get what the one before them said.
func (r *request) receipts(s *mailbox.Store, addr quire.Address, from, to uint64, do func(*compose.Receipt) error) error {
	return look.Receipts(r.ctx, s, addr, from, to, do)
}

// pay is what a call cost in money, by the prices that this program knows of its model; false
// when they are not known, or nothing was reported.
func pay(setup *compose.Setup, u quire.Usage) (price.Money, bool) { return look.Pay(setup, u) }

// modelOf names the model of a call.
func modelOf(r *compose.Receipt) string { return look.ModelOf(r) }
