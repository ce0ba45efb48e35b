package mailbox

import (
	"context"
	"unicode/utf8"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Vectors that embedders made of messages are kept beside the deliveries, by model: a
// restart asks for none twice, and vectors of two models never meet. A model is named by
// whatever tells its vectors from others, at most 255 bytes of UTF-8. They change no
// [quire.State], go with their delivery when it is expunged, and can be made again, so
// that a crash of the machine (not of the process) may take back the last ones.

// Vectors reads the vectors of a model for messages, of those that have one, in any order.
func (s *Store) Vectors(ctx context.Context, addr quire.Address, model string, uids []quire.UID) (list []driver.Vector, err error) {
	err = s.view(ctx, "read vectors", addr, func(r driver.Read, box quire.Address) error {
		if err := validModel(model); err != nil {
			return err
		}
		list, err = r.Vectors(box, model, uids)
		return err
	})
	return list, err
}

// PutVectors keeps vectors of a model, each of at most 64 KiB, in place of those that it
// has for the same messages. What was expunged or forgotten
// meanwhile gets none.
func (s *Store) PutVectors(ctx context.Context, addr quire.Address, model string, list []driver.Vector) error {
	return s.update(ctx, "keep vectors", addr, driver.Update{Repeatable: true, Lazy: true}, func(w driver.Write, box quire.Address) error {
		if err := validModel(model); err != nil {
			return err
		}
		uids := make([]quire.UID, len(list))
		for i, v := range list {
			if uids[i] = v.UID; len(v.Data) > maxVector {
				return invalid("a vector of %d bytes; at most %d", len(v.Data), maxVector)
			}
		}
		if err := w.Lock(box); err != nil {
			return err
		}
		there, err := w.Changed(box, uids, 0)
		if err != nil {
			return err
		}
		found := make(map[quire.UID]bool, len(there))
		for _, d := range there {
			found[d.UID] = !d.Flags.Has(quire.FlagForgotten) // while the vector was made
		}
		var put []driver.Vector
		for _, v := range list {
			if found[v.UID] {
				put = append(put, v)
			}
		}
		if len(put) == 0 {
			return nil
		}
		return w.PutVectors(box, model, put)
	})
}

// DropVectors forgets the vectors of all models but keep, as after a change of the model;
// of all models when keep is "".
func (s *Store) DropVectors(ctx context.Context, addr quire.Address, keep string) error {
	for more := true; more; {
		err := s.update(ctx, "drop vectors", addr, driver.Update{Repeatable: true}, func(w driver.Write, box quire.Address) error {
			err := w.Lock(box)
			if err == nil {
				more, err = w.DropVectors(box, keep, vectorsAtOnce)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const (
	maxVector     = 64 << 10
	vectorsAtOnce = 1000 // are dropped in one transaction, so that it holds up nobody for long
)

func validModel(model string) error {
	if model == "" || len(model) > maxID || !utf8.ValidString(model) {
		return invalid("the name of a vector's model has %d bytes; 1 to %d, of UTF-8", len(model), maxID)
	}
	return nil
}
