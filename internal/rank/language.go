package rank

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
)

// language is one whose endings are known.
type language struct {
	script *unicode.RangeTable
	stem   func(*snowballstem.Env) bool
	stop   string // words too common to tell anything; the language of a text is known by them, too
	first  string // those with which somebody speaks of himself
}

// english is the place of English in languages: what a text is in that does not say.
const inEnglish = 0

// languages are in a fixed order: of two that a text may be in the first one counts.
// All words are in lower case, as they are written with accents.
var languages = []language{
	{unicode.Latin, english.Stem, "a about after also am an and any are as at be been before being both but by can could d did do does during for from get got had has have he hers herself him himself his her how i if in into is it its just like ll m many me much my no not of on or our re s she should so some such t than that the their them then there these they this to us ve was we were what when where which who whom whose why will with would you your", "i me my mine myself"},
	{unicode.Latin, german.Stem, "aber alle als also am an auch auf aus bei bin bis bist da dann das dass dein deine dem den der des die dies diese dieser du durch ein eine einem einen einer er es für hab habe haben hat hatte ich ihr ihre im in ist ja kann kein keine man mein meine mich mir mit nach nicht noch nur oder schon sehr sein seine sich sie sind so und uns unser unsere vom von vor war waren was wenn wer werden wie wir wird wo zu zum zur über", "ich mich mir mein meine meinen meinem meiner meines"},
	{unicode.Latin, french.Stem, "ai au aux avec avez avons ce ces cet cette ces dans de des du elle elles en est et eu il ils je la le les leur leurs lui ma mais me mes moi mon ne nos notre nous on ont ou où par pas plus pour qu que quel quelle qui sa se ses si son sont sur ta te tes toi ton tu un une vos votre vous à été être était c d j l m n s t y", "je j me m moi mon ma mes"},
	{unicode.Latin, spanish.Stem, "a al algo como con cual cuando de del desde donde dos e el ella ellos en entre era es esa ese eso esta este esto está están fue ha hay he la las le les lo los me mi mis muy más nada ni no nos nuestra nuestro o para pero por porque que qué quien se ser si sin sobre son su sus sí también te tiene tu tus un una uno y ya yo", "yo me mi mis mí mío mía conmigo"},
	{unicode.Latin, portuguese.Stem, "a ao aos as até com como da das de dela dele do dos e ela ele eles em entre era essa esse esta este eu foi foram há isso isto já lhe mais mas me mesmo meu minha muito na nas nem no nos não nós o os ou para pela pelo por quando que quem se sem ser seu sua são só também te tem tinha um uma você à é", "eu me mim meu minha meus minhas comigo"},
	{unicode.Latin, italian.Stem, "a ad ai al alla alle anche che chi ci come con cosa da dal dalla dei del della delle di e ed era gli ha hai hanno ho i il in io la le lei lo loro lui ma mi mia mio ne nei nel nella noi non nostro o per perché più quale quando quella quello questa questo se sei si sono su sua sul sulla suo ti tra tu tuo un una uno vi voi è c l", "io me mi mio mia miei mie"},
	{unicode.Latin, dutch.Stem, "aan al als bij dan dat de der deze die dit doen door een en er ge geen had heb hebben heeft hem het hij hoe hun ik in is ja je kan maar me meer men met mij mijn moet na naar niet niets nog nu of om omdat ons onze ook op over te tot uit uw van veel voor waar was wat we wel werd wie wij wil worden ze zich zij zijn zo zou", "ik mij me mijn mezelf"},
	{unicode.Latin, swedish.Stem, "alla att av blev bli blir de dem den denna deras det detta dig din du där efter ej eller en er ett från för ha hade han hans har hon honom hur här i icke inte jag ju kan man med men mig min mitt mot mycket när och om oss på sig sin ska skulle som så till under upp ut var vad vi vid vilken är även över", "jag mig min mitt mina"},
	{unicode.Latin, danish.Stem, "af alle at blev blive da de dem den denne der deres det dette dig din dog du efter eller en end er et for fra ham han hans har havde hende her hun hvad hvem hvis hvor i ikke ind jeg jer kan man med meget men mig min mit mod ned noget nogle nu når og også om op os over på sig sin skal som til ud under var vi vil ville være været", "jeg mig min mit mine"},
	{unicode.Latin, norwegian.Stem, "alle at av ble blir da de deg dem den denne der deres det dette din du eller en er et etter for fra ha hadde han hans har henne her hun hva hvem hvis hvor hvordan i ikke ingen jeg kan man med meg men min mitt mot noe noen nå når og også om opp oss over på seg si skal som så til ut var ved vi vil ville være vært", "jeg meg min mitt mine"},
	{unicode.Latin, finnish.Stem, "ei eivät ehkä että hän hänen ja jo joka jos jotka kaikki kanssa koska kuin kun me mikä minun minä minulla minut mitä mutta myös ne niin nyt olen oli olla olen on ovat se sen siinä sinä sitten sitä tai te tämä tämän tässä vain voi", "minä minun minut minua minulla minulle"},
	{unicode.Latin, hungarian.Stem, "a az az ahol aki akkor amely ami azt azért be benne csak de egy egyik el előtt ez ezt ezért fel hanem hogy hogyan ha igen is itt kell ki le lesz lett meg már mert mi minden mint míg mit most nagyon nekem nem nincs ott pedig s szerint te vagy vagyok van vannak vele volt és én ő őket", "én engem nekem enyém velem"},
	{unicode.Latin, romanian.Stem, "a acest această acesta ai al ale am ar are au ca care ce cea cel cu cum când că da dar de decât din după ea ei el eu era este fi fost iar în îmi la le lui mai mea meu mi mă ne nici noi nu o or pe pentru prin sa sau se si sunt să te tu un una unde unei unui va vă și", "eu mă mie îmi meu mea mei mele"},
	{unicode.Latin, turkish.Stem, "acaba ama ancak ben beni benim bir biri biz bu buna bunu da daha de değil diye en gibi hem hep her hiç ile ise için kadar ki kim mi mu mü mı ne neden o olan olarak olduğu ona onu onun onlar sen siz şey şu tüm var ve veya ya yani yok çok çünkü", "ben beni bana bende benden benim"},
	{unicode.Cyrillic, russian.Stem, "а без был была были было быть в вам вас ведь весь во вот все всё всего вы где да даже для до его ее её если есть еще ещё же за здесь и из или им их к как когда кто ли мне меня мой моя мы на над надо нас не него нее нет ни них но о об он она они оно от по под при с со так также там то того тоже только ты у уже что чтобы эта эти это этот я", "я меня мне мной мой моя моё мои моего моей"},
	{unicode.Arabic, arabic.Stem, "إلى أن أو أنا أنت أي إذا الذي التي إن ثم عن على في قد كان كانت كل لا لم لن ما مع من منذ هذا هذه هل هم هو هي و يا", "أنا لي عندي معي"},
}

