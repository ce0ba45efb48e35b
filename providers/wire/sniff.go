package wire

import (
	"bytes"
	"encoding/binary"
)

// sniff returns the type of a picture by its bytes, "" for what is none that a
// provider takes, and its sides in pixels, 0 when they are not found.
func sniff(b []byte) (mediaType string, width, height int) {
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		if len(b) >= 24 {
			width, height = int(binary.BigEndian.Uint32(b[16:])), int(binary.BigEndian.Uint32(b[20:]))
			if width == 0 || height == 0 { // which the format forbids, and no provider takes
				return "", 0, 0
			}
		}
		return "image/png", width, height
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		width, height = jpegSides(b)
		return "image/jpeg", width, height
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		if len(b) >= 10 {
			width, height = int(binary.LittleEndian.Uint16(b[6:])), int(binary.LittleEndian.Uint16(b[8:]))
		}
		return "image/gif", width, height
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		width, height = webpSides(b)
		return "image/webp", width, height
	case len(b) >= 12 && string(b[4:8]) == "ftyp":
		switch string(b[8:12]) {
		case "heic", "heix", "hevc", "hevx":
			return "image/heic", 0, 0
		case "mif1", "msf1", "heim", "heis":
			return "image/heif", 0, 0
		}
	}
	return "", 0, 0
}

// jpegSides looks for the frame's header, which holds the sides.
func jpegSides(b []byte) (width, height int) {
	for i := 2; i+9 < len(b) && b[i] == 0xFF; {
		marker := b[i+1]
		switch {
		case marker == 0xFF: // a fill byte
			i++
			continue
		case marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC:
			return int(binary.BigEndian.Uint16(b[i+7:])), int(binary.BigEndian.Uint16(b[i+5:]))
		}
		i += 2 + int(binary.BigEndian.Uint16(b[i+2:]))
	}
	return 0, 0
}

// webpSides reads the header of any of the three kinds of WebP.
func webpSides(b []byte) (width, height int) {
	if len(b) < 30 {
		return 0, 0
	}
	switch string(b[12:16]) {
	case "VP8X":
		return 1 + int(b[24]) + int(b[25])<<8 + int(b[26])<<16, 1 + int(b[27]) + int(b[28])<<8 + int(b[29])<<16
	case "VP8 ":
		return int(binary.LittleEndian.Uint16(b[26:])) & 0x3FFF, int(binary.LittleEndian.Uint16(b[28:])) & 0x3FFF
	case "VP8L":
		n := binary.LittleEndian.Uint32(b[21:])
		return 1 + int(n&0x3FFF), 1 + int(n>>14&0x3FFF)
	}
	return 0, 0
}
