package overhead

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// server answers every request at once with the same reply, and keeps the last body.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	body []byte
}

func newServer(reply string) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.body = body
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, reply)
	}))
	return s
}

// last returns the body of the last request.
func (s *server) last() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.body
}
