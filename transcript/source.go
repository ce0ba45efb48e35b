package transcript

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
)

// errTooBig ends a source that passed Options.MaxBytes.
var errTooBig = errors.New("the file is larger than is read")

// errBomb ends a source that unpacks to what no records do.
var errBomb = fmt.Errorf("it unpacks to more than %d times its size: unpack it first if that is right", maxRatio)

// What is unpacked may be so much, or so many times what it is unpacked from. Records
// pack to a fifth or a twentieth; nothing but the same bytes over and over packs to less
// than a hundredth.
const (
	anyRatio = 64 << 20 // bytes
	maxRatio = 100
)

// unpacker reads what a gzip stream holds, as long as it is in proportion.
type unpacker struct {
	z      *gzip.Reader
	packed *meter
	out    int64
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if u.out += int64(n); u.out > anyRatio && u.out/maxRatio > u.packed.done {
		return 0, errBomb
	}
	return n, err
}

// source is the content of a file, decompressed and as UTF-8. Whatever goes wrong below it
// looks like the end of the file to its readers, who keep what they have; the
// cause is in err.
type source struct {
	ctx  context.Context
	r    io.Reader
	left int64
	err  error
}

// newSource looks for gzip's magic bytes and for UTF-16, and puts the limits of o around r.
func newSource(ctx context.Context, r io.Reader, size int64, o *Options) *source {
	packed := &meter{r: r, total: size, report: o.Progress}
	br := bufio.NewReaderSize(packed, 64<<10)
	s := &source{ctx: ctx, left: o.MaxBytes}
	if magic, _ := br.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(br)
		if err != nil {
			s.r, s.err = br, fmt.Errorf("gzip: %w", err)
			return s
		}
		br = bufio.NewReaderSize(&unpacker{z: z, packed: packed}, 64<<10)
	}
	s.r = utf8Of(br)
	return s
}

// Read implements io.Reader; its only error is io.EOF.
func (s *source) Read(p []byte) (int, error) {
	if s.err == nil {
		s.err = s.ctx.Err()
	}
	if s.err == nil && s.left <= 0 {
		// Only more content is too much: the limit itself is not.
		if n, _ := io.ReadFull(s.r, make([]byte, 1)); n > 0 {
			s.err = errTooBig
		}
		return 0, io.EOF
	}
	if s.err != nil {
		return 0, io.EOF
	}
	n, err := s.r.Read(p[:min(int64(len(p)), s.left)])
	s.left -= int64(n)
	if err != nil && err != io.EOF {
		s.err = err
		err = io.EOF
	}
	return n, err
}

// meter reports how much of a file was read, about every mebibyte.
type meter struct {
	r           io.Reader
	done, total int64
	last        int64
	report      func(done, total int64)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.done += int64(n)
	if m.report != nil && (m.done-m.last >= 1<<20 || err == io.EOF && m.done != m.last) {
		m.last = m.done
		m.report(m.done, m.total)
	}
	return n, err
}
