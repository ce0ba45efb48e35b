//go:build unix && (amd64 || arm64)

package sqlitestore_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// disk stands between SQLite and the file system: it records what SQLite does to
// the files of one folder, and can make any of it fail. There is one at a time.
type disk struct {
	folder string

	mu    sync.Mutex
	log   []event
	fault func(e event) int32 // an SQLite code, 0: it succeeds; nil: everything does
}

// event is something that happened to a file, in the order in which it happened.
type event struct {
	what  what
	file  string // without its folder
	at    int64  // of a write; the size of a truncation
	data  []byte // of a write
	acked uint64 // a step that the store has acknowledged
}

type what string

const (
	wrote     what = "write"
	truncated what = "truncate"
	synced    what = "sync"
	deleted   what = "delete"
	acked     what = "acknowledge"
)

// under is the disk in use. The functions that SQLite calls are not closures: it
// keeps them where Go's garbage collector does not look.
var under struct {
	sync.Mutex
	*disk
	vfs, ours uintptr
	files     map[uintptr]opened  // by the address of SQLite's file
	tables    map[uintptr]uintptr // our methods, by SQLite's: it has other ones for logs and journals
}

// opened is an open file of a folder that is or was watched.
type opened struct {
	*disk
	name    string
	methods *sqlite3.Tsqlite3_io_methods // SQLite's
}

// watchDisk records what happens to the database files in a folder until the test ends.
func watchDisk(t *testing.T, folder string) *disk {
	d := &disk{folder: folder}
	tls := libc.NewTLS()
	under.Lock()
	defer under.Unlock()
	under.disk = d
	if under.ours == 0 {
		under.vfs = sqlite3.Xsqlite3_vfs_find(tls, 0)
		require.NotZero(t, under.vfs)
		name, err := libc.CString("quire-test")
		require.NoError(t, err)
		under.ours = libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
		under.files, under.tables = map[uintptr]opened{}, map[uintptr]uintptr{}
		v := in[sqlite3.Tsqlite3_vfs](under.ours)
		*v = *in[sqlite3.Tsqlite3_vfs](under.vfs)
		v.FzName, v.FpNext = name, 0
		v.FxOpen, v.FxDelete = pointer(openFile), pointer(deleteFile)
	}
	require.Zero(t, sqlite3.Xsqlite3_vfs_register(tls, under.ours, 1))
	t.Cleanup(func() {
		under.Lock()
		defer under.Unlock()
		sqlite3.Xsqlite3_vfs_unregister(tls, under.ours)
		under.disk = nil
		tls.Close()
	})
	return d
}

// in is what stands at an address outside of Go's memory.
func in[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// pointer is a function as C has it.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// function is pointer's inverse.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&p)) }

// real is how SQLite does it.
func real() *sqlite3.Tsqlite3_vfs { return in[sqlite3.Tsqlite3_vfs](under.vfs) }

func openFile(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	code := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](real().FxOpen)(tls, under.vfs, name, file, flags, out)
	if code != 0 || name == 0 {
		return code
	}
	under.Lock()
	defer under.Unlock()
	base, ours := under.owns(libc.GoString(name))
	if !ours {
		return 0
	}
	methods := &in[sqlite3.Tsqlite3_file](file).FpMethods
	theirs := in[sqlite3.Tsqlite3_io_methods](*methods)
	under.files[file] = opened{under.disk, base, theirs}
	table := under.tables[*methods]
	if table == 0 {
		table = libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(*theirs)))
		m := in[sqlite3.Tsqlite3_io_methods](table)
		*m = *theirs
		m.FxClose, m.FxWrite, m.FxTruncate, m.FxSync = pointer(closeFile), pointer(writeFile), pointer(truncateFile), pointer(syncFile)
		under.tables[*methods] = table
	}
	*methods = table
	return 0
}

// owns says whether a file is in the folder, and its name there.
func (d *disk) owns(path string) (string, bool) {
	if d == nil {
		return "", false
	}
	return strings.CutPrefix(path, d.folder+"/")
}

// fileAt is an open file.
func fileAt(p uintptr) opened {
	under.Lock()
	defer under.Unlock()
	return under.files[p]
}

// happens records what SQLite is about to do, or says how it fails.
func (d *disk) happens(e event) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fault != nil {
		if code := d.fault(e); code != 0 {
			return code
		}
	}
	d.log = append(d.log, e)
	return 0
}

// acknowledge records that the store has said that a step is durable.
func (d *disk) acknowledge(step uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, event{what: acked, acked: step})
}

func (d *disk) fails(f func(e event) int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = f
}

func closeFile(tls *libc.TLS, file uintptr) int32 {
	f := fileAt(file)
	under.Lock()
	delete(under.files, file)
	under.Unlock()
	return function[func(*libc.TLS, uintptr) int32](f.methods.FxClose)(tls, file)
}

func writeFile(tls *libc.TLS, file, data uintptr, n int32, at sqlite3.Tsqlite3_int64) int32 {
	f := fileAt(file)
	if code := f.happens(event{what: wrote, file: f.name, at: at, data: bytes.Clone(unsafe.Slice(in[byte](data), n))}); code != 0 {
		return code
	}
	return function[func(*libc.TLS, uintptr, uintptr, int32, sqlite3.Tsqlite3_int64) int32](f.methods.FxWrite)(tls, file, data, n, at)
}

func truncateFile(tls *libc.TLS, file uintptr, size sqlite3.Tsqlite3_int64) int32 {
	f := fileAt(file)
	if code := f.happens(event{what: truncated, file: f.name, at: size}); code != 0 {
		return code
	}
	return function[func(*libc.TLS, uintptr, sqlite3.Tsqlite3_int64) int32](f.methods.FxTruncate)(tls, file, size)
}

func syncFile(tls *libc.TLS, file uintptr, flags int32) int32 {
	f := fileAt(file)
	if code := f.happens(event{what: synced, file: f.name}); code != 0 {
		return code
	}
	return function[func(*libc.TLS, uintptr, int32) int32](f.methods.FxSync)(tls, file, flags)
}

func deleteFile(tls *libc.TLS, _, name uintptr, syncDir int32) int32 {
	under.Lock()
	d := under.disk
	base, ours := d.owns(libc.GoString(name))
	under.Unlock()
	if ours {
		if code := d.happens(event{what: deleted, file: base}); code != 0 {
			return code
		}
	}
	return function[func(*libc.TLS, uintptr, uintptr, int32) int32](real().FxDelete)(tls, under.vfs, name, syncDir)
}
