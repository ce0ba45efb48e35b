module github.com/quire-dev/quire/providers/ollamamodel

go 1.25.0

replace github.com/quire-dev/quire => ../..

require github.com/quire-dev/quire v0.0.0-00010101000000-000000000000
