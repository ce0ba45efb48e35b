module github.com/quire-dev/quire/providers/ollamamodel

go 1.25.0

replace github.com/quire-dev/quire => ../..

require (
	github.com/quire-dev/quire v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/blevesearch/snowballstem v0.9.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
