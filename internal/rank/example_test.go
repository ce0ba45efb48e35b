package rank_test

import (
	"fmt"

	"github.com/quire-dev/quire/internal/rank"
)

// Three messages, the newest last, are searched.
func Example() {
	texts := []string{"Invoice 7 is paid.", "Lunch?", "Invoices, invoices: which of them are late?"}
	docs := len(texts)

	words := rank.QueryTerms("invoices") // when somebody searches

	df := make([]int, len(words)) // how many messages have each term
	for _, text := range texts {
		for i, word := range words {
			if rank.Analyze(text).Freq[word[0]] > 0 {
				df[i]++
			}
		}
	}
	fmt.Println(words[0][0], df)
	for i, text := range texts {
		doc := rank.Analyze(text) // when a message is stored

		freq := make([]int, len(words))
		rank.Seek(rank.Numbers(words)).Times(doc.Pack(), freq)
		newer := docs - 1 - i
		score := rank.Score(freq, df, doc.Length, docs, newer)
		fmt.Printf("%.2f %s\n", score, text)
	}
	// Output:
	// invoic [2]
	// 0.78 Invoice 7 is paid.
	// 0.00 Lunch?
	// 0.89 Invoices, invoices: which of them are late?
}
