package recall

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSessionsWithoutDates stand a day apart, in their order, beside those with dates.
func TestSessionsWithoutDates(t *testing.T) {
	var raw rawSample
	require.NoError(t, json.Unmarshal([]byte(`{"conversation":{
		"session_1":[{"speaker":"Mia","dia_id":"D1:1","text":"one"},{"speaker":"Mia","dia_id":"D1:2","text":"two"}],
		"session_2":[{"speaker":"Mia","dia_id":"D2:1","text":"three"}],
		"session_4":[{"speaker":"Mia","dia_id":"D4:1","text":"four"}], "session_4_date_time":"1:56 pm on 8 May, 2023",
		"session_5":[{"speaker":"Mia","dia_id":"D5:1","text":"five"}]}}`), &raw))
	var s sample
	require.NoError(t, s.fill(&raw))
	var sent []string
	for _, m := range s.messages {
		sent = append(sent, m.sent.Format(time.DateTime))
	}
	assert.Equal(t, []string{"2000-01-01 12:00:00", "2000-01-01 12:00:01", "2000-01-02 12:00:00", "2023-05-08 13:56:00", "2023-05-09 13:56:00"}, sent)
}

// TestASmallFileThatUnpacksToAlotIsRefused: no conversation packs to a thousandth.
func TestASmallFileThatUnpacksToAlotIsRefused(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(bytes.Repeat([]byte(" "), anyRatio+1))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	path := filepath.Join(t.TempDir(), "bomb.json.gz")
	require.NoError(t, os.WriteFile(path, packed.Bytes(), 0o600))
	_, err = read(path)
	require.ErrorContains(t, err, "has more than 67108864 bytes")
}
