package pipeline

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hone-web/hone/site"
)

// Resource is a file as a page loads it: a name, and the bytes on the wire.
type Resource struct {
	Path  site.Path `json:"path"`
	Kind  string    `json:"kind"`
	Bytes int64     `json:"bytes"`
}

// Indexes are positions in a table of resources. Ten thousand pages load the
// same few files; in records they are one string each, not a line a number.
type Indexes []uint32

// MarshalText writes the indexes with spaces between them.
func (x Indexes) MarshalText() ([]byte, error) {
	var b []byte
	for i, n := range x {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendUint(b, uint64(n), 10)
	}
	return b, nil
}

// UnmarshalText reads what MarshalText wrote.
func (x *Indexes) UnmarshalText(b []byte) error {
	*x = nil
	for _, f := range strings.Fields(string(b)) {
		n, err := strconv.ParseUint(f, 10, 32)
		if err != nil {
			return fmt.Errorf("%q is no index", f)
		}
		*x = append(*x, uint32(n))
	}
	return nil
}

// own counts the page itself.
func (c *Cost) own(bytes int64) {
	c.Own = bytes
	c.add(bytes, true)
}

func (c *Cost) add(bytes int64, critical bool) {
	c.Requests++
	c.Bytes += bytes
	if critical {
		c.Critical += bytes
	}
}

// number writes what pages load as indexes and returns the table.
func number(pages []Page, loads map[site.Path][2][]Resource) []Resource {
	var table []Resource
	at := map[Resource]uint32{}
	index := func(list []Resource) Indexes {
		x := make(Indexes, len(list))
		for i, r := range list {
			n, ok := at[r]
			if !ok {
				n = uint32(len(table))
				at[r] = n
				table = append(table, r)
			}
			x[i] = n
		}
		return x
	}
	for i := range pages {
		l := loads[pages[i].Path]
		pages[i].LoadsBefore, pages[i].LoadsAfter = index(l[0]), index(l[1])
	}
	return table
}
