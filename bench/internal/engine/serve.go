package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ModelName is what the model is called at a server that Start started.
const ModelName = "quire-random"

// Server is one that runs.
type Server struct {
	URL string
	Log string // the file of its log

	cmd  *exec.Cmd
	log  *os.File
	done chan error
}

// Start runs the server of a folder that Build made, on a free port of this machine, and
// makes the model known to it. The caller stops it.
func Start(ctx context.Context, dir string) (*Server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := listen.Addr().String()
	listen.Close()
	s := &Server{URL: "http://" + address, Log: filepath.Join(dir, "serve.log"), done: make(chan error, 1)}
	if s.log, err = os.Create(s.Log); err != nil {
		return nil, err
	}
	s.cmd = exec.Command(serverPath(dir), "serve")
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, s.log, s.log
	s.cmd.Env = append(os.Environ(), "HOME="+dir, "OLLAMA_HOST="+address, "OLLAMA_MODELS="+filepath.Join(dir, "models"), "OLLAMA_DEBUG=1", "OLLAMA_NUM_PARALLEL=1", "OLLAMA_NOPRUNE=1")
	if err := s.cmd.Start(); err != nil {
		return nil, errors.Join(err, s.log.Close())
	}
	go func() { s.done <- s.cmd.Wait() }()
	err = s.ready(ctx)
	if err == nil {
		err = s.create(ctx, modelPath(dir))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w (its log is %s)", err, s.Log), s.Stop())
	}
	return s, nil
}

// Stop ends the server and waits for it.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.done:
	case <-time.After(10 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	return s.log.Close()
}

// ready waits until it answers.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if err := call(ctx, http.MethodGet, s.URL+"/api/version", nil, nil); err == nil {
			return nil
		}
		select {
		case err := <-s.done:
			s.done <- err
			return fmt.Errorf("the server ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// create makes the model of a file. One thread: more are slower where others work too.
func (s *Server) create(ctx context.Context, file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	if err := call(ctx, http.MethodPost, s.URL+"/api/blobs/"+digest, bytes.NewReader(data), nil); err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{
		"model": ModelName, "files": map[string]string{"model.gguf": digest}, "template": template, "stream": false,
		"parameters": map[string]any{"temperature": 0, "repeat_penalty": 1, "num_thread": 1, "num_ctx": 8192},
	})
	if err != nil {
		return err
	}
	return call(ctx, http.MethodPost, s.URL+"/api/create", bytes.NewReader(body), nil)
}

func call(ctx context.Context, method, url string, body io.Reader, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case res.StatusCode > 299 || strings.Contains(string(answer), `"error"`):
		return fmt.Errorf("%s %s: HTTP %d: %.300s", method, url, res.StatusCode, answer)
	case into != nil:
		return json.Unmarshal(answer, into)
	}
	return nil
}
