package drivertest

import (
	"fmt"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
)

var searchCases = []testCase{
	{rule: "a search finds the words of any language in one mailbox, and marks them", run: func(k *kit) {
		bodies := []string{
			"The invoices of the ferry are late and they were not paid.",
			"Wir haben die Rechnungen für die Häuser noch nicht bezahlt.",
			"Les factures de la maison ne sont pas encore payées.",
			"Las canciones de la niña no están en la casa.",
			"Мы не нашли книги, которые были в библиотеке.",
			"我同事的手机号是13651039007。",
			"来週の会議は東京で、テーマは猫です。",
			"회의는 서울에서 합니다",
			"เพื่อนของฉันอยู่ที่เชียงใหม่",
			"हमारी किताबें मेज पर हैं",
		}
		for _, body := range bodies {
			k.send("mia", letter(k, "", body))
		}
		for _, c := range []struct {
			text string
			uid  quire.UID
			want []string // marked
		}{
			{"invoice", 1, []string{"invoices"}},
			{"rechnung", 2, []string{"Rechnungen"}},
			{"haus", 2, []string{"Häuser"}},
			{"die Rechnung", 2, []string{"Rechnungen"}},
			{"facture payée", 3, []string{"factures", "payées"}},
			{"canción", 4, []string{"canciones"}},
			{"nina", 4, []string{"niña"}},
			{"книга", 5, []string{"книги"}},
			{"手机号", 6, []string{"手机号"}},
			{"同事 手机", 6, []string{"同事", "手机"}},
			{"東京の会議", 7, []string{"の会議", "東京"}},
			{"猫", 7, []string{"猫"}},
			{"서울", 8, []string{"서울"}},
			{"เชียงใหม่", 9, []string{"เชียงใหม่"}},
			{"किताबें", 10, []string{"किताबें"}},
		} {
			rows := k.query("ada", mailbox.Query{Text: c.text}).Rows
			if len(rows) == 0 || rows[0].UID != c.uid {
				k.failf("%q finds %d rows, and not first %s", c.text, len(rows), c.uid)
			}
			same(k, marked(k, rows[0]), c.want, "what is marked for %q in %q", c.text, rows[0].Snippet)
		}
		same(k, uids(k.query("ada", mailbox.Query{Text: "invoice rechnung книга", Oldest: true})), []quire.UID{1, 2, 5}, "words of three languages")
		same(k, len(k.query("ada", mailbox.Query{Text: "机手"}).Rows), 0, "rows with characters in another order")
	}},
	{rule: "what messages are judged by comes without bodies, as far as they may be found", run: func(k *kit) {
		for i := range 8 {
			d := k.mail(fmt.Sprintf("number %d%s", i, filler(10*i)), "ada")
			if i == 3 {
				d.Kind, d.Question = quire.KindQuestion, &quire.Question{}
			}
			if i == 5 {
				d.Parts = []quire.Part{quire.Text{Text: "a zeppelin over the number"}}
			}
			k.commit(mailbox.Commit{Address: quire.Address([]string{"mia", "ben@example.org"}[i%2]), Sends: []quire.Draft{d}, Now: day.Add(time.Duration(i) * time.Hour)})
		}
		ref, err := k.store.Get(k.ctx, "ada", mailbox.Get{UIDs: []quire.UID{1, 2, 3, 4, 5, 6, 7, 8}})
		k.must(err, "Get")
		k.commit(mailbox.Commit{Address: "mia", Retract: []quire.MessageID{ref[0].ID}, Now: day.Add(9 * time.Hour)})
		judged, err := k.store.Candidates(k.ctx, "ada", mailbox.Candidates{UIDs: []quire.UID{8, 1, 4, 2, 99}})
		k.must(err, "Candidates")
		var got []quire.UID
		sizes := map[int]bool{}
		for _, w := range judged.Weights {
			it := &ref[w.UID-1]
			got = append(got, w.UID)
			sizes[w.Tokens] = true
			if w.From != it.From || w.Kind != it.Kind || !w.Sent.Equal(it.Sent) || w.Thread != it.Thread || w.Tokens <= 0 || w.Length <= 0 || len(w.Freq) == 0 {
				k.failf("%s is judged by %+v", w.UID, w)
			}
		}
		same(k, got, []quire.UID{2, 4, 8}, "what there is, in order")
		same(k, len(sizes), 3, "different sizes")
		judged, err = k.store.Candidates(k.ctx, "ada", mailbox.Candidates{Text: "zeppelins", Below: 8, Limit: 5})
		k.must(err, "Candidates")
		got = nil
		for _, w := range judged.Weights {
			got = append(got, w.UID)
		}
		same(k, got, []quire.UID{5, 6, 7}, "what has the word, and what stands beside it")
		judged, err = k.store.Candidates(k.ctx, "ada", mailbox.Candidates{Text: "zeppelins", Below: 6, Limit: 5})
		k.must(err, "Candidates")
		same(k, len(judged.Weights), 0, "messages below what has the word")
	}},
}
