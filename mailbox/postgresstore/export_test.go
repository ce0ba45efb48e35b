package postgresstore

import (
	"context"
	"time"

	"github.com/quire-dev/quire/mailbox"
	"github.com/quire-dev/quire/mailbox/driver"
)

// deaf is a driver whose waits poll, and listen to nobody.
type deaf struct{ driver.Driver }

// Watch implements [driver.Driver].
func (deaf) Watch(context.Context, bool) (driver.Watch, error) {
	never := make(chan struct{})
	return driver.Watch{Next: func() <-chan struct{} { return never }, Poll: 30 * time.Second, Stop: func() {}}, nil
}

// OpenDeaf opens a store whose waits poll.
func OpenDeaf(ctx context.Context, dsn string, options *Options) (*mailbox.Store, error) {
	o := options.withDefaults()
	s, err := open(ctx, dsn, o)
	if err != nil {
		return nil, err
	}
	return mailbox.New(deaf{s}, &mailbox.Options{Rules: o.Rules, Clock: o.Clock}), nil
}
