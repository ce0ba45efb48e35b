package copies

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func marked(m *Marker, text string) map[uint64]string {
	out := map[uint64]string{}
	m.Each(text, func(k Mark) { out[k.Sum] = text[k.From:k.To] })
	return out
}

func TestNamesAndWordsInARowAreMarks(t *testing.T) {
	m := New()
	for text, want := range map[string][]string{
		"":                                 nil,
		"yes":                              nil,
		"see canary-17, now":               {"canary-17"},
		"(docs/rules.md).":                 {"docs/rules.md"},
		"the key is kept":                  {"the key is kept"},
		"a b c d":                          nil,
		"Verschwiegenheit gilt":            {"Verschwiegenheit"},
		"one two three four five":          {"one two three four", "two three four five"},
		"it is\n> quoted here":             {"it is\n> quoted here"},
		"call +49-30-1234567 or 12345":     {"49-30-1234567", "call +49-30-1234567 or 12345"},
		"密码是红色":                            {"密码是红", "码是红色"},
		"🦊🐘 🦊🐋":                            {"🦊🐘 🦊🐋"},
		"die 红色大象 x":                       {"die 红色大", "红色大象"},
		"\xff\xfe broken \xffbytes-1 here": {"bytes-1"},
	} {
		var got []string
		for _, s := range marked(m, text) {
			got = append(got, s)
		}
		assert.ElementsMatch(t, want, got, text)
	}
}

// Where words have no spaces between them a copy may begin anywhere.
func TestACopyOfTextWithoutSpacesHasTheSameMarks(t *testing.T) {
	m := New()
	of := marked(m, "我的密码是红色大象，请不要告诉别人。")
	var got []string
	m.Each("有人对我说密码是红色大象吗", func(k Mark) { got = append(got, of[k.Sum]) })
	assert.Contains(t, got, "红色大象")
	for text, copied := range map[string]string{
		"รหัสผ่านคือช้างสีแดง": "เขาบอกว่าช้างสีแดงนะ",
		"合言葉はあかいぞうです":          "聞いたのはあかいぞうだった",
	} {
		of, found := marked(m, text), false
		m.Each(copied, func(k Mark) { found = found || of[k.Sum] != "" })
		assert.True(t, found, text)
	}
}

func TestACopyHasTheSameMarks(t *testing.T) {
	m := New()
	of := marked(m, "The salary of Ada Lovelace is 40-000.")
	n := 0
	m.Each("> the boss says: The salary\n> of Ada, which", func(k Mark) {
		if of[k.Sum] != "" {
			n++
		}
	})
	assert.Equal(t, 1, n, "white space and quoting are no words")
	assert.NotEqual(t, marked(New(), "canary-17"), marked(New(), "canary-17"), "nobody knows the sums of another run")
}
