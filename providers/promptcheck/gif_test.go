package promptcheck_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	stdgif "image/gif"
)

// gif returns a picture of side by 1 pixels, base64.
func gif(side int) string {
	var b bytes.Buffer
	img := image.NewPaletted(image.Rect(0, 0, side, 1), color.Palette{color.Black, color.White})
	if err := stdgif.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}
