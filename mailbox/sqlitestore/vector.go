package sqlitestore

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// Vectors implements [driver.ReadVectors].
func (r *reader) Vectors(addr quire.Address, model string, uids []quire.UID) ([]driver.Vector, error) {
	box, err := r.ID(addr)
	if err != nil || box == 0 || len(uids) == 0 {
		return nil, err
	}
	list, err := numbersOf(uids)
	if err != nil {
		return nil, err
	}
	return r.VectorsOf(box, model, "(SELECT value AS uid FROM json_each(?)) j CROSS", list)
}
