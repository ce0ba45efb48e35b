// Package demo is a small company of agents and people that lives without a key and without
// a network: its models are scripts that go by what they see in a prompt, and report what a
// provider's cache would have read. It has a day and a half behind it when it begins, and
// goes on by the clock from then on.
package demo
