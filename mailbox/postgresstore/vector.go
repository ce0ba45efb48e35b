package postgresstore

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
	return r.VectorsOf(box, model, "unnest(?::bigint[]) j (uid)", numbersOf(uids))
}
