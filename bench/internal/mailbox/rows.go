package mailbox

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/quire-dev/quire/internal/rank"
)

const updateBox = "UPDATE box SET next_uid = $1, modseq = modseq + 1, total = total + 1 WHERE id = $2"

func insertInto(table string, columns []string, place func(i int) string) string {
	list := make([]string, len(columns))
	for i := range columns {
		list[i] = place(i + 1)
	}
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(list, ", ") + ")"
}

// written is what one message wrote, made ready to be written again.
type written struct {
	columns           map[string][]string
	message, delivery []any
	msg               int // place of the message's number in delivery
	terms             []string
	box, uid          int64
}

// rows is what two drivers have in common.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// readRows reads the last messages' rows, with new ids and numbers.
func readRows(messages int, query func(string) (rows, error)) ([]written, error) {
	list := make([]written, messages)
	last := fmt.Sprintf("FROM delivery d JOIN message m ON m.id = d.msg ORDER BY d.uid DESC LIMIT %d", messages)
	var columns = map[string][]string{}
	for _, table := range []string{"message", "delivery"} {
		names, values, err := readTable("SELECT "+table[:1]+".* "+last, query)
		if err != nil {
			return nil, err
		}
		if len(values) != messages {
			return nil, fmt.Errorf("%d rows of table %s for %d messages", len(values), table, messages)
		}
		kept, keep := copies(names, "id")
		columns[table] = kept
		for k, row := range values {
			w := &list[messages-1-k] // oldest first
			w.columns = columns
			for j, i := range keep {
				v := row[i]
				switch names[i] {
				case "mid":
					v = fmt.Sprint(v, "-again")
				case "msg":
					w.msg = j
				case "uid", "modseq", "created":
					w.uid = v.(int64) + int64(messages)
					v = w.uid
				case "box":
					w.box = v.(int64)
				}
				if table == "message" {
					w.message = append(w.message, v)
				} else {
					w.delivery = append(w.delivery, v)
				}
			}
		}
	}
	for i := range list {
		list[i].terms = rank.Analyze(past{}.text(int(list[i].uid))).Terms()
	}
	return list, nil
}

func readTable(q string, query func(string) (rows, error)) (names []string, values [][]any, err error) {
	r, err := query(q)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	switch r := r.(type) {
	case *sql.Rows:
		if names, err = r.Columns(); err != nil {
			return nil, nil, err
		}
	case pgRows:
		for _, f := range r.FieldDescriptions() {
			names = append(names, f.Name)
		}
	}
	for r.Next() {
		row, dest := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := r.Scan(dest...); err != nil {
			return nil, nil, err
		}
		values = append(values, row)
	}
	return names, values, r.Err()
}

// pgRows closes as the rows of database/sql do.
type pgRows struct{ pgx.Rows }

func (r pgRows) Close() error { r.Rows.Close(); return nil }

// copies are the columns that are written again, and their places.
func copies(columns []string, skip ...string) (names []string, keep []int) {
	for i, c := range columns {
		if !slices.Contains(skip, c) {
			names, keep = append(names, `"`+c+`"`), append(keep, i)
		}
	}
	return names, keep
}
