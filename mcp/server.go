package mcp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// Server says how an MCP server is reached, and what it is trusted with. One of Command,
// URL and Transport is set.
type Server struct {
	// Name stands before the names of its tools: "files" makes read_file files__read_file.
	// 1 to 24 letters, digits, _ or -, no two _ in a row and none at an end.
	Name string

	// Command is a program with its arguments, spoken to over its standard input and output.
	// It is started again when it ends. It gets Env ("KEY=value") and, of this process's
	// environment, only what a program needs to run (PATH, HOME, …): no keys. Dir is where
	// it runs; "": here.
	Command []string
	Env     []string
	Dir     string

	// URL is that of a server that speaks streamable HTTP. Client sends the requests, and
	// adds what proves who asks; nil: [http.DefaultClient].
	URL    string
	Client *http.Client

	// Transport makes another way to it, anew for each connection.
	Transport func() (sdk.Transport, error)

	// Trusted says that what the server says of its tools is believed: those that it calls
	// read-only or idempotent may be run again after a crash ([agent.Tool.Repeatable]). Of
	// a server that is not trusted nothing is: a call that was cut off is not repeated.
	Trusted bool
	// Allow says which of its tools, by the server's own names, the agent gets; nil: all.
	Allow func(tool string) bool
}

// maxName is how long the name of a server may be: of the 64 bytes that vendors allow for
// the name of a tool, the larger part is the tool's own.
const maxName = 24

func (s *Server) valid() error {
	ways := 0
	for _, set := range []bool{len(s.Command) > 0, s.URL != "", s.Transport != nil} {
		if set {
			ways++
		}
	}
	name := s.Name
	switch {
	case name == "" || len(name) > maxName || strings.ContainsFunc(name, notNameRune) || strings.Contains(name, separator) || strings.Trim(name, "_") != name:
		return fmt.Errorf("mcp: server name %q: want 1 to %d letters, digits, _ or -, no two _ in a row and none at an end", name, maxName)
	case ways != 1:
		return fmt.Errorf("mcp: server %s: give one of Command, URL and Transport", name)
	}
	if s.URL != "" {
		u, err := url.Parse(s.URL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("mcp: server %s: %q is no address of HTTP, such as https://example.org/mcp", name, s.URL)
		}
	}
	return nil
}

// transport makes the next connection's way to the server. What its program writes to
// standard error goes to words.
func (s *Server) transport(words *lastWords) (sdk.Transport, error) {
	switch {
	case s.Transport != nil:
		t, err := s.Transport()
		if err == nil && t == nil {
			err = errors.New("its Transport returned nothing")
		}
		return t, err
	case s.URL != "":
		return &sdk.StreamableClientTransport{Endpoint: s.URL, HTTPClient: s.Client}, nil
	}
	// Not bound to a context: the connection ends the program when it is closed, and gives it
	// time to end by itself first.
	cmd := exec.Command(s.Command[0], s.Command[1:]...)
	cmd.Dir, cmd.Env, cmd.Stderr = s.Dir, s.environment(), words
	cmd.WaitDelay = 5 * time.Second // what it started may hold its standard error open
	return &sdk.CommandTransport{Command: cmd}, nil
}

// inherited is what a program gets of this process's environment.
var inherited = []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
	"APPDATA", "COMSPEC", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATHEXT", "PROGRAMDATA", "PROGRAMFILES", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "USERNAME", "USERPROFILE", "WINDIR"}

func (s *Server) environment() []string {
	env := []string{}
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if slices.Contains(inherited, name) || slices.Contains(inherited, strings.ToUpper(name)) && os.PathSeparator == '\\' {
			env = append(env, kv)
		}
	}
	return append(env, s.Env...)
}

// where names the way to the server, for messages.
func (s *Server) where() string {
	switch {
	case len(s.Command) > 0:
		return s.Command[0]
	case s.URL != "":
		u, err := url.Parse(s.URL)
		if err != nil {
			return "its URL"
		}
		return u.Redacted()
	}
	return "its transport"
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
