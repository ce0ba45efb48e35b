package tokenizer

import (
	"encoding/base64"
	"fmt"
)

// line is a line of a vocabulary file.
func line(token []byte, rank int) string {
	return fmt.Sprintf("%s %d\n", base64.StdEncoding.EncodeToString(token), rank)
}
