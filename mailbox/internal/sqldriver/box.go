package sqldriver

import (
	"cmp"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/quire-dev/quire"
	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
	"github.com/quire-dev/quire/mailbox/internal/uidlist"
)

// EpochQuery reads the epoch.
const EpochQuery = "SELECT value FROM meta WHERE key = 'epoch'"

// Know tells the epoch, if it is not "".
func (r *Reader) Know(epoch string) { r.epoch = epoch }

// Epoch implements [driver.Read].
func (r *Reader) Epoch() (string, error) {
	if r.epoch != "" {
		return r.epoch, nil
	}
	gone, err := None(r.Conn.Row(EpochQuery).Scan(&r.epoch))
	if gone {
		err = fmt.Errorf("%w: there is no epoch: open it anew", mailbox.ErrCorrupt)
	}
	return r.epoch, err
}

// SetEpoch implements [driver.Write].
func (w *Writer) SetEpoch(epoch string) error {
	w.Reader.epoch = epoch
	return w.Conn.Exec("UPDATE meta SET value = ? WHERE key = 'epoch'", epoch)
}

// BoxColumns are those of a mailbox's counters.
const BoxColumns = "coalesce((SELECT modseq FROM low WHERE low.box = box.id), 0), next_uid, modseq, rev, total, agent, open, open_bytes, open_tokens, owner, fence, owned_until"

// ScanBox reads BoxColumns, behind the columns before.
func ScanBox(row Row, b *driver.Box, before ...any) error {
	var until int64
	dest := append(make([]any, 0, 16), before...)
	err := row.Scan(append(dest, &b.Low, &b.NextUID, &b.Modseq, &b.Rev, &b.Total, &b.Agent, &b.Open, &b.OpenBytes, &b.OpenTokens, Owner{b}, &b.Fence, &until)...)
	b.OwnedUntil = Time(until)
	return err
}

// Box reads a mailbox's counters, and its row number.
func (r *Reader) Box(addr quire.Address) (id int64, b driver.Box, err error) {
	gone, err := None(ScanBox(r.Conn.Row("SELECT id, "+BoxColumns+" FROM box WHERE addr = ?", string(addr)), &b, &id))
	if gone {
		b = driver.Box{NextUID: 1}
	}
	return id, b, err
}

// Boxes implements [driver.ReadBox].
func (r *Reader) Boxes(behind quire.Address, limit int, open bool) ([]driver.Mailbox, error) {
	with, from := "", "FROM box "
	if open {
		with, from = openBoxes, "FROM b JOIN box ON box.id = b.id "
	}
	return listOf(r.Conn, func(row Row) (m driver.Mailbox, err error) {
		var called sql.NullInt64
		if err = ScanBox(row, &m.Box, &m.Address, &called); called.Valid {
			m.Called = Time(called.Int64)
		}
		return m, err
	}, with+"SELECT addr, (SELECT r.time FROM receipt r WHERE r.box = box.id ORDER BY r.call DESC LIMIT 1), "+BoxColumns+" "+from+"WHERE addr > ? ORDER BY addr LIMIT ?", string(behind), limit)
}

// openBoxes makes b of the mailboxes with open deliveries: it goes from one to the next
// in the index of these, past all others and all but one delivery of each.
const openBoxes = "WITH RECURSIVE b (id) AS (SELECT (SELECT min(d.box) FROM delivery d WHERE d.open = 1) " +
	"UNION ALL SELECT (SELECT min(d.box) FROM delivery d WHERE d.open = 1 AND d.box > b.id) FROM b WHERE b.id IS NOT NULL) "

// PutBox implements [driver.Write].
func (w *Writer) PutBox(addr quire.Address, b driver.Box) error {
	return w.inBox("UPDATE box SET "+setBox+" WHERE id = ?", addr, boxArgs(&b)...)
}

// PutBoxAgent is PutBox and PutAgent at once.
func (w *Writer) PutBoxAgent(addr quire.Address, b driver.Box, s *driver.AgentState) error {
	return w.inBox("UPDATE box SET "+setBox+", "+setAgent+" WHERE id = ?", addr, append(boxArgs(&b), agentArgs(s)...)...)
}

const setBox = "next_uid = ?, modseq = ?, rev = ?, total = ?, agent = ?, open = ?, open_bytes = ?, open_tokens = ?, owner = ?, fence = ?, owned_until = ?"

func boxArgs(b *driver.Box) []any {
	return append(make([]any, 0, 16), Num(b.NextUID), Num(b.Modseq), Num(b.Rev), b.Total, b.Agent, b.Open, b.OpenBytes, b.OpenTokens, OwnerOf(b), Num(b.Fence), b.OwnedUntil.UnixMicro())
}

