package textclass_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/quire-dev/quire/internal/textclass"
)

func TestOf(t *testing.T) {
	for s, want := range map[string]textclass.Class{
		"": textclass.Prose,
		"Hey Mel! Good to see you, how have you been? I went to a support group yesterday, it was so powerful.": textclass.Prose,
		"Ich weiß nicht, was soll es bedeuten, daß ich so traurig bin.":                                         textclass.Prose,
		"func (e *Encoding) CountText(s string) int {\n\treturn e.count([]byte(s))\n}\n":                        textclass.Code,
		`{"id":"call_1","name":"read","arguments":{"path":"/src/main.go","line":12}}`:                           textclass.Structured,
		"今天天气很好,我们去公园散步吧。":                                                                                      textclass.Wide,
	} {
		assert.Equal(t, want, textclass.Of(s), s)
	}
}
