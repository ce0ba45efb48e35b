package engine

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// gguf writes a model's file: version 3 of the format that
// github.com/ggml-org/ggml/blob/master/docs/gguf.md describes (read 2026-11-29).
type gguf struct {
	values  []value
	tensors []tensor
}

type value struct {
	key string
	of  any // string, uint32, float32, bool, []string or []int32
}

// tensor is a matrix of rows, or a vector, which is one row. Its numbers are made when
// they are written: a row at a time.
type tensor struct {
	name       string
	cols, rows int
	half       bool // numbers of two bytes
	row        func(i int) []float32
}

// The numbers that the format gives to types.
const (
	typeUint32  = 4
	typeInt32   = 5
	typeFloat32 = 6
	typeBool    = 7
	typeString  = 8
	typeArray   = 9

	ggmlF32 = 0
	ggmlF16 = 1

	alignment = 32
)

func (t tensor) size() int {
	if t.half {
		return t.cols * t.rows * 2
	}
	return t.cols * t.rows * 4
}

func padding(n int) int { return (alignment - n%alignment) % alignment }

// counted counts what it writes, and keeps the first error.
type counted struct {
	w   *bufio.Writer
	n   int
	err error
}

func (c *counted) bytes(b []byte) {
	if c.err == nil {
		_, c.err = c.w.Write(b)
	}
	c.n += len(b)
}

func (c *counted) u32(n uint32) { c.bytes(binary.LittleEndian.AppendUint32(nil, n)) }
func (c *counted) u64(n uint64) { c.bytes(binary.LittleEndian.AppendUint64(nil, n)) }

func (c *counted) str(s string) {
	c.u64(uint64(len(s)))
	c.bytes([]byte(s))
}

func (c *counted) pad() { c.bytes(make([]byte, padding(c.n))) }

// write writes the file.
func (g *gguf) write(to io.Writer) error {
	c := &counted{w: bufio.NewWriterSize(to, 1<<20)}
	c.bytes([]byte("GGUF"))
	c.u32(3)
	c.u64(uint64(len(g.tensors)))
	c.u64(uint64(len(g.values)))
	for _, v := range g.values {
		c.str(v.key)
		c.value(v.of)
	}
	at := 0
	for _, t := range g.tensors {
		c.tensor(t, at)
		at += t.size() + padding(t.size())
	}
	c.pad()
	for _, t := range g.tensors {
		for i := range t.rows {
			c.row(t.row(i), t.half)
		}
		c.pad()
	}
	if c.err != nil {
		return c.err
	}
	return c.w.Flush()
}

func (c *counted) value(v any) {
	switch v := v.(type) {
	case string:
		c.u32(typeString)
		c.str(v)
	case uint32:
		c.u32(typeUint32)
		c.u32(v)
	case float32:
		c.u32(typeFloat32)
		c.u32(math.Float32bits(v))
	case bool:
		c.u32(typeBool)
		c.bytes(map[bool][]byte{false: {0}, true: {1}}[v])
	case []string:
		c.u32(typeArray)
		c.u32(typeString)
		c.u64(uint64(len(v)))
		for _, s := range v {
			c.str(s)
		}
	case []int32:
		c.u32(typeArray)
		c.u32(typeInt32)
		c.u64(uint64(len(v)))
		for _, n := range v {
			c.u32(uint32(n))
		}
	default:
		c.err = fmt.Errorf("gguf: no type for %T", v)
	}
}

// tensor writes what is said of a tensor before the data: the shorter side comes first.
func (c *counted) tensor(t tensor, offset int) {
	c.str(t.name)
	if t.rows == 1 {
		c.u32(1)
		c.u64(uint64(t.cols))
	} else {
		c.u32(2)
		c.u64(uint64(t.cols))
		c.u64(uint64(t.rows))
	}
	if t.half {
		c.u32(ggmlF16)
	} else {
		c.u32(ggmlF32)
	}
	c.u64(uint64(offset))
}

func (c *counted) row(row []float32, half bool) {
	b := make([]byte, 0, len(row)*4)
	for _, x := range row {
		if half {
			b = binary.LittleEndian.AppendUint16(b, float16(x))
		} else {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
	}
	c.bytes(b)
}

// float16 rounds to the nearest number of two bytes; what is too small is 0, what is too
// large infinite.
func float16(x float32) uint16 {
	bits := math.Float32bits(x)
	sign := uint16(bits >> 16 & 0x8000)
	exp := int(bits>>23&0xff) - 127
	frac := bits & 0x7fffff
	switch {
	case exp > 15:
		return sign | 0x7c00
	case exp < -14:
		return sign
	}
	half := uint16(exp+15)<<10 | uint16(frac>>13)
	if frac&0x1000 != 0 {
		half++ // may carry into the exponent, which is right
	}
	return sign | half
}
