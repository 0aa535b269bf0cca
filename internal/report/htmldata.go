package report

import (
	"strings"

	"github.com/hone-web/hone/site"
)

// pageData is what the script of the report reads. Tables are columns, texts
// that repeat are indexes into one table, and what follows from something else
// is left out: ten thousand files fit into a few hundred kilobytes.
type pageData struct {
	RTT      float64     `json:"rtt"`
	Rate     int         `json:"rate"`
	Texts    []string    `json:"texts"` // the first is ""
	Pages    [][]any     `json:"pages"`
	Res      columnsRes  `json:"res"`
	Entries  columnsName `json:"entries"`
	Files    columnsFile `json:"files"`
	Findings [][]any     `json:"findings"`

	index map[string]int
}

// columnsFile has a row for each input file. After is 0 where it is the size
// of the first name that the file answers under.
type columnsFile struct {
	Path   []string         `json:"path"`
	Kind   []int            `json:"kind"`
	Before []int64          `json:"before"`
	After  []int64          `json:"after"`
	Kept   []int            `json:"kept"`
	Stays  []int            `json:"stays"` // why the name stays
	Steps  []int            `json:"steps"`
	Note   []int            `json:"note"`
	Width  []int            `json:"width"`
	Height []int            `json:"height"`
	More   map[int][2][]any `json:"more"` // row → candidates, decisions
}

// columnsName has a row for each name that answers. File is the row of its
// source, -1 if it has none, as the difference to that of the row before. Name is "" for the source's own, and begins with
// "*" where only the hash in the middle is new.
type columnsName struct {
	File  []int    `json:"file"`
	Name  []string `json:"name"`
	Size  []int64  `json:"size"`
	Gzip  []int64  `json:"gzip"`
	Br    []int64  `json:"br"`
	Class []int    `json:"class"`
	Cache []int    `json:"cache"`
}

// columnsRes has a row for each file that a page loads. Name is a row of
// columnsName where it is a number, as the difference to the last such row,
// else a text. Bytes is 0 where they are
// those that gzip or, without it, the file itself has.
type columnsRes struct {
	Name  []any   `json:"name"`
	Kind  []int   `json:"kind"`
	Bytes []int64 `json:"bytes"`
}

func newPageData(d *Document) *pageData {
	p := &pageData{RTT: roundTrip, Rate: rate, Texts: []string{""}, Pages: [][]any{}, Findings: [][]any{}, index: map[string]int{"": 0}}
	p.names(d)
	p.files(d)
	for i := range d.Pages {
		g := &d.Pages[i]
		p.Pages = append(p.Pages, []any{Name(g.Path), g.Before.Requests, g.Before.Bytes, g.After.Requests, g.After.Bytes, g.After.Critical, g.External,
			g.Before.Own, g.After.Own, list(g.LoadsBefore), list(g.LoadsAfter)})
	}
	for _, f := range worstFirst(d.Findings) {
		p.Findings = append(p.Findings, []any{int(f.Severity), Name(f.Path), f.Line, f.Column, p.text(f.Rule), p.text(f.Message), p.text(f.Hint), p.text(Text(strings.Join(f.Evidence.Lines(), "; ")))})
	}
	return p
}

// names fills the tables of names and of what is loaded.
func (p *pageData) names(d *Document) {
	rows := make(map[site.Path]int, len(d.Files))
	for i := range d.Files {
		rows[d.Files[i].Path] = i
	}
	at := make(map[site.Path]int, len(d.entries))
	c := &p.Entries
	last := 0
	for i := range d.entries {
		e := &d.entries[i]
		file, name := -1, Name(e.Path)
		if len(e.From) == 1 {
			if row, ok := rows[e.From[0]]; ok {
				file, name = row, shortName(e.From[0], e.Path)
			}
		}
		c.File, c.Name, c.Size = append(c.File, file-last), append(c.Name, name), append(c.Size, e.Size)
		c.Gzip, c.Br = append(c.Gzip, e.Encoded["gzip"]), append(c.Br, e.Encoded["br"])
		c.Class, c.Cache = append(c.Class, p.text(e.Class)), append(c.Cache, p.text(e.Header["Cache-Control"]))
		at[e.Path], last = i, file
	}
	last = 0
	for _, r := range d.Resources {
		var name any = Name(r.Path)
		bytes := r.Bytes
		if i, ok := at[r.Path]; ok {
			name, last = i-last, i
			if bytes == c.Gzip[i] || c.Gzip[i] == 0 && bytes == c.Size[i] {
				bytes = 0
			}
		}
		p.Res.Name, p.Res.Kind, p.Res.Bytes = append(p.Res.Name, name), append(p.Res.Kind, p.text(r.Kind)), append(p.Res.Bytes, bytes)
	}
}

// shortName writes an output's name as it differs from its source's.
func shortName(from, to site.Path) string {
	if from == to {
		return ""
	}
	f := string(from)
	dot := strings.LastIndexByte(f, '.')
	if dot > strings.LastIndexByte(f, '/') {
		if rest, ok := strings.CutPrefix(string(to), f[:dot+1]); ok {
			if hash, ok := strings.CutSuffix(rest, f[dot:]); ok && hash == Text(hash) {
				return "*" + hash
			}
		}
	}
	return Name(to)
}

// files fills the table of input files.
func (p *pageData) files(d *Document) {
	first := make(map[int]int64, len(d.Files))
	row := 0
	for i, step := range p.Entries.File {
		row += step
		if _, ok := first[row]; !ok {
			first[row] = p.Entries.Size[i]
		}
	}
	c := &p.Files
	c.More = map[int][2][]any{}
	for i := range d.Files {
		f := &d.Files[i]
		after := f.After
		if n, ok := first[i]; ok && n == after {
			after = 0
		}
		c.Path, c.Kind, c.Before, c.After = append(c.Path, Name(f.Path)), append(c.Kind, p.text(f.Kind)), append(c.Before, f.Before), append(c.After, after)
		c.Kept, c.Stays, c.Steps = append(c.Kept, p.text(f.Kept)), append(c.Stays, p.text(f.KeepsName)), append(c.Steps, p.text(strings.Join(f.Steps, ", ")))
		c.Note, c.Width, c.Height = append(c.Note, p.text(f.Note)), append(c.Width, f.Width), append(c.Height, f.Height)
		more := [2][]any{{}, {}}
		for _, v := range f.Variants {
			more[0] = append(more[0], []any{v.Type, v.Size, p.text(v.Note), v.Served})
		}
		for _, x := range f.Decisions {
			more[1] = append(more[1], p.text(x))
		}
		if len(more[0])+len(more[1]) > 0 {
			c.More[i] = more
		}
	}
}

// list keeps an empty list from becoming null.
func list(x []uint32) []uint32 {
	if x == nil {
		return []uint32{}
	}
	return x
}

// text returns the place of a text in the table.
func (p *pageData) text(s string) int {
	i, ok := p.index[s]
	if !ok {
		i = len(p.Texts)
		p.index[s] = i
		p.Texts = append(p.Texts, Text(s))
	}
	return i
}
