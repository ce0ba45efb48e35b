package calibrate

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// calibrationVersion is the format of an encoded Calibration. Version 1 had one
// ratio for all classes; it is read as what is expected of all of them.
const calibrationVersion = 2

type calibrationJSON struct {
	V      int     `json:"v"`
	N      int     `json:"n"`
	Mean   vector  `json:"mean"`
	Cov    string  `json:"cov"` // base 64 of the lower triangle, 8 bytes a number: written with every step
	Spread float64 `json:"spread"`
	Tail   float64 `json:"tail"`
	Held   float64 `json:"held,omitzero"`
	Last   Mix     `json:"last"`
}

type calibrationV1 struct {
	N      int     `json:"n"`
	Ratio  float64 `json:"ratio"`
	Spread float64 `json:"spread"`
}

// MarshalJSON writes the calibration as versioned data, in about 800 bytes.
func (c Calibration) MarshalJSON() ([]byte, error) {
	if c == (Calibration{}) {
		return json.Marshal(struct {
			V int `json:"v"`
		}{calibrationVersion})
	}
	raw := make([]byte, 0, 8*len(c.cov))
	for _, x := range c.cov {
		raw = binary.BigEndian.AppendUint64(raw, math.Float64bits(x))
	}
	return json.Marshal(calibrationJSON{calibrationVersion, c.n, c.mean, base64.RawStdEncoding.EncodeToString(raw), c.spread, c.tail, c.held, c.last})
}

// UnmarshalJSON reads what MarshalJSON wrote, in this version or an older one.
// Data of another version is a [*VersionError]; starting again from the
// zero value is then safe.
func (c *Calibration) UnmarshalJSON(b []byte) error {
	var v struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return fmt.Errorf("tokenizer: calibration: %w", err)
	}
	out, err := Calibration{}, error(nil)
	switch v.V {
	case 1:
		out, err = readV1(b)
	case calibrationVersion:
		out, err = readCalibration(b)
	default:
		return &VersionError{Version: v.V}
	}
	if err != nil {
		return fmt.Errorf("tokenizer: calibration: %w", err)
	}
	*c = out
	return nil
}

func readCalibration(b []byte) (Calibration, error) {
	var j calibrationJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return Calibration{}, err
	}
	if j == (calibrationJSON{V: calibrationVersion}) {
		return Calibration{}, nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(j.Cov)
	c := Calibration{n: j.N, mean: j.Mean, spread: j.Spread, tail: j.Tail, held: j.Held, last: j.Last}
	if err != nil || len(raw) != 8*len(c.cov) {
		return Calibration{}, errors.New("the covariance can't be read")
	}
	for i := range c.cov {
		c.cov[i] = math.Float64frombits(binary.BigEndian.Uint64(raw[8*i:]))
	}
	if !c.sound() {
		return Calibration{}, errors.New("it holds what is no number")
	}
	return c, nil
}

func readV1(b []byte) (Calibration, error) {
	var j calibrationV1
	if err := json.Unmarshal(b, &j); err != nil {
		return Calibration{}, err
	}
	if j.N == 0 && j.Ratio == 0 {
		return Calibration{}, nil
	}
	ratio, spread := j.Ratio, j.Spread
	if !(ratio > 0) || !finite(ratio) {
		ratio = 1
	}
	if !(spread > 0) || spread > priorCommon {
		spread = priorCommon
	}
	c := prior(max(leastRatio, min(mostRatio, ratio)), max(leastSpread, spread))
	c.n = j.N
	return c, nil
}

// VersionError says that a calibration is of a version that this
// program does not know.
type VersionError struct{ Version int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("tokenizer: calibration of version %d, this program reads %d", e.Version, calibrationVersion)
}
