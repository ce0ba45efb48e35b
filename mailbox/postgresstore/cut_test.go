//go:build unix

package postgresstore_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// wire stands between a store and its server and breaks one connection, once: what
// the client sends next but left does not arrive, or it arrives and the answer is lost.
type wire struct {
	listener   net.Listener
	to         pgconn.Config
	left       atomic.Int64 // until it breaks; it counts down for good
	loseAnswer atomic.Bool
	sent       atomic.Int64 // messages of clients, but hints
	silent     atomic.Bool  // the connection stays open, and nothing more comes through
	owned      sync.WaitGroup
}

func newWire(t *testing.T, server string) *wire {
	config, err := pgx.ParseConfig(server)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{listener: l, to: config.Config}
	w.owned.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.owned.Go(func() { w.carry(c) })
		}
	})
	return w
}

// close ends when all connections have.
func (w *wire) close() {
	_ = w.listener.Close()
	w.owned.Wait()
}

func (w *wire) dsn() string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(w.to.User, w.to.Password), Host: w.listener.Addr().String(), Path: "/" + w.to.Database, RawQuery: "sslmode=disable"}
	return u.String()
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	network, address := pgconn.NetworkAddress(w.to.Host, w.to.Port)
	server, err := net.Dial(network, address)
	if err != nil {
		return
	}
	defer server.Close()
	var lose atomic.Bool
	w.owned.Go(func() {
		w.copyUntil(client, server, func([]byte) bool { return lose.Load() })
		client.Close()
	})
	w.copyUntil(server, client, func(b []byte) bool {
		if !bytes.Contains(b, []byte("quire quire")) { // where hints are given
			w.sent.Add(1)
		}
		if w.left.Add(-1) != 0 {
			return false
		}
		lose.Store(w.loseAnswer.Load())
		return !w.loseAnswer.Load()
	})
}

// copyUntil carries what it reads on, until stop says so of what it just read.
func (w *wire) copyUntil(to io.Writer, from net.Conn, stop func(b []byte) bool) {
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if stop(b[:n]) {
			if !w.silent.Load() {
				return
			}
			to = io.Discard
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// A connection that breaks between any two messages of client and server loses
// nothing and repeats nothing.
func TestConnectionBreaksAtEveryMessage(t *testing.T) {
	server := dsn(t)
	for _, loseAnswer := range []bool{false, true} {
		for _, id := range []string{"once", ""} {
			o := &postgresstore.Options{Schema: schema(t, server), Conns: 1}
			w := newWire(t, server)
			s, err := postgresstore.Open(t.Context(), w.dsn(), o)
			require.NoError(t, err)
			w.loseAnswer.Store(loseAnswer)
			unknown := 0
			cut := int64(1)
			for ; ; cut++ {
				// The connection lives when the counting begins.
				_, err := s.Status(t.Context(), "ada")
				require.NoError(t, err)
				d := mail("hello", "ben", "cleo")
				c := mailbox.Commit{Address: "ada", Sends: []quire.Draft{d}, Now: day}
				if id != "" {
					c.ID = fmt.Sprint(id, cut)
				}
				w.left.Store(cut)
				done, err := s.Commit(t.Context(), c)
				uncut := w.left.Swap(0) > 0
				if err != nil {
					assert.ErrorIs(t, err, mailbox.ErrUnavailable)
					assert.Empty(t, id, "message %d, answer lost: %v", cut, loseAnswer)
					unknown++
				}
				assert.False(t, done.Replayed)
				items, err2 := s.Get(t.Context(), "ben", mailbox.Get{IDs: []quire.MessageID{d.ID}})
				require.NoError(t, err2)
				if err == nil || loseAnswer {
					assert.Len(t, items, 1, "message %d, answer lost: %v", cut, loseAnswer)
				}
				if uncut {
					break
				}
			}
			st, err := s.Status(t.Context(), "ben")
			require.NoError(t, err)
			assert.Equal(t, quire.UID(st.Total+1), st.NextUID)
			if id == "" {
				assert.Equal(t, 1, unknown, "only where it was told to commit nobody knows")
			}
			assert.Greater(t, cut, int64(5))
			t.Logf("cut at %d places, answer lost: %v, id: %q", cut-1, loseAnswer, id)
			require.NoError(t, s.Close())
			w.close()
		}
	}
}