// inBox runs a statement whose last argument is the row number of a mailbox.
func (w *Writer) inBox(query string, addr quire.Address, args ...any) error {
	id, err := w.Conn.Made(addr)
	if err != nil {
		return err
	}
	return w.Conn.Exec(query, append(args, id)...)
}

// Agent implements [driver.ReadBox].
func (r *Reader) Agent(addr quire.Address) (*driver.AgentState, error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	s, err := ScanAgent(r.Conn.Row("SELECT "+AgentColumns+" FROM box WHERE id = ? AND agent", box))
	if gone, err := None(err); gone || err != nil {
		return nil, err
	}
	return s, nil
}

// AgentColumns are those of an agent's state.
const AgentColumns = "through, seen, holds, state"

// ScanAgent reads AgentColumns, behind the columns before.
func ScanAgent(row Row, before ...any) (*driver.AgentState, error) {
	var s driver.AgentState
	var through int64
	var holds []byte
	if err := row.Scan(append(before, &through, &s.Seen, &holds, &s.State)...); err != nil {
		return nil, err
	}
	var err error
	s.Through = quire.UID(through)
	if s.Holds, err = uidlist.Decode(holds); err != nil {
		return nil, fmt.Errorf("%w: %w", mailbox.ErrCorrupt, err)
	}
	return &s, nil
}

// PutAgent implements [driver.Write].
func (w *Writer) PutAgent(addr quire.Address, s *driver.AgentState) error {
	return w.inBox("UPDATE box SET agent = TRUE, "+setAgent+" WHERE id = ?", addr, agentArgs(s)...)
}

const setAgent = "through = ?, seen = ?, holds = ?, state = ?"

func agentArgs(s *driver.AgentState) []any {
	return []any{Num(s.Through), string(s.Seen), uidlist.Encode(s.Holds), s.State}
}

// Journal implements [driver.ReadBox].
func (r *Reader) Journal(addr quire.Address) ([]driver.JournalEntry, error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	return listOf(r.Conn, ScanJournal, JournalQuery("?"), box)
}

// JournalQuery reads the journal of a mailbox, whose row number is written in SQL.
func JournalQuery(box string) string {
	return "SELECT step, call, call_id, tool, args, status, is_error, result FROM journal WHERE box = " + box + " ORDER BY id"
}

// ScanJournal reads a row of JournalQuery.
func ScanJournal(row Row) (e driver.JournalEntry, err error) {
	var step, id, tool, args []byte
	err = row.Scan(&step, &e.Call, &id, &tool, &args, &e.Status, &e.IsError, &e.Result)
	e.Step, e.CallID, e.Tool, e.Args = string(step), string(id), string(tool), string(args)
	return e, err
}

// PutJournal implements [driver.Write].
func (w *Writer) PutJournal(addr quire.Address, e *driver.JournalEntry) error {
	return w.inBox("INSERT INTO journal (step, call, call_id, tool, args, status, is_error, result, box) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (box, step, call) DO UPDATE SET call_id = excluded.call_id, tool = excluded.tool, args = excluded.args, status = excluded.status, is_error = excluded.is_error, result = excluded.result", addr,
		[]byte(e.Step), e.Call, []byte(e.CallID), []byte(e.Tool), []byte(e.Args), string(e.Status), e.IsError, e.Result)
}

// DropJournal implements [driver.Write].
func (w *Writer) DropJournal(addr quire.Address, step string) error {
	return w.inBox("DELETE FROM journal WHERE step = ? AND box = ?", addr, []byte(step))
}

// Receipts implements [driver.ReadBox].
func (r *Reader) Receipts(addr quire.Address, from, to uint64, limit int) ([]driver.Receipt, error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	return listOf(r.Conn, func(row Row) (one driver.Receipt, err error) {
		var at int64
		err = row.Scan(&one.Call, &at, &one.Full, &one.Data)
		one.Time = Time(at)
		if err == nil {
			one.Data, err = unpack(one.Data)
		}
		return one, err
	}, `SELECT call, time, "full", data FROM receipt WHERE box = ? AND call BETWEEN ? AND ? ORDER BY call LIMIT ?`, box, Num(from), Num(to), cmp.Or(limit, math.MaxInt))
}

// PutReceipt implements [driver.Write].
func (w *Writer) PutReceipt(addr quire.Address, r *driver.Receipt) error {
	return w.inBox(`INSERT INTO receipt (call, time, "full", data, box) VALUES (?, ?, ?, ?, ?) ON CONFLICT (box, call) DO UPDATE SET time = excluded.time, "full" = excluded."full", data = excluded.data`, addr,
		Num(r.Call), r.Time.UnixMicro(), r.Full, pack(r.Data))
}

