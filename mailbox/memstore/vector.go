package memstore

import (
	"bytes"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

func (tx *transaction) Vectors(addr quire.Address, model string, uids []quire.UID) ([]driver.Vector, error) {
	kept := tx.there(addr).vectors[model]
	var list []driver.Vector
	for _, uid := range uids {
		if data, ok := kept[uid]; ok {
			list = append(list, driver.Vector{UID: uid, Data: bytes.Clone(data)})
		}
	}
	return list, nil
}

func (tx *transaction) PutVectors(addr quire.Address, model string, list []driver.Vector) error {
	b := tx.box(addr)
	if b.vectors[model] == nil {
		b.vectors[model] = map[quire.UID][]byte{}
		tx.onUndo(func() { delete(b.vectors, model) })
	}
	kept := b.vectors[model]
	for _, v := range list {
		tx.restore(kept, v.UID)
		kept[v.UID] = bytes.Clone(v.Data)
	}
	return nil
}

// restore puts back what a delivery has now, if the transaction fails.
func (tx *transaction) restore(kept map[quire.UID][]byte, uid quire.UID) {
	old, ok := kept[uid]
	tx.onUndo(func() {
		if delete(kept, uid); ok {
			kept[uid] = old
		}
	})
}

func (tx *transaction) DropVectors(addr quire.Address, keep string, _ int) (more bool, err error) {
	b := tx.box(addr)
	old := b.vectors
	tx.onUndo(func() { b.vectors = old })
	b.vectors = map[string]map[quire.UID][]byte{}
	if kept := old[keep]; kept != nil {
		b.vectors[keep] = kept
	}
	return false, nil
}

// dropVectorsOf forgets those of a delivery.
func (tx *transaction) dropVectorsOf(b *box, uid quire.UID) {
	for _, kept := range b.vectors {
		if _, ok := kept[uid]; ok {
			tx.restore(kept, uid)
			delete(kept, uid)
		}
	}
}
