package driver

import "github.com/quire-dev/quire"

// Vector is what an embedder made of a message, for one delivery of it.
type Vector struct {
	UID  quire.UID
	Data []byte // what it means is up to who made it
}

// ReadVectors is what embedders made of messages. It can be made again, so what can't be
// read may be left out.
type ReadVectors interface {
	// Vectors reads the vectors of a model for deliveries, of those that have one, in
	// any order.
	Vectors(box quire.Address, model string, uids []quire.UID) ([]Vector, error)
}

// WriteVectors changes that.
type WriteVectors interface {
	// PutVectors keeps vectors of a model, in place of those that it has for the same
	// deliveries, which are there.
	PutVectors(box quire.Address, model string, list []Vector) error
	// DropVectors forgets the vectors of all models but one, of about limit deliveries;
	// more says that there are others.
	DropVectors(box quire.Address, keep string, limit int) (more bool, err error)
}
