package render

import (
	"strings"
	"unicode"
)

// isBreak says whether a reader may see a new line after r. These are more than
// the line breaks of unicode: a terminal's and a file's separators are with them.
func isBreak(r rune) bool {
	switch r {
	case '\n', '\v', '\f', '\r', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// isBlank says whether r takes no ink of its own: space, controls, what has zero
// width or turns the direction of text, marks over another rune, fillers.
func isBlank(r rune) bool {
	if r < 0x80 {
		return r <= ' ' || r == 0x7f
	}
	return unicode.IsSpace(r) || isHidden(r) || unicode.In(r, unicode.Mn, unicode.Me)
}

// isHidden says whether r can't be seen at all.
func isHidden(r rune) bool {
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0: // joiners and fillers that count as graphic
		return true
	}
	return !unicode.IsGraphic(r) || unicode.Is(unicode.Variation_Selector, r)
}

// isDouble says whether one rune looks like two of <.
func isDouble(r rune) bool {
	switch r {
	case '«', '≪', '《', '⟪', '⧼', '⪡', '⋘', '⟻', '⪻', '⫷', '︽', '⦅':
		return true
	}
	return false
}

// fold returns the ASCII rune that r looks like, in lower case, as far as our own
// lines are made of it; else r.
func fold(r rune) rune {
	if r >= 0xff01 && r <= 0xff5e { // full width
		r -= 0xff01 - '!'
	}
	switch {
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r < 0x80:
		return r
	case r >= 0x1d400 && r <= 0x1d6a3: // mathematical letters: 26 capital, 26 small, again and again
		return 'a' + (r-0x1d400)%26
	case r >= 0x24b6 && r <= 0x24e9: // the same in circles
		return 'a' + (r-0x24b6)%26
	case r >= 0x249c && r <= 0x24b5: // in brackets
		return 'a' + r - 0x249c
	case r >= 0x1f110 && r <= 0x1f129 || r >= 0x1f130 && r <= 0x1f149 || r >= 0x1f150 && r <= 0x1f169 || r >= 0x1f170 && r <= 0x1f189: // in brackets, squares, dark circles and dark squares
		return 'a' + (r-0x1f110)%32
	case r >= 0x1f1e6 && r <= 0x1f1ff: // flags
		return 'a' + r - 0x1f1e6
	}
	switch r {
	case '⁅', '⎡', '⎢', '⎣', '❲', '⟦', '⦋', '⦍', '⦏', '〔', '【', '〖', '〘', '〚', '﹇', '﹝', '⌈', '⌊', '⌜', '⌞', '⟬', '⸢', '⸤', '「', '『', '｢':
		return '['
	case '⁆', '⎤', '⎥', '⎦', '❳', '⟧', '⦌', '⦎', '⦐', '〕', '】', '〗', '〙', '〛', '﹈', '﹞', '⌉', '⌋', '⌝', '⌟', '⟭', '⸣', '⸥', '」', '』', '｣':
		return ']'
	case '‹', '˂', '❮', '⟨', '\u2329', '\u3008', '﹤', '❬', '❰', 'ᐸ', 'ᑉ', '≺', '⊰', '⋖', '⧀', '⦑', '⦓', '𝈶', '⊲', '◁', '◂', '◃', '𐒑':
		return '<'
	case '›', '˃', '❯', '⟩', '\u232a', '\u3009', '﹥', '❭', '❱', '»', '≫', '》', '⟫', 'ᐳ', '≻', '⊱', '⋗', '⪼', '⧁', '⦒', '⦔', '𝈷', '⊳', '▷', '▸', '▹':
		return '>'
	case '⌗', '♯', '﹟', '№', '⋕':
		return '#'
	case '“', '”', '„', '‟', '〝', '〞', '〟', '″', '‶', 'ˮ':
		return '"'
	case '⁄', '∕', '⧸':
		return '/'
	case '∣', '│', '┃', 'ǀ':
		return '|'
	case '․', '⋅':
		return '.'
	case '﹦', '꞊':
		return '='
	}
	return r
}

// letters are the runes that look like the letters that our own lines begin with, from
// the Unicode Consortium's confusables.txt (UTS #39) and the blocks of small capitals,
// modifier letters and letters with marks.
var letters = map[rune]string{
	'm': "мМᴍᵐɱⅿМΜϺᎷḿṁṃⲙⲘꮇꓟ",
	'a': "аАαΑᴀᵃɑɐàáâãäåāăąǎǟǡǻȁȃȧᶏẚạảấầẩẫậắằẳẵặᎪꭺꓮⲁ",
	'i': "іІιΙɪⁱıìíîïĩīĭįǐȉȋɨᵢᶖịỉⅰӏІӀᎥꙇꭵ1!¡ⲓ",
	'l': "ӏІІⅼʟˡłļľĺḷḹḻḽŀƖǀι1|ⳑᏞꮮꓡ׀",
	'n': "ոпηɴⁿñńņňŋṅṇṉṋǹȵɳƞᵰᶇΝᏁꓠℼ",
	'o': "оОοΟᴏᵒօօòóôõöøōŏőơǒǫǭȍȏȫȭȯȱọỏốồổỗộớờởỡợσ0ⲟⲞഠ໐๐০୦೦ꓳ",
	't': "тТτΤᴛᵗţťŧƫțʈṫṭṯṱẗᎢꭲꓔⲧ†",
	'c': "сСϲᴄᶜçćĉċčƈḉⅽⲥꮯᏟꓚ¢",
	'e': "еЕεΕᴇᵉҽèéêëēĕėęěȅȇȩẹẻẽếềểễệḕḗḙḛḝɛᎬꭼꓰℯ℮ⲉ3",
}

// letter is the letter of our own that a rune looks like; else the rune.
func letter(r rune) rune {
	if r < 0x80 && r != '0' && r != '1' && r != '3' && r != '|' && r != '!' {
		return r
	}
	for _, own := range "mailnotce" {
		if strings.ContainsRune(letters[own], r) {
			return own
		}
	}
	return r
}
