package main

import (
	"context"
	"fmt"
	"time"
)

const (
	// idleTime without a build is when the report for people follows the last
	// one.
	idleTime = 2 * time.Second
	// pictureTime is how long that may make pictures for it; the next time has
	// as long again, and what was made is in the store.
	pictureTime = time.Second
)

// catchUp writes the report for people after the last build: between edits
// nobody waits for it.
func (s *session) catchUp(ctx context.Context) {
	if s.behind == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, pictureTime)
	defer cancel()
	likenesses(ctx, &s.o, s.behind)
	if err := s.a.writeReport(s.o.Meta, s.behind, true); err != nil {
		fmt.Fprintf(s.a.stderr, "hone: %v\n", err)
	}
	s.behind = nil
}
