package drivertest

import (
	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/driver"
)

func (tx brokenTx) Vectors(box quire.Address, model string, uids []quire.UID) ([]driver.Vector, error) {
	if tx.h.vectors != nil {
		return tx.h.vectors(tx.Write, box, model, uids)
	}
	return tx.Write.Vectors(box, model, uids)
}

func (tx brokenTx) PutVectors(box quire.Address, model string, list []driver.Vector) error {
	if tx.h.forms.vectors != nil {
		return tx.h.forms.vectors(tx.Write, box, model, list)
	}
	return tx.writes("PutVectors", func() error { return tx.Write.PutVectors(box, model, list) })
}

func (tx brokenTx) DropVectors(box quire.Address, keep string, limit int) (bool, error) {
	if tx.h.forms.dropped != nil {
		return tx.h.forms.dropped(tx.Write, box, keep, limit)
	}
	return tx.Write.DropVectors(box, keep, limit)
}

// vectorFaults are drivers that keep vectors badly.
var vectorFaults = []driverFault{
	{name: "Vectors are those of any model", rule: "vectors are kept by mailbox", make: func(d *brokenDriver) {
		d.tx.vectors = func(tx driver.Write, box quire.Address, model string, uids []quire.UID) ([]driver.Vector, error) {
			return tx.Vectors(box, "m/2", uids)
		}
		d.tx.forms.vectors = func(tx driver.Write, box quire.Address, model string, list []driver.Vector) error {
			return tx.PutVectors(box, "m/2", list)
		}
	}},
	{name: "Vectors are those of any mailbox", rule: "vectors are kept by mailbox", make: func(d *brokenDriver) {
		d.tx.vectors = func(tx driver.Write, box quire.Address, model string, uids []quire.UID) ([]driver.Vector, error) {
			return tx.Vectors("ada", model, uids)
		}
	}},
	{name: "Vectors are all there are", rule: "vectors are kept by mailbox", make: func(d *brokenDriver) {
		d.tx.vectors = func(tx driver.Write, box quire.Address, model string, _ []quire.UID) ([]driver.Vector, error) {
			return tx.Vectors(box, model, []quire.UID{1, 2, 3, 4})
		}
	}},
	{name: "Vectors lose their last byte", rule: "vectors are kept by mailbox", make: func(d *brokenDriver) {
		d.tx.vectors = func(tx driver.Write, box quire.Address, model string, uids []quire.UID) ([]driver.Vector, error) {
			list, err := tx.Vectors(box, model, uids)
			for i := range list {
				list[i].Data = list[i].Data[:max(len(list[i].Data), 1)-1]
			}
			return list, err
		}
	}},
	{name: "PutVectors keeps what is there", rule: "vectors are kept by mailbox", make: func(d *brokenDriver) {
		d.tx.forms.vectors = func(tx driver.Write, box quire.Address, model string, list []driver.Vector) error {
			for _, v := range list {
				old, err := tx.Vectors(box, model, []quire.UID{v.UID})
				if err == nil && len(old) == 0 {
					err = tx.PutVectors(box, model, []driver.Vector{v})
				}
				if err != nil {
					return err
				}
			}
			return nil
		}
	}},
	{name: "Destroy leaves vectors", rule: "what is expunged leaves no vector", make: func(d *brokenDriver) {
		d.tx.forms.destroy = func(tx driver.Write, box quire.Address, dl *driver.Delivery, modseq uint64) error {
			old := map[string][]driver.Vector{}
			for _, model := range []string{"m/2", "n/2"} {
				var err error
				if old[model], err = tx.Vectors(box, model, []quire.UID{dl.UID}); err != nil {
					return err
				}
			}
			err := tx.Destroy(box, dl, modseq)
			for model, list := range old {
				if err == nil {
					err = tx.PutVectors(box, model, list)
				}
			}
			return err
		}
	}},
	{name: "DropVectors drops nothing", rule: "vectors of other models are dropped", make: func(d *brokenDriver) {
		d.tx.forms.dropped = func(driver.Write, quire.Address, string, int) (bool, error) { return false, nil }
	}},
	{name: "DropVectors drops all", rule: "vectors of other models are dropped", make: func(d *brokenDriver) {
		d.tx.forms.dropped = func(tx driver.Write, box quire.Address, _ string, limit int) (bool, error) {
			return tx.DropVectors(box, "", limit)
		}
	}},
	{name: "DropVectors stops at its limit and says that it is done", rule: "vectors of other models are dropped", make: func(d *brokenDriver) {
		d.tx.forms.dropped = func(tx driver.Write, box quire.Address, keep string, _ int) (bool, error) {
			kept, err := tx.Vectors(box, "m/2", []quire.UID{3})
			if err != nil {
				return false, err
			}
			_, err = tx.DropVectors(box, keep, 1000)
			if err == nil {
				err = tx.PutVectors(box, "m/2", kept)
			}
			return false, err
		}
	}},
}
