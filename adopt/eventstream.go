package adopt

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
)

// frameHead is what stands before the headers of a frame: how long it is, how long its
// headers are, and a sum of both, each in four bytes. The sum of all stands at its end.
const frameHead, frameEnd = 12, 4

// errFrame says that what came is no frame.
var errFrame = errors.New("the answer is no event stream of AWS's")

// events makes server-sent events of what Bedrock streams: frames in AWS's format of which
// each holds an event of the model's vendor. A frame that is not all there ends them, since a
// client may close a stream behind its last event.
func events(framed []byte) ([]byte, error) {
	var out []byte
	for len(framed) >= frameHead {
		long, heads := uint64(binary.BigEndian.Uint32(framed)), uint64(binary.BigEndian.Uint32(framed[4:]))
		if long < frameHead+frameEnd+heads {
			return nil, errFrame
		}
		if long > uint64(len(framed)) {
			break
		}
		var chunk struct {
			Bytes []byte `json:"bytes"`
		}
		if err := json.Unmarshal(framed[frameHead+heads:long-frameEnd], &chunk); err == nil && len(chunk.Bytes) > 0 { // else it is an exception, say
			var event struct {
				Type string `json:"type"`
			}
			if err := json.Unmarshal(chunk.Bytes, &event); err != nil {
				return nil, err
			}
			out = append(out, "event: "+event.Type+"\ndata: "...)
			out = append(append(out, chunk.Bytes...), "\n\n"...)
		}
		framed = framed[long:]
	}
	if out == nil {
		return nil, io.ErrUnexpectedEOF
	}
	return out, nil
}