// ownWords are those with which somebody speaks of himself, of languages without spaces.
var ownWords = strings.Fields("我 咱 僕 俺 私 나 내 저 제 ผม ฉัน")

// meaning says of a word in which languages it is a stop word, by bits, and likewise
// whether it speaks of the speaker.
type meaning struct{ stop, first uint32 }

var meanings = func() map[string]meaning {
	m := map[string]meaning{}
	for i, l := range languages {
		for _, w := range strings.Fields(l.stop) {
			c := m[w]
			c.stop |= 1 << i
			m[w] = c
		}
		for _, w := range strings.Fields(l.first) {
			c := m[w]
			c.first |= 1 << i
			m[w] = c
		}
	}
	for _, w := range ownWords {
		m[w] = meaning{first: 1<<len(languages) - 1}
	}
	return m
}()

// form is what is known of a word.
type form struct {
	meaning
	kind  kind
	word  string
	term  string // without accents
	of    uint32 // the languages that it may be of by its script, by bits; 0: it has no endings
	stems []stem // as far as they are known
}

// stem is what a language leaves of a word, and its number.
type stem struct {
	language int
	term     string
	number   uint32
}

func newForm(word string, k kind) *form {
	f := &form{meaning: meanings[word], kind: k, word: word, term: fold(word)}
	if k != aWord {
		return f
	}
	for _, r := range word {
		if !unicode.IsLetter(r) {
			return f
		}
	}
	first, _ := utf8.DecodeRuneInString(word)
	last, _ := utf8.DecodeLastRuneInString(word)
	for _, s := range scripts {
		if unicode.Is(s.letters, first) && unicode.Is(s.letters, last) {
			f.of |= s.languages
		}
	}
	return f
}

// script is one that some of languages are written in, which are bits.
type script struct {
	letters   *unicode.RangeTable
	languages uint32
}

var scripts = func() (list []script) {
	for i, l := range languages {
		at := slices.IndexFunc(list, func(s script) bool { return s.letters == l.script })
		if at < 0 {
			at, list = len(list), append(list, script{letters: l.script})
		}
		list[at].languages |= 1 << i
	}
	return list
}()

// in is the term in a text of a language; a stop word has none. A word of another
// script is one of the first language with that.
func (f *form) in(language int) string {
	term, _ := f.numbered(language)
	return term
}

// numbered is in, with the number of the term.
func (f *form) numbered(language int) (string, uint32) {
	if f.of != 0 && f.of>>language&1 == 0 {
		language = bits.TrailingZeros32(f.of)
	}
	switch {
	case f.stop>>language&1 == 1:
		return "", 0
	case f.of == 0:
		return f.term, TermNumber(f.term)
	}
	s := f.stem(language)
	return s.term, s.number
}

// stem takes the endings from a word as a language has them.
func (f *form) stem(language int) *stem {
	for i := range f.stems { // one, mostly
		if f.stems[i].language == language {
			return &f.stems[i]
		}
	}
	env := snowballstem.NewEnv(f.word)
	languages[language].stem(env)
	term := cmp.Or(fold(env.Current()), f.term)
	f.stems = append(f.stems, stem{language, term, TermNumber(term)})
	return &f.stems[len(f.stems)-1]
}

// keepsFirst says that all terms of a word of more than one letter begin with the byte with
// which it begins: what is taken from words in Latin letters stands behind. (Turkish hardens
// the last letter that is left.)
func (f *form) keepsFirst() bool {
	return f.of>>inEnglish&1 == 1 && f.word[0] < utf8.RuneSelf
}

// all are the terms that a word may have, beginning with one of them.
func (f *form) all(first string) []string {
	list := []string{first}
	f.stems = slices.Grow(f.stems, bits.OnesCount32(f.of))
	for m := f.of; m != 0; m &= m - 1 {
		if s := f.stem(bits.TrailingZeros32(m)).term; !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// least is how many stop words of another language than English make a text one in it.
const least = 2

// languageOf finds the language of a text by its stop words.
func languageOf(list []*form) int {
	var hits [32]int
	for _, f := range list {
		for m := f.stop; m != 0; m &= m - 1 {
			hits[bits.TrailingZeros32(m)]++
		}
		if f.of>>inEnglish&1 == 0 { // its script says it
			for m := f.of; m != 0; m &= m - 1 {
				hits[bits.TrailingZeros32(m)]++
			}
		}
	}
	best := inEnglish
	for i := range languages {
		if hits[i] >= least && hits[i] > hits[best] {
			best = i
		}
	}
	return best
}
