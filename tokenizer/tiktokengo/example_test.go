package tiktokengo_test

import (
	"fmt"

	"github.com/pkoukk/tiktoken-go"
	loader "github.com/pkoukk/tiktoken-go-loader"

	"github.com/quire-dev/quire/tokenizer/tiktokengo"
)

// An encoding that this library does not have itself.
func ExampleNew() {
	tiktoken.SetBpeLoader(loader.NewOfflineLoader()) // else the vocabulary comes from the network
	enc, err := tiktoken.GetEncoding("p50k_base")
	if err != nil {
		fmt.Println(err)
		return
	}
	counter := tiktokengo.New("p50k_base", enc)
	fmt.Println(counter.CountText("How many tokens is this?"))
	// Output: 6
}
