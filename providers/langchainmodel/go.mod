module github.com/quire-dev/quire/providers/langchainmodel

go 1.25.0

replace github.com/quire-dev/quire => ../..

require (
	github.com/quire-dev/quire v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
	github.com/tmc/langchaingo v0.1.14
	pgregory.net/rapid v1.3.0
)

require (
	github.com/dlclark/regexp2 v1.10.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/pkoukk/tiktoken-go v0.1.8 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
