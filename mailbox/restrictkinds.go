package mailbox

// A type has a method or has it not, so each set of abilities is a type of its own:
// four ways to wait and to stream, times eight to administer.
type (
	waiting struct {
		*restricted
		canWait
	}
	streaming struct {
		*restricted
		canStream
	}
	waitingStreaming struct {
		*restricted
		canWait
		canStream
	}
	expungeCompact struct {
		canExpunge
		canCompact
	}
	expungeImport struct {
		canExpunge
		canImport
	}
	compactImport struct {
		canCompact
		canImport
	}
	administer struct {
		canExpunge
		canCompact
		canImport
	}
)

// The bits of a set of abilities.
const (
	ableExpunge = 1 << iota
	ableCompact
	ableImport
	ableWait
	ableStream
)

// kind puts together what a store is able to do.
func (r *restricted) kind(able int, w canWait, e canExpunge, c canCompact, i canImport, s canStream) Store {
	a := administer{e, c, i}
	switch admin := able &^ (ableWait | ableStream); able - admin {
	case ableWait | ableStream:
		return waitingStreaming{r, w, s}.with(admin, a)
	case ableWait:
		return waiting{r, w}.with(admin, a)
	case ableStream:
		return streaming{r, s}.with(admin, a)
	default:
		return r.with(admin, a)
	}
}

func (r *restricted) with(able int, a administer) Store {
	switch able {
	case ableExpunge | ableCompact | ableImport:
		return struct {
			*restricted
			administer
		}{r, a}
	case ableExpunge | ableCompact:
		return struct {
			*restricted
			expungeCompact
		}{r, expungeCompact{a.canExpunge, a.canCompact}}
	case ableExpunge | ableImport:
		return struct {
			*restricted
			expungeImport
		}{r, expungeImport{a.canExpunge, a.canImport}}
	case ableCompact | ableImport:
		return struct {
			*restricted
			compactImport
		}{r, compactImport{a.canCompact, a.canImport}}
	case ableExpunge:
		return struct {
			*restricted
			canExpunge
		}{r, a.canExpunge}
	case ableCompact:
		return struct {
			*restricted
			canCompact
		}{r, a.canCompact}
	case ableImport:
		return struct {
			*restricted
			canImport
		}{r, a.canImport}
	default:
		return r
	}
}

func (r waiting) with(able int, a administer) Store {
	switch able {
	case ableExpunge | ableCompact | ableImport:
		return struct {
			waiting
			administer
		}{r, a}
	case ableExpunge | ableCompact:
		return struct {
			waiting
			expungeCompact
		}{r, expungeCompact{a.canExpunge, a.canCompact}}
	case ableExpunge | ableImport:
		return struct {
			waiting
			expungeImport
		}{r, expungeImport{a.canExpunge, a.canImport}}
	case ableCompact | ableImport:
		return struct {
			waiting
			compactImport
		}{r, compactImport{a.canCompact, a.canImport}}
	case ableExpunge:
		return struct {
			waiting
			canExpunge
		}{r, a.canExpunge}
	case ableCompact:
		return struct {
			waiting
			canCompact
		}{r, a.canCompact}
	case ableImport:
		return struct {
			waiting
			canImport
		}{r, a.canImport}
	default:
		return r
	}
}

func (r streaming) with(able int, a administer) Store {
	switch able {
	case ableExpunge | ableCompact | ableImport:
		return struct {
			streaming
			administer
		}{r, a}
	case ableExpunge | ableCompact:
		return struct {
			streaming
			expungeCompact
		}{r, expungeCompact{a.canExpunge, a.canCompact}}
	case ableExpunge | ableImport:
		return struct {
			streaming
			expungeImport
		}{r, expungeImport{a.canExpunge, a.canImport}}
	case ableCompact | ableImport:
		return struct {
			streaming
			compactImport
		}{r, compactImport{a.canCompact, a.canImport}}
	case ableExpunge:
		return struct {
			streaming
			canExpunge
		}{r, a.canExpunge}
	case ableCompact:
		return struct {
			streaming
			canCompact
		}{r, a.canCompact}
	case ableImport:
		return struct {
			streaming
			canImport
		}{r, a.canImport}
	default:
		return r
	}
}

func (r waitingStreaming) with(able int, a administer) Store {
	switch able {
	case ableExpunge | ableCompact | ableImport:
		return struct {
			waitingStreaming
			administer
		}{r, a}
	case ableExpunge | ableCompact:
		return struct {
			waitingStreaming
			expungeCompact
		}{r, expungeCompact{a.canExpunge, a.canCompact}}
	case ableExpunge | ableImport:
		return struct {
			waitingStreaming
			expungeImport
		}{r, expungeImport{a.canExpunge, a.canImport}}
	case ableCompact | ableImport:
		return struct {
			waitingStreaming
			compactImport
		}{r, compactImport{a.canCompact, a.canImport}}
	case ableExpunge:
		return struct {
			waitingStreaming
			canExpunge
		}{r, a.canExpunge}
	case ableCompact:
		return struct {
			waitingStreaming
			canCompact
		}{r, a.canCompact}
	case ableImport:
		return struct {
			waitingStreaming
			canImport
		}{r, a.canImport}
	default:
		return r
	}
}
