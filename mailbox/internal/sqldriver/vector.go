package sqldriver

import (
	"database/sql"
	"errors"
	"strconv"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

// DeleteVectors forgets what embedders made of a delivery.
const DeleteVectors = "DELETE FROM vector WHERE box = ? AND uid = ?"

// VectorsOf reads vectors of a model: from are the tables, with a delivery's number as
// j.uid for each that is asked for, and its args. One that a disk changed is left out.
func (r *Reader) VectorsOf(box int64, model, from string, args ...any) (list []driver.Vector, err error) {
	err = r.Conn.Each(func(row Row) error {
		var v driver.Vector
		var data []byte
		if err := row.Scan(&v.UID, &data); err != nil {
			return err
		}
		if v.Data, err = unsealed(ofVector(box, v.UID, model), data); err == nil {
			list = append(list, v)
		}
		return nil
	}, "SELECT v.uid, v.data FROM "+from+" JOIN vector v ON v.box = ? AND v.uid = j.uid AND v.model = ?", append(args, box, []byte(model))...)
	return list, err
}

// ofVector is what the seal of a vector covers besides.
func ofVector(box int64, uid quire.UID, model string) string {
	return strconv.FormatInt(box, 10) + "\n" + strconv.FormatUint(uint64(uid), 10) + "\n" + model
}

// PutVectors implements [driver.Write].
func (w *Writer) PutVectors(addr quire.Address, model string, list []driver.Vector) error {
	box, err := w.Conn.Made(addr)
	if err != nil {
		return err
	}
	for _, v := range list {
		data := sealed(ofVector(box, v.UID, model), append([]byte{}, v.Data...))
		if err := w.Conn.Exec("INSERT INTO vector (box, uid, model, data) VALUES (?, ?, ?, ?) ON CONFLICT (box, uid, model) DO UPDATE SET data = excluded.data",
			box, Num(v.UID), []byte(model), data); err != nil {
			return err
		}
	}
	return nil
}

// DropVectors implements [driver.Write].
func (w *Writer) DropVectors(addr quire.Address, keep string, limit int) (more bool, err error) {
	box, err := w.Conn.ID(addr)
	if err != nil || box == 0 {
		return false, err
	}
	var next int64
	err = w.Conn.Row("SELECT uid FROM vector WHERE box = ? AND model <> ? ORDER BY uid LIMIT 1 OFFSET ?", box, []byte(keep), limit).Scan(&next)
	if errors.Is(err, sql.ErrNoRows) {
		return false, w.Conn.Exec("DELETE FROM vector WHERE box = ? AND model <> ?", box, []byte(keep))
	}
	if err != nil {
		return false, err
	}
	return true, w.Conn.Exec("DELETE FROM vector WHERE box = ? AND model <> ? AND uid <= ?", box, []byte(keep), next)
}
