package sqlitestore

import (
	"maps"
	"slices"
	"sync"

	"github.com/quire-dev/quire/mailbox/driver"
)

// maxWeights is how many deliveries are remembered: some megabytes.
const maxWeights = 16_384

// weights remember, of deliveries that searches loaded, what their scores are made of.
// It stays true as long as a delivery is found at all, and the numbers of what is gone
// are not used again. The newest ones have all common words, so most searches ask for
// the same ones. They are safe for concurrent use.
type weights struct {
	mu   sync.Mutex
	list map[int64]driver.Weight
}

// take finds what is remembered, and says what is missing.
func (w *weights) take(ids []int64, each func(v *driver.Weight)) (missing []int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if v, ok := w.list[id]; ok {
			each(&v)
			continue
		}
		missing = append(missing, id)
	}
	return missing
}

// keep remembers; when there are too many, the older half goes.
func (w *weights) keep(list map[int64]driver.Weight) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.list == nil {
		w.list = map[int64]driver.Weight{}
	}
	maps.Copy(w.list, list)
	if len(w.list) > maxWeights {
		ids := slices.Sorted(maps.Keys(w.list))
		for _, id := range ids[:len(ids)-maxWeights/2] {
			delete(w.list, id)
		}
	}
}

func (w *weights) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = nil
}

// bare says that a search has no filter but by what is remembered.
func bare(f *driver.Filter) bool {
	return f.From == "" && f.To == "" && f.Thread == "" && f.Has|f.Not == 0 && !f.Pending && !f.Incoming && f.After.IsZero() && f.Before.IsZero()
}
