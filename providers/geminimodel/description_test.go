package geminimodel_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	_ "google.golang.org/protobuf/types/known/durationpb"
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// The API's description as Google publishes it in a Go module: the descriptors of
// its messages, which its generated code carries. They are read from the source
// of that code, so that nobody who uses geminimodel needs the module.
const (
	descriptionModule = "cloud.google.com/go/ai@v0.13.0"
	descriptionDir    = "generativelanguage/apiv1beta/generativelanguagepb"
	descriptionPkg    = "google.ai.generativelanguage.v1beta."
)

// description returns the API's messages by name.
var description = sync.OnceValues(func() (*protoregistry.Files, error) {
	dir, err := download(descriptionModule)
	if err != nil {
		return nil, err
	}
	files := new(protoregistry.Files)
	// Each before the one that imports it.
	for _, name := range []string{"citation", "content", "retriever", "safety", "generative_service"} {
		raw, err := rawDescriptor(filepath.Join(dir, descriptionDir, name+".pb.go"))
		if err != nil {
			return nil, err
		}
		fd := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(raw, fd); err != nil {
			return nil, err
		}
		// What annotates methods and fields is not needed, nor there.
		file, err := protodesc.FileOptions{AllowUnresolvable: true}.New(fd, resolver{files})
		if err != nil {
			return nil, err
		}
		if err := files.RegisterFile(file); err != nil {
			return nil, err
		}
	}
	return files, nil
})

// download returns the folder of a module.
func download(module string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = os.TempDir()
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	out, err := cmd.Output()
	var in struct{ Dir, Error string }
	if jerr := json.Unmarshal(out, &in); jerr != nil || in.Dir == "" {
		return "", fmt.Errorf("%s can't be had: %s %w", module, in.Error, errors.Join(err, jerr))
	}
	return in.Dir, nil
}

// rawDescriptor finds the bytes of a variable that ends in rawDesc.
func rawDescriptor(path string) ([]byte, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var raw []byte
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasSuffix(spec.Names[0].Name, "_proto_rawDesc") {
			return true
		}
		if list, ok := spec.Values[0].(*ast.CompositeLit); ok {
			for _, e := range list.Elts {
				b, err := strconv.ParseUint(e.(*ast.BasicLit).Value, 0, 8)
				if err != nil {
					panic(err)
				}
				raw = append(raw, byte(b))
			}
		}
		return false
	})
	if raw == nil {
		return nil, fmt.Errorf("no descriptor in %s", path)
	}
	return raw, nil
}

// resolver knows the files of the description and those of this program.
type resolver struct{ *protoregistry.Files }

func (r resolver) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	if f, err := r.Files.FindFileByPath(path); err == nil {
		return f, nil
	}
	return protoregistry.GlobalFiles.FindFileByPath(path)
}

func (r resolver) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if d, err := r.Files.FindDescriptorByName(name); err == nil {
		return d, nil
	}
	return protoregistry.GlobalFiles.FindDescriptorByName(name)
}

// described says whether body is a message of that name to the letter: a field
// that it does not have, a wrong type, an unknown word for an enum are errors.
func described(message string, body []byte) error {
	files, err := description()
	if err != nil {
		return nil // TestTheDescriptionIsThere says so
	}
	d, err := files.FindDescriptorByName(protoreflect.FullName(descriptionPkg + message))
	if err != nil {
		return err
	}
	body, err = withoutNewer(body)
	if err != nil {
		return err
	}
	return protojson.Unmarshal(body, dynamicpb.NewMessage(d.(protoreflect.MessageDescriptor)))
}

// newer are fields that came after the description, of 2025-09-04, by the object
// that holds them. The types of Google's client have them: see checkRequest.
var newer = map[string]string{"functionResponse": "parts", "thinkingConfig": "thinkingLevel"}

// withoutNewer leaves out what the description is too old for.
func withoutNewer(body []byte) ([]byte, error) {
	var v any
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	strip(v)
	return json.Marshal(v)
}

func strip(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			strip(e)
		}
	case map[string]any:
		for k, e := range v {
			if field, ok := newer[k]; ok {
				if o, ok := e.(map[string]any); ok {
					delete(o, field)
				}
			}
			strip(e)
		}
	}
}

func TestTheDescriptionIsThere(t *testing.T) {
	if _, err := description(); err != nil {
		t.Skipf("requests and replies were not held against Google's description of its API: %v", err)
	}
}
