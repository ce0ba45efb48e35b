package mcp_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/agent"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/memstore"
	"github.com/quire-dev/quire/mcp"
)

// conformance is the protocol's own test program, the npm package
// @modelcontextprotocol/conformance, which QUIRE_MCP_CONFORMANCE names.
func conformance(t *testing.T, args ...string) string {
	t.Helper()
	program := os.Getenv("QUIRE_MCP_CONFORMANCE")
	if program == "" {
		t.Skip("QUIRE_MCP_CONFORMANCE does not name the program conformance of the npm package @modelcontextprotocol/conformance")
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = t.TempDir() // where it leaves its results
	cmd.Env = append(os.Environ(), "QUIRE_TEST_CLIENT=1")
	out, err := cmd.CombinedOutput() // its exit code only says whether all passed
	t.Logf("conformance %s: %v\n%s", strings.Join(args, " "), err, out)
	return string(out)
}

// failed lists the scenarios of a summary that did not pass.
func failed(t *testing.T, out string) []string {
	t.Helper()
	rows := regexp.MustCompile(`(?m)^([✓✗~]) (\S+):`).FindAllStringSubmatch(out, -1)
	require.NotEmpty(t, rows, "there is no summary")
	var list []string
	for _, row := range rows {
		if row[1] == "✗" {
			list = append(list, row[2])
		}
	}
	slices.Sort(list)
	return list
}

// TestServersConform holds what a mailbox's server passes of the protocol's own tests, and
// what not: those that want the tools, prompts and resources of the program that they were
// written for.
func TestServersConform(t *testing.T) {
	store := memstore.New(nil)
	h, err := mcp.NewHandler(func(*http.Request) (*mailbox.Box, error) { return store.As("ada", nil).Box("ada"), nil }, nil)
	require.NoError(t, err)
	web := httptest.NewServer(h)
	defer web.Close()
	defer func() { require.NoError(t, h.Close()) }()
	out := conformance(t, "server", "--url", web.URL+"/mcp")
	assert.Equal(t, []string{
		"completion-complete", // there is nothing to complete
		// These want tools, prompts and resources of certain names.
		"elicitation-sep1034-defaults", "elicitation-sep1330-enums",
		"prompts-get-embedded-resource", "prompts-get-simple", "prompts-get-with-args", "prompts-get-with-image",
		"resources-read-binary", "resources-read-text",
		"resources-subscribe", // to test://watched-resource, which is not there
		"resources-templates-read",
		"resources-unsubscribe",
		"tools-call-audio", "tools-call-elicitation", "tools-call-embedded-resource", "tools-call-error", "tools-call-image", "tools-call-mixed-content",
		"tools-call-sampling", "tools-call-simple-text", "tools-call-with-logging", "tools-call-with-progress",
	}, failed(t, out))
}

// TestClientsConform holds that the client passes all of them.
func TestClientsConform(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	out := conformance(t, "client", "--command", self, "--suite", "core")
	assert.Empty(t, failed(t, out))
}

// testClient is the program that is tested: it gives the tools of the server at a URL to an
// agent whose owner accepts whatever is asked, and calls each of them.
func testClient(url string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	store := memstore.New(nil)
	go func() { // the owner
		box := store.Box("mia")
		for {
			if _, err := box.Wait(ctx, mailbox.Wait{}); err != nil {
				return
			}
			page, err := box.Find(ctx, mailbox.Query{Pending: true})
			if err != nil {
				return
			}
			for _, row := range page.Rows {
				if _, err := box.Answer(ctx, row.UID, quire.Draft{Parts: []quire.Part{quire.Text{Text: "accept"}}}); err != nil {
					fmt.Fprintln(os.Stderr, err)
				}
			}
		}
	}()
	server := mcp.Server{Name: "test", URL: url}
	if strings.HasPrefix(os.Getenv("MCP_CONFORMANCE_SCENARIO"), "auth/") {
		if server, err = authorized(url); err != nil {
			return err
		}
	}
	c, err := mcp.New([]mcp.Server{server}, &mcp.Options{Box: store.Box("ada"), Owner: "mia"})
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Ready(ctx); err != nil {
		return err
	}
	for _, tool := range c.Tools() {
		args := map[string]any{}
		if strings.HasSuffix(tool.Name, "add_numbers") {
			args["a"], args["b"] = 5, 3
		}
		b, _ := json.Marshal(args)
		parts, err := tool.Run(ctx, agent.Call{Key: tool.Name, Agent: "ada", Name: tool.Name, Args: string(b)})
		fmt.Println(tool.Name, quire.PlainText(parts), err)
	}
	return nil
}

// authorized is a server that wants OAuth, by the SDK's own handler: what a person's browser
// does is a redirect here.
func authorized(url string) (mcp.Server, error) {
	const back = "http://localhost:3000/callback"
	o := &auth.AuthorizationCodeHandlerConfig{
		RedirectURL: back, AuthorizationCodeFetcher: redirected,
		ClientIDMetadataDocumentConfig:  &auth.ClientIDMetadataDocumentConfig{URL: "https://conformance-test.local/client-metadata.json"},
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{Metadata: &oauthex.ClientRegistrationMetadata{RedirectURIs: []string{back}}},
	}
	var known struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	_ = json.Unmarshal([]byte(os.Getenv("MCP_CONFORMANCE_CONTEXT")), &known) // not every scenario has one
	if known.Secret != "" {
		o.PreregisteredClient = &oauthex.ClientCredentials{ClientID: known.ID, ClientSecretAuth: &oauthex.ClientSecretAuth{ClientSecret: known.Secret}}
	}
	handler, err := auth.NewAuthorizationCodeHandler(o)
	return mcp.Server{Name: "test", Transport: func() (sdk.Transport, error) {
		return &sdk.StreamableClientTransport{Endpoint: url, OAuthHandler: handler}, nil
	}}, err
}

// redirected asks for a code, which the test's server gives at once.
func redirected(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, args.URL, nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil {
		return nil, err
	}
	q := to.Query()
	return &auth.AuthorizationResult{Code: q.Get("code"), State: q.Get("state"), Iss: q.Get("iss")}, nil
}
