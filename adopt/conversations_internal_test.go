package adopt

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A thousand conversations with images would be more than a service has memory for.
func TestWhatConversationsHoldIsBounded(t *testing.T) {
	var c conversations
	c.most = 1000
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	for i := range 10 {
		c.put(fmt.Sprint(i), &conversation{size: maxKnown / 4}, now.Add(time.Duration(i)))
		require.LessOrEqual(t, c.size, maxKnown)
	}
	assert.Len(t, c.known, 4)
	assert.Nil(t, c.take([]string{"5"}), "those used longest ago are forgotten")
	c.put("9", &conversation{size: 1}, now) // in place of a larger one
	assert.Equal(t, 3*maxKnown/4+1, c.size)
	for _, key := range []string{"6", "7", "8", "9"} {
		require.NotNil(t, c.take([]string{key}))
	}
	assert.Zero(t, c.size)
	c.put("large", &conversation{size: 2 * maxKnown}, now)
	assert.NotNil(t, c.take([]string{"large"}), "the one that goes on is kept, whatever its size")
}

type says string

func (s says) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(string(s)))}, r.Body.Close()
}

func TestAConversationIsAsLargeAsItsLastRequest(t *testing.T) {
	transport := New(1500, &Options{Base: says(`{"content":[]}`)})
	for _, messages := range []string{`{"role":"user","content":"Hi"}`, `{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},{"role":"user","content":"Go on"}`} {
		body := fmt.Sprintf(`{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[%s]}`, messages)
		res, err := (&http.Client{Transport: transport}).Post("http://localhost/v1/messages", "application/json", strings.NewReader(body))
		require.NoError(t, err)
		_, err = io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		assert.Len(t, transport.known.known, 1)
		assert.Equal(t, len(body), transport.known.size)
	}
}
