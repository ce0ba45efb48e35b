package sqlitestore

import "context"

const (
	// backEvery is after how many commits the log is written back into the file: by a
	// goroutine, so that no commit has to wait for that.
	backEvery = 32
	// logPages is from which length on the one who commits does so, in pages: most of it is
	// written back by then, and the log can begin anew.
	logPages = 2000
)

// committed counts a commit, and has the log written back when it is time.
func (f *file) committed(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.commits++; f.commits < backEvery || f.backing || f.closed {
		return
	}
	f.commits, f.backing = 0, true
	f.backs.Add(1)
	go func() {
		defer f.backs.Done()
		// What goes wrong here, the next one who commits meets, too.
		_, _ = f.writeBack(context.WithoutCancel(ctx), "PASSIVE")
		f.mu.Lock()
		defer f.mu.Unlock()
		f.backing = false
	}()
}
