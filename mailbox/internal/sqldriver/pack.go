package sqldriver

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/quire-dev/quire/mailbox"
)

// Receipts, and answers to commits, are kept packed since SQLite's format 9 and
// PostgreSQL's format 8: there is one for each call, in JSON, and each says nearly the same.
// The first byte says how one is kept: as it is behind that byte, deflated with a
// dictionary, which formats 9 and 8 wrote, or shrunk, behind its length. What was written
// before has no such byte; it is JSON.
const (
	packedPlain   = 0
	packedDeflate = 1
	packedShrunk  = 2
)

// packDictionary is what receipts and answers often say, the most frequent last. It is part of the
// format: never change it; add another under another first byte.
const packDictionary = `"source":"","date":""},"prefix":"content":"system":true,"parts":["mix":{"prose":"code":"digits":"json":"tools":"framing":` +
	`"setup":{"model":"api":"anthropic"openai-responses"openai-chat"gemini"ollama"counted":"approx@1/openai-chat@1/render@2","cost":{"name":"usual","provider":"","read":0.1,"write":1.25,"uncached":1,"output":5,"quantum":0,"minPrefix":0,"ttl":0,"exact":true,"marks":4,"lookback":20,` +
	`"usage":{"input":"cachedInput":"cacheWrite":"output":"reasoning":"cold":true,"reads":"changed":"phase":"refaults":[{"uid":"after":"problems":["` +
	`"cut":"rent of the dead reached the price of a cut","cut":"hits of a turn that has ended","failed":[{"learned":[{"model":"byEstimate":true,"next":"offered":[{"uid":` +
	`"kind":"question","fate":"in","kind":"answer","fate":"in","kind":"event","fate":"in","kind":"note","fate":"in","fate":"excerpt","tokens":"fate":"stub","tokens":"reason":"superseded","reason":"dropped","reason":"of no more use","reason":"oldest",` +
	`"fate":"out","tokens":,"left":,"reason":"exchange ended","new":true},{"uid":"reason":"resident"},{"uid":,"seq":,"kind":"mail","fate":"in","tokens":,"reason":"resident"},{"uid":,"seq":,"kind":"turn","fate":"in","tokens":,"reason":"resident"},{"uid":,"seq":,"kind":"result","fate":"in","tokens":,"reason":"resident"},{"uid":` +
	`{"State":":","Rev":,"Sent":[{"ID":"","UID":,"Duplicate":false,"Bounced":null}],"Claimed":null,"Dead":null,"Fence":0,"Replayed":false}` +
	`{"v":1,"call":,"full":true,"budget":,"used":,"kept":,"bill":{"read":,"write":,"uncached":0,"cost":},"prompt":"","tries":1,"policy":"value","schedule":"value","taken":{"time":"2026-01-06T01:24:15Z","edits":[{"op":"end"}],"arrived":[{"uid":},{"uid":}],"changed":[{"uid":,"flags":6}],"noticed":true},"decisions":[{"uid":,"seq":,"kind":"turn","fate":"in","tokens":,"reason":"arrived","new":true},{"uid":,"seq":,"kind":"mail","fate":"in","tokens":,"reason":"arrived","new":true},{"uid":,"seq":,"kind":"result","fate":"in","tokens":,"reason":"arrived","new":true}]}`

// maxPacked is what something unpacks to at most, in bytes: a commit has less.
const maxPacked = 1 << 30

// inflaters are io.ReadCloser that are flate.Resetter.
var inflaters sync.Pool

// pack is how something is kept; nothing is kept as nothing.
func pack(data []byte) []byte {
	if data == nil {
		return nil
	}
	b := binary.AppendUvarint(append(make([]byte, 0, len(data)/2+8), packedShrunk), uint64(len(data)))
	if b, ok := receipts.shrink(b, data, len(data)-len(b)); ok {
		return b
	}
	return append([]byte{packedPlain}, data...)
}

// unpack is what was packed, now or by an earlier program.
func unpack(b []byte) ([]byte, error) {
	switch {
	case len(b) == 0 || b[0] > packedShrunk:
		return b, nil
	case b[0] == packedPlain:
		return b[1:], nil
	case b[0] == packedShrunk:
		size, n := binary.Uvarint(b[1:])
		if n > 0 && size <= maxShrunk {
			if data := receipts.grow(b[1+n:], int(size)); data != nil {
				return data, nil
			}
		}
		return nil, fmt.Errorf("%w: what is packed can't be read", mailbox.ErrCorrupt)
	}
	r, _ := inflaters.Get().(io.ReadCloser)
	if r == nil {
		r = flate.NewReaderDict(bytes.NewReader(b[1:]), []byte(packDictionary))
	} else if err := r.(flate.Resetter).Reset(bytes.NewReader(b[1:]), []byte(packDictionary)); err != nil {
		return nil, fmt.Errorf("%w: %w", mailbox.ErrCorrupt, err)
	}
	data := bytes.NewBuffer(make([]byte, 0, 8*len(b))) // mostly enough
	_, err := data.ReadFrom(io.LimitReader(r, maxPacked))
	inflaters.Put(r)
	if err != nil {
		return nil, fmt.Errorf("%w: what is packed can't be read: %w", mailbox.ErrCorrupt, err)
	}
	return data.Bytes(), nil
}
