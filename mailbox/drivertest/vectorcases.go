package drivertest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

var vectorCases = []testCase{
	{rule: "vectors are kept by mailbox, model and message, and the last one counts", run: func(k *kit) {
		k.send("mia", k.mail("1", "ada", "ben"), k.mail("2", "ada"), k.mail("3", "ada"))
		k.putVectors("ada", "m/2", driver.Vector{UID: 1, Data: []byte{0, 255, 7}}, driver.Vector{UID: 2, Data: []byte("two")})
		k.putVectors("ada", "n/2", driver.Vector{UID: 2, Data: []byte("other")})
		k.putVectors("ada", "m/2", driver.Vector{UID: 2, Data: []byte("anew")}, driver.Vector{UID: 3, Data: nil}, driver.Vector{UID: 9, Data: []byte("of nothing")})
		same(k, k.vectors("ada", "m/2", 1, 2, 3, 9), []string{"1 \x00\xff\x07", "2 anew", "3 "}, "the vectors of a model")
		same(k, k.vectors("ada", "m/2", 2), []string{"2 anew"}, "one of them")
		same(k, k.vectors("ada", "n/2", 1, 2, 3), []string{"2 other"}, "the vectors of another model")
		same(k, k.vectors("ada", "N/2", 1, 2, 3), nil, "those of a model that has none")
		same(k, k.vectors("ben", "m/2", 1, 2, 3), nil, "those in another mailbox with the message")
		same(k, k.vectors("nobody", "m/2", 1), nil, "those in a mailbox that was never written to")
		before := k.status("ada").State
		k.putVectors("ada", "m/2", driver.Vector{UID: 1, Data: []byte("x")})
		same(k, k.status("ada").State, before, "the state of the mailbox after it")
		for _, model := range []string{"", strings.Repeat("m", 256), "\xff"} {
			k.wants(k.store.PutVectors(k.ctx, "ada", model, nil), mailbox.ErrInvalid, "a model's name that can't be")
		}
		k.wants(k.store.PutVectors(k.ctx, "ada", "m/2", []driver.Vector{{UID: 1, Data: make([]byte, 64<<10+1)}}), mailbox.ErrInvalid, "a vector that is too large")
	}},
	{rule: "what is expunged leaves no vector, whatever the model", run: func(k *kit) {
		k.send("mia", k.mail("1", "ada", "ben"), k.mail("2", "ada"))
		for _, model := range []string{"m/2", "n/2"} {
			k.putVectors("ada", model, driver.Vector{UID: 1, Data: []byte("one")}, driver.Vector{UID: 2, Data: []byte("two")})
			k.putVectors("ben", model, driver.Vector{UID: 1, Data: []byte("one")})
		}
		k.must(second(k.store.Expunge(k.ctx, "ada", []quire.UID{1})), "Expunge")
		k.putVectors("ada", "m/2", driver.Vector{UID: 1, Data: []byte("late")})
		for _, model := range []string{"m/2", "n/2"} {
			same(k, k.vectors("ada", model, 1, 2), []string{"2 two"}, "the vectors of %s that are left", model)
			same(k, k.vectors("ben", model, 1), []string{"1 one"}, "those of %s in another mailbox", model)
		}
	}},
	{rule: "what is forgotten leaves no vector, in any mailbox", run: func(k *kit) {
		d := k.mail("1", "ada", "ben")
		k.send("mia", d, k.mail("2", "ada"))
		k.putVectors("ada", "m/2", driver.Vector{UID: 1, Data: []byte("one")}, driver.Vector{UID: 2, Data: []byte("two")})
		k.putVectors("ben", "n/2", driver.Vector{UID: 1, Data: []byte("one")})
		k.forget(mailbox.Forget{Messages: []quire.MessageID{d.ID}})
		k.putVectors("ada", "m/2", driver.Vector{UID: 1, Data: []byte("late")})
		same(k, k.vectors("ada", "m/2", 1, 2), []string{"2 two"}, "the vectors that are left")
		same(k, k.vectors("ben", "n/2", 1), nil, "those in another mailbox")
	}},
	{rule: "vectors of other models are dropped, of many messages too", run: func(k *kit) {
		const many = 3
		for range many {
			k.send("mia", k.mail("x", "ada", "ben"))
		}
		for uid := range quire.UID(many) {
			for _, model := range []string{"m/2", "n/2", "o/2"} {
				k.putVectors("ada", model, driver.Vector{UID: uid + 1, Data: []byte("v")})
				k.putVectors("ben", model, driver.Vector{UID: uid + 1, Data: []byte("v")})
			}
		}
		if d := k.below(); d != nil {
			more := true
			for calls := 0; more; calls++ {
				same(k, calls <= many, true, "it comes to an end")
				_, err := d.Update(k.ctx, driver.Update{Repeatable: true}, func(w driver.Write) error {
					err := w.Lock("ben")
					if err == nil {
						more, err = w.DropVectors("ben", "n/2", 1)
					}
					return err
				})
				k.must(err, "DropVectors of a driver")
			}
			same(k, len(k.vectors("ben", "m/2", 1, 2, 3))+len(k.vectors("ben", "o/2", 1, 2, 3)), 0, "what is left after the last piece")
			same(k, len(k.vectors("ben", "n/2", 1, 2, 3)), many, "the vectors that were kept")
		}
		k.must(k.store.DropVectors(k.ctx, "ada", "n/2"), "DropVectors")
		same(k, k.vectors("ada", "m/2", 1, 2, 3), nil, "the vectors of one of the others")
		same(k, k.vectors("ada", "o/2", 1, 2, 3), nil, "those of another one")
		same(k, k.vectors("ada", "n/2", 1, 2, 3), []string{"1 v", "2 v", "3 v"}, "those of the one that stays")
		k.must(k.store.DropVectors(k.ctx, "ada", ""), "DropVectors of all")
		same(k, k.vectors("ada", "n/2", 1, 2, 3), nil, "what is left after all went")
		k.must(k.store.DropVectors(k.ctx, "nobody", "n/2"), "DropVectors in a mailbox that was never written to")
	}},
}

func (k *kit) putVectors(addr quire.Address, model string, list ...driver.Vector) {
	k.must(k.store.PutVectors(k.ctx, addr, model, list), "PutVectors")
}

// vectors reads them, as lines in the order of numbers.
func (k *kit) vectors(addr quire.Address, model string, uids ...quire.UID) []string {
	list, err := k.store.Vectors(k.ctx, addr, model, uids)
	k.must(err, "Vectors")
	slices.SortFunc(list, func(x, y driver.Vector) int { return cmp.Compare(x.UID, y.UID) })
	var out []string
	for _, v := range list {
		out = append(out, v.UID.String()[1:]+" "+string(v.Data))
	}
	return out
}
