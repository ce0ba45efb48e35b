package recall

import "math"

// vector is a direction in whole numbers: each number of an embedder's vector as a part of
// the largest one, from -127 to 127. That is a quarter of the bytes, moves a cosine by a
// few thousandths at most, and adds up to the same sum on every machine.
type vector struct {
	n      []int8  // nil: there is none
	length float64 // 0: it is like nothing
}

// quantized makes a vector of finite numbers.
func quantized(v []float32) vector {
	largest := 0.0
	for _, x := range v {
		largest = max(largest, math.Abs(float64(x)))
	}
	n := make([]int8, len(v))
	for i, x := range v {
		if largest > 0 {
			n[i] = int8(math.Round(float64(x) / largest * 127))
		}
	}
	return vectorOf(n)
}

func vectorOf(n []int8) vector {
	return vector{n, math.Sqrt(float64(dot(n, n)))}
}

// packed is a vector as it is kept.
func (v vector) packed() []byte {
	b := make([]byte, len(v.n))
	for i, x := range v.n {
		b[i] = byte(x)
	}
	return b
}

// unpacked reads what packed wrote.
func unpacked(b []byte) vector {
	n := make([]int8, len(b))
	for i, x := range b {
		n[i] = int8(x)
	}
	return vectorOf(n)
}

// cosine is how alike two vectors are, from -1 to 1; 0 for one without a direction.
func (v vector) cosine(w vector) float64 {
	if len(v.n) != len(w.n) || v.length == 0 || w.length == 0 {
		return 0
	}
	return float64(dot(v.n, w.n)) / (v.length * w.length)
}

func dot(a, b []int8) int64 {
	var sum int64
	b = b[:len(a)]
	for i, x := range a {
		sum += int64(x) * int64(b[i])
	}
	return sum
}