// Replay implements [driver.ReadBox].
func (r *Reader) Replay(addr quire.Address, id string) (content quire.Digest, done []byte, err error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return content, nil, err
	}
	var digest []byte
	gone, err := None(r.Conn.Row("SELECT content, answer FROM done WHERE box = ? AND id = ?", box, []byte(id)).Scan(&digest, &done))
	if gone || err != nil {
		return content, nil, err
	}
	copy(content[:], digest)
	done, err = unpack(done)
	return content, done, err
}

// Remember implements [driver.Write].
func (w *Writer) Remember(addr quire.Address, id string, content quire.Digest, done []byte, at time.Time, rev uint64) error {
	err := w.inBox("INSERT INTO done (id, content, answer, at, rev, box) VALUES (?, ?, ?, ?, ?, ?)", addr, []byte(id), content[:], pack(done), at.UnixMicro(), Num(rev))
	if err != nil || rev <= driver.KeptRevs || rev%revsAtOnce != 0 {
		return err
	}
	return w.inBox("DELETE FROM done WHERE rev > 0 AND rev <= ? AND box = ?", addr, Num(rev-driver.KeptRevs))
}

// revsAtOnce is of how many revisions what is remembered is forgotten at once.
const revsAtOnce = 16

// Commits implements [driver.ReadBox].
func (r *Reader) Commits(addr quire.Address, before time.Time, limit int) ([]string, error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	ids, err := column[[]byte](r.Conn, "SELECT id FROM done WHERE box = ? AND at < ? LIMIT ?", box, before.UnixMicro(), limit)
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(id)
	}
	return list, err
}

// DropCommits implements [driver.Write].
func (w *Writer) DropCommits(addr quire.Address, ids []string) error {
	for _, id := range ids {
		if err := w.inBox("DELETE FROM done WHERE id = ? AND box = ?", addr, []byte(id)); err != nil {
			return err
		}
	}
	return nil
}

// DropReceipts implements [driver.Write].
func (w *Writer) DropReceipts(addr quire.Address, below uint64) error {
	return w.inBox("DELETE FROM receipt WHERE call < ? AND box = ?", addr, Num(below))
}

// DropMessages implements [driver.Write].
func (w *Writer) DropMessages(before time.Time, limit int) (int, error) {
	ids, err := Numbers(w.Conn, "SELECT id FROM message m WHERE head IS NULL AND sent < ? AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.msg = m.id) ORDER BY sent LIMIT ?", before.UnixMicro(), limit)
	for _, id := range ids {
		if err == nil {
			err = w.Conn.Exec("DELETE FROM bounced WHERE msg = ?", id)
		}
		if err == nil {
			err = w.Conn.Exec("DELETE FROM message WHERE id = ?", id)
		}
	}
	return len(ids), err
}

// DropBox implements [driver.Write].
func (w *Writer) DropBox(addr quire.Address) error {
	for _, table := range []string{"gone", "low", "journal", "receipt", "done", "said", "stream", "vector"} {
		if err := w.inBox("DELETE FROM "+table+" WHERE box = ?", addr); err != nil {
			return err
		}
	}
	return w.inBox("DELETE FROM box WHERE id = ?", addr)
}

// Changes implements [driver.ReadBox].
func (r *Reader) Changes(addr quire.Address, since, end uint64, limit int) (list []driver.Change, err error) {
	box, err := r.Conn.ID(addr)
	if err != nil || box == 0 {
		return nil, err
	}
	for kind, query := range []string{
		driver.ChangeCreated:   "SELECT uid, created FROM delivery WHERE box = ? AND created > ? AND created <= ? ORDER BY created LIMIT ?",
		driver.ChangeUpdated:   "SELECT uid, modseq FROM delivery WHERE box = ? AND modseq > ? AND modseq <= ? AND modseq <> created ORDER BY modseq LIMIT ?",
		driver.ChangeDestroyed: "SELECT uid, modseq FROM gone WHERE box = ? AND modseq > ? AND modseq <= ? ORDER BY modseq LIMIT ?",
	} {
		err := r.Conn.Each(func(row Row) error {
			c := driver.Change{Kind: driver.ChangeKind(kind)}
			err := row.Scan(&c.UID, &c.Modseq)
			list = append(list, c)
			return err
		}, query, box, Num(since), Num(end), limit)
		if err != nil {
			return nil, err
		}
		// What is behind a full list of new ones is on a later page: looking for
		// updates there would read all of a long past for each page of it.
		if driver.ChangeKind(kind) == driver.ChangeCreated && len(list) == limit {
			end = list[limit-1].Modseq
		}
	}
	return list, nil
}

// Compact implements [driver.Write].
func (w *Writer) Compact(addr quire.Address, low uint64) error {
	if err := w.inBox("DELETE FROM gone WHERE modseq <= ? AND box = ?", addr, Num(low)); err != nil {
		return err
	}
	return w.inBox("INSERT INTO low (modseq, box) VALUES (?, ?) ON CONFLICT (box) DO UPDATE SET modseq = excluded.modseq", addr, Num(low))
}
