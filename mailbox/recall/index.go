package recall

import (
	"context"
	"fmt"
	"slices"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

// Index has vectors made for all messages of some kinds (nil: all) that have none yet, the
// newest first, and returns how many. Without it each question has a few made. It goes
// on until all have one, ctx ends or the Embedder fails; what was made is kept, so that it
// goes on there when it is called again. It is for a goroutine of the caller's, and may
// run beside questions, also those of another Recaller or process for the same mailbox.
// Errors are the store's, and the Embedder's, which wrap [ErrEmbedder].
func (r *Recaller) Index(ctx context.Context, kinds []quire.Kind) (made int, err error) {
	if r.Embedder == nil {
		return 0, r.failed(fmt.Errorf("%w: Embedder is missing", mailbox.ErrInvalid))
	}
	v, err := r.Embedder.EmbedQuery(ctx, "?") // says how long its vectors are
	if err != nil {
		return 0, r.failed(fmt.Errorf("%w: %w", ErrEmbedder, err))
	}
	if err := usable(v, len(v)); err != nil {
		return 0, r.failed(err)
	}
	status, err := r.Store.Candidates(ctx, r.Address, mailbox.Candidates{})
	if err != nil {
		return 0, err
	}
	for next := status.NextUID; next > 1; next -= min(next-1, atOnce) {
		var uids []quire.UID
		for uid := max(next, atOnce+1) - atOnce; uid < next; uid++ {
			uids = append(uids, uid)
		}
		n, err := r.index(ctx, uids, kinds, len(v))
		if made += n; err != nil {
			return made, r.failed(err)
		}
	}
	return made, nil
}

// index is Index for some messages.
func (r *Recaller) index(ctx context.Context, uids []quire.UID, kinds []quire.Kind, length int) (made int, err error) {
	model := modelOf(r.Embedder, length)
	there, err := r.Store.Candidates(ctx, r.Address, mailbox.Candidates{UIDs: uids})
	if err != nil {
		return 0, err
	}
	kept, err := r.Store.Vectors(ctx, r.Address, model, uids)
	if err != nil {
		return 0, err
	}
	has := map[quire.UID]bool{}
	for _, v := range kept {
		has[v.UID] = true
	}
	var lacking []quire.UID
	for i := range there.Weights {
		w := &there.Weights[i]
		if !has[w.UID] && (len(kinds) == 0 || slices.Contains(kinds, w.Kind)) {
			lacking = append(lacking, w.UID)
		}
	}
	slices.Reverse(lacking)
	for batch := range slices.Chunk(lacking, EmbedBatch) {
		texts, err := r.textsOf(ctx, batch)
		if err != nil {
			return made, err
		}
		vectors, err := embed(ctx, r.Embedder, texts, length)
		if err == nil {
			err = r.Store.PutVectors(ctx, r.Address, model, vectors)
		}
		if err != nil {
			return made, err
		}
		made += len(vectors)
	}
	return made, nil
}

// failed is an error of a call.
func (r *Recaller) failed(err error) error {
	return &mailbox.Error{Op: "recall", Address: r.Address, Err: err}
}

// textOf is what a message is made a vector of.
type textOf struct {
	uid  quire.UID
	text string
}

// textsOf reads what messages say.
func (r *Recaller) textsOf(ctx context.Context, uids []quire.UID) ([]textOf, error) {
	items, err := r.Store.Get(ctx, r.Address, mailbox.Get{UIDs: uids})
	if err != nil {
		return nil, err
	}
	texts := make([]textOf, len(items))
	for i := range items {
		texts[i] = textOf{items[i].UID, embeddable(items[i].Subject, quire.PlainText(items[i].Parts))}
	}
	return texts, nil
}

func uidsOf(list []*known) []quire.UID {
	uids := make([]quire.UID, len(list))
	for i, k := range list {
		uids[i] = k.uid
	}
	return uids
}
