//go:build unix

package postgresstore_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// server is what the tests use: the one that QUIRE_POSTGRES_DSN names, else a
// cluster of their own.
var server struct {
	sync.Mutex
	own *cluster
	err error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if server.own != nil {
		server.own.remove()
	}
	os.Exit(code)
}

// dsn names a server, or skips the test.
func dsn(t testing.TB) string {
	t.Helper()
	if name := os.Getenv("QUIRE_POSTGRES_DSN"); name != "" {
		return name
	}
	server.Lock()
	defer server.Unlock()
	if server.own == nil && server.err == nil {
		server.own, server.err = newCluster("-c fsync=off -c full_page_writes=off")
	}
	if server.err != nil {
		t.Skipf("no PostgreSQL to test with (set QUIRE_POSTGRES_DSN, or install its server programs): %v", server.err)
	}
	return server.own.dsn()
}

// cluster is a PostgreSQL server of the tests' own, in a folder, on a socket.
type cluster struct {
	bin, dir string
	owner    *syscall.Credential // nil: whoever runs the tests
	options  string              // of the server's program, besides where it listens
}

// newCluster starts a server. One that nobody kills does not have to wait for the disk:
// then its options say so.
func newCluster(options string) (*cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "quirepg") // short: the path of a socket has at most 107 bytes
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, dir: dir, options: options}
	if c.owner, err = unprivileged(); err == nil && c.owner != nil {
		err = os.Chown(dir, int(c.owner.Uid), int(c.owner.Gid))
	}
	if err == nil {
		err = c.run("initdb", "-D", c.data(), "-U", "quire", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	}
	if err == nil {
		err = c.start()
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return c, nil
}

// binaries finds where initdb is: Debian keeps it out of the path.
func binaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	list, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(list) == 0 {
		return "", fmt.Errorf("no initdb in the path or in /usr/lib/postgresql")
	}
	slices.Sort(list)
	return filepath.Dir(list[len(list)-1]), nil
}

// unprivileged is somebody else than root, who may not run a server.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	var err error
	for _, name := range []string{"postgres", "nobody"} {
		var u *user.User
		if u, err = user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(u.Uid, 10, 32)
			gid, _ := strconv.ParseUint(u.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, err
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) dsn() string {
	return "postgres:///postgres?user=quire&host=" + url.QueryEscape(c.dir)
}

func (c *cluster) run(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out.Bytes())
	}
	return nil
}

func (c *cluster) start() error {
	return c.run("pg_ctl", "-D", c.data(), "-w", "-l", filepath.Join(c.dir, "log"), "-o", "-k "+c.dir+" -c listen_addresses= -c max_connections=200 "+c.options, "start")
}

// stop stops the server at once: it writes nothing more.
func (c *cluster) stop() error {
	return c.run("pg_ctl", "-D", c.data(), "-w", "-m", "immediate", "stop")
}

// crash stops the server and starts it again.
func (c *cluster) crash() error {
	if err := c.stop(); err != nil {
		return err
	}
	return c.start()
}

func (c *cluster) remove() {
	_ = c.stop()
	_ = os.RemoveAll(c.dir)
}

// schema makes the name of a new schema, and removes it with the test.
func schema(t testing.TB, server string) string {
	t.Helper()
	name := "quire test " + string(mailbox.NewID())
	t.Cleanup(func() { query(t, server, "DROP SCHEMA IF EXISTS "+pgx.Identifier{name}.Sanitize()+" CASCADE") })
	return name
}

// query runs SQL on a connection of its own.
func query(t testing.TB, server, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := pgx.Connect(ctx, server)
	require.NoError(t, err)
	defer c.Close(ctx)
	_, err = c.Exec(ctx, sql)
	assert.NoError(t, err)
}

func open(t testing.TB, server string, o *postgresstore.Options) *mailbox.Store {
	t.Helper()
	s, err := postgresstore.Open(context.Background(), server, o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}
