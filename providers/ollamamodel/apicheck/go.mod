module github.com/quire-dev/quire/providers/ollamamodel/apicheck

go 1.25.0

replace (
	github.com/quire-dev/quire => ../../..
	github.com/quire-dev/quire/providers/ollamamodel => ..
)

require (
	github.com/ollama/ollama v0.17.4
	github.com/quire-dev/quire v0.0.0-00010101000000-000000000000
	github.com/quire-dev/quire/providers/ollamamodel v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/bahlo/generic-list-go v0.2.0 // indirect
	github.com/buger/jsonparser v1.1.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/mailru/easyjson v0.7.7 // indirect
	github.com/wk8/go-ordered-map/v2 v2.1.8 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.43.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
