package recall

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestVectorsInWholeNumbers: a cosine moves by a few thousandths, whatever the length and
// though one number is far larger than all others, as with some models.
func TestVectorsInWholeNumbers(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, length := range []int{8, 384, 1536, 3072} {
		for _, odd := range []float32{1, 20} {
			for range 20 {
				a, b := make([]float32, length), make([]float32, length)
				for i := range a {
					a[i] = float32(rnd.NormFloat64())
					b[i] = a[i] + float32(rnd.NormFloat64())*float32(rnd.IntN(3))
				}
				a[3] *= odd
				b[3] *= odd
				v, w := unpacked(quantized(a).packed()), quantized(b)
				assert.InDelta(t, plainCosine(a, b), v.cosine(w), 0.006, "%d numbers", length)
				assert.Equal(t, v.cosine(w), w.cosine(v))
			}
		}
	}
	assert.InDelta(t, 1, quantized([]float32{1e-30, -2e-30}).cosine(quantized([]float32{1e30, -2e30})), 1e-3)
	assert.Equal(t, 1.0, quantized([]float32{math.MaxFloat32, math.MaxFloat32}).cosine(quantized([]float32{1, 1})))
	assert.Zero(t, quantized([]float32{0, 0}).cosine(quantized([]float32{1, 1})))
	assert.Zero(t, quantized([]float32{1, 0}).cosine(quantized([]float32{1, 0, 0})))
}

func plainCosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	return dot / math.Sqrt(aa) / math.Sqrt(bb)
}

// TestReciprocalRanks: by hand, of seven messages in the order by words 0 to 6, of which
// the last three have no word and two no vector.
func TestReciprocalRanks(t *testing.T) {
	at := func(degrees float64) vector {
		return quantized([]float32{float32(math.Cos(degrees * math.Pi / 180)), float32(math.Sin(degrees * math.Pi / 180))})
	}
	found := []*known{{}, {vector: at(50)}, {vector: at(20)}, {vector: at(70)}, {vector: at(5)}, {vector: quantized([]float32{0, 0})}, {vector: at(40)}}
	order := []int{0, 1, 2, 3, 4, 5, 6}
	got := fusedOrder(at(0), found, order, []float64{9, 8, 7, 6, 0, 0, 0})
	// places by vectors: 4, 2, 6, 1, 3
	// 0: 1/61 = .016393    1: 1/62+1/64 = .031754  2: 1/63+1/62 = .032002
	// 3: 1/64+1/65 = .031010  4: 1/61 = .016393  5: 0  6: 1/63 = .015873
	assert.Equal(t, []int{2, 1, 3, 0, 4, 6, 5}, got)
	assert.Equal(t, []float64{6, 8, 9, 7, 0, 0, 0}, inPlaceOf(order, got, []float64{9, 8, 7, 6, 0, 0, 0}))
}
