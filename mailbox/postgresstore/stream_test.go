//go:build unix

package postgresstore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/postgresstore"
)

// Two stores on one schema are what two machines have.
func TestReadersOnOtherMachinesFollow(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server), Poll: time.Hour} // only what the server notifies wakes
	here, there := open(t, server, o), open(t, server, o)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	begun, seen := make(chan struct{}, 1), make(chan string, 1)
	go func() {
		var all string
		for p, err := range there.Follow(ctx, "ada", mailbox.StreamRead{Stream: 7}) {
			if !assert.NoError(t, err) {
				break
			}
			for _, c := range p.Chunks {
				all += string(c)
			}
			select {
			case begun <- struct{}{}:
			default:
			}
		}
		seen <- all
	}()
	a, err := here.OpenStream(ctx, "ada", mailbox.StreamOpen{Stream: 7})
	require.NoError(t, err)
	want := ""
	for i := range 20 {
		s := fmt.Sprint(i, " ")
		want += s
		require.NoError(t, here.AppendStream(ctx, "ada", mailbox.StreamAppend{Stream: 7, Attempt: a.Attempt, Offset: uint64(i), Chunks: [][]byte{[]byte(s)}}))
		if i == 0 {
			<-begun // from here on it waits in the middle of the stream
		}
	}
	require.NoError(t, here.EndStream(ctx, "ada", mailbox.StreamClose{Stream: 7, Attempt: a.Attempt, End: driver.StreamEnd{Kind: driver.StreamDone}}))
	assert.Equal(t, want, <-seen)
}

// Format 1 had no streams; the rest is the same.
func TestTablesOfFormatOneGetStreams(t *testing.T) {
	server := dsn(t)
	o := &postgresstore.Options{Schema: schema(t, server)}
	s := open(t, server, o)
	_, err := s.Commit(t.Context(), mailbox.Commit{Address: "mia", Sends: []quire.Draft{mail("hello", "ada")}})
	require.NoError(t, err)
	name := pgx.Identifier{o.Schema}.Sanitize()
	query(t, server, "DROP TABLE "+name+".stream, "+name+".said, "+name+".low")
	query(t, server, "UPDATE "+name+".meta SET value = '1' WHERE key = 'format'")
	_, err = s.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1})
	require.Error(t, err)
	s = open(t, server, o)
	_, err = s.OpenStream(t.Context(), "ada", mailbox.StreamOpen{Stream: 1})
	require.NoError(t, err)
	st, err := s.Status(t.Context(), "ada")
	require.NoError(t, err)
	assert.Equal(t, 1, st.Total)
}
