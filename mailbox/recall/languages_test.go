package recall_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox/recall"
)

// runes counts characters in twos, as counters of Chinese do, roughly.
func runes(s string) int { return (utf8.RuneCountInString(s) + 1) / 2 }

// asian is a mailbox in which people write in Chinese, Japanese, Korean and English.
var asian = [][2]string{
	{"li-na", "我的新办公室在三楼，靠近电梯。"},
	{"wang", "周五的会议改到下午两点，地点在北京饭店。"},
	{"li-na", "今天的天气很好，我们去公园散步了。"},
	{"wang", "服务器的密码已经换了，新的密码写在保险柜里。"},
	{"li-na", "我妹妹下个月要在上海结婚。"},
	{"tanaka", "来週の出張は大阪に変わりました。"},
	{"tanaka", "昨日、駅前の本屋で新しい辞書を買いました。"},
	{"suzuki", "プロジェクトの締め切りは六月十日です。"},
	{"suzuki", "猫の名前はタマです。とてもかわいいです。"},
	{"kim", "내일 점심은 비빔밥집에서 먹어요."},
	{"mia", "The new server listens on port 8443."},
	{"mia", "I moved to Lisbon with my sister in spring."},
	{"ben", "Wang 说 the Kubernetes 集群 will be upgraded on Monday."},
	{"li-na", "晚饭吃了面条，我觉得很好吃。"},
	{"suzuki", "お昼はうどんを食べました。おいしかったです。"},
}

// TestAQuestionInAnyLanguageIsAnsweredFirst by the message that answers it.
func TestAQuestionInAnyLanguageIsAnsweredFirst(t *testing.T) {
	store := letters(t, asian...)
	for text, want := range map[string]quire.UID{
		"会议在哪里开？":                        2,
		"服务器的新密码写在哪里？":                   4,
		"李娜的妹妹在哪里结婚？":                    5,
		"她的办公室在几楼？":                      1,
		"出張はどこに変わりましたか？":                 6,
		"辞書はどこで買いましたか？":                  7,
		"締め切りはいつですか？":                    8,
		"猫の名前は何ですか？":                     9,
		"점심은 어디에서 먹어요?":                  10,
		"which port has the server":      11,
		"when is Kubernetes 集群 upgraded": 13,
	} {
		got, err := (&recall.Recaller{Store: store, Address: "ada", Count: runes}).Recall(t.Context(), recall.Query{Text: text, Budget: 80, Least: 0.3})
		require.NoError(t, err)
		require.NotEmpty(t, got.Ranked, text)
		assert.Equal(t, want, got.Ranked[0], "%s\n%s", text, got.Sheet)
		assert.Contains(t, got.UIDs, want, text)
	}
}

// TestAQuestionWithoutAnAnswerGetsNoneInAnyLanguage: that both say "where is" and "my"
// is not much in common.
func TestAQuestionWithoutAnAnswerGetsNoneInAnyLanguage(t *testing.T) {
	store := letters(t, asian...)
	for _, text := range []string{"我的护照在哪里？", "你们什么时候去看电影？", "自転車はどこですか？", "歯医者の予約はいつですか？", "비행기 표가 어디 있어요?", "where is my passport?"} {
		got, err := (&recall.Recaller{Store: store, Address: "ada", Count: runes}).Recall(t.Context(), recall.Query{Text: text, Budget: 200, Least: 0.3})
		require.NoError(t, err)
		assert.Empty(t, got.Sheet, text)
	}
}

// TestAFactThatIsMailedAgainIsShownOnceInChinese, the newest.
func TestAFactThatIsMailedAgainIsShownOnceInChinese(t *testing.T) {
	list := asian[:5:5]
	for range 20 {
		list = append(list, [2]string{"wang", "提醒：仓库的门禁号码是七七三一，请不要告诉别人。"}, [2]string{"li-na", "好的，收到。"})
	}
	got, err := (&recall.Recaller{Store: letters(t, list...), Address: "ada", Count: runes}).Recall(t.Context(), recall.Query{Text: "仓库的门禁号码是多少？", Budget: 400, Least: 0.3})
	require.NoError(t, err)
	assert.Equal(t, 1, strings.Count(got.Sheet, "七七三一"), got.Sheet)
	assert.Contains(t, got.UIDs, quire.UID(44))
}

// TestThePassageOfAChineseMessageHoldsTheAnswer.
func TestThePassageOfAChineseMessageHoldsTheAnswer(t *testing.T) {
	long := strings.Repeat("今天我们讨论了很多别的事情，没有什么特别的。", 60) + "最后决定把发布日期定在九月十五日。" + strings.Repeat("大家都同意了，然后一起去吃饭。", 60)
	store := letters(t, append(asian[:5:5], [2]string{"wang", long})...)
	got, err := (&recall.Recaller{Store: store, Address: "ada", Count: runes}).Recall(t.Context(), recall.Query{Text: "发布日期是哪天？", Budget: 200, Passage: 60, Least: 0.3})
	require.NoError(t, err)
	assert.Equal(t, []quire.UID{6}, got.InPart, got.Sheet)
	assert.Contains(t, got.Sheet, "发布日期定在九月十五日")
	assert.Less(t, runes(got.Sheet), 200)
}
