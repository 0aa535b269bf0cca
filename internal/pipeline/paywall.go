package pipeline

import (
	"context"
	"fmt"
	"slices"

	"github.com/hone-web/hone/cache"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/optimize"
	"github.com/hone-web/hone/site"
	"github.com/hone-web/hone/verify"
)

// PolicyError says that the paywall policy contradicts itself on this site.
type PolicyError struct{ Message string }

func (e *PolicyError) Error() string { return e.Message }

// zones gives every file the zone that the policy puts it in. What the gate of
// a host knows is the name of a file: a paid file keeps it, and gets no other
// encodings unless the policy would cover their names too.
func (s *source) zones(w *verify.Paywall) error {
	if w == nil {
		return nil
	}
	paths := make([]site.Path, len(s.files))
	for i, f := range s.files {
		paths[i] = f.Path
	}
	if tie := w.Tie(paths); tie != "" {
		return &PolicyError{fmt.Sprintf("%s: %s", w.File, tie)}
	}
	for _, f := range s.files {
		if f.Zone = w.Zone(f.Path); f.Zone == "" {
			continue
		}
		f.Fixed = true
		if f.Kind != site.Image || f.Frozen != "" {
			continue
		}
		stem := f.Path[:len(f.Path)-len(f.Path.Ext())]
		for _, ext := range []site.Path{f.Path[len(stem):], ".webp", ".avif"} {
			if w.Zone(stem+".0123456789"+ext) != f.Zone {
				f.Frozen = fmt.Sprintf("the paywall rule %s covers this name, and would not cover another", f.Zone)
			}
		}
	}
	return nil
}

// Payment reads the site and hands it to f as rules about payment look at it;
// the files can be read until f returns.
func Payment(ctx context.Context, o Options, f func(*verify.Payment) error) error {
	b := &build{o: &o, files: map[site.Path]*site.File{}, docs: map[site.Path]*scan.Doc{}, objects: map[site.Path]*site.Object{}, plain: map[site.Path]bool{}, pinned: map[site.Path]bool{}}
	if o.Limits == (optimize.Limits{}) {
		o.Limits = optimize.DefaultLimits
	}
	var err error
	if b.store, err = openStore(&o); err != nil {
		return err
	}
	defer b.store.Close()
	if err := b.analyse(ctx); err != nil {
		return err
	}
	defer b.src.close()
	p, err := b.payment()
	if err != nil {
		return err
	}
	b.payable(p)
	return f(p)
}

// judgePayment holds policy, files and host configuration together.
func (b *build) judgePayment() error {
	p, err := b.payment()
	if err != nil || !p.Active() {
		return err
	}
	b.payable(p)
	ds, err := p.Judge()
	b.diags = append(b.diags, ds...)
	return err
}

// payment returns the site without its files.
func (b *build) payment() (*verify.Payment, error) {
	p := &verify.Payment{Policy: b.o.Paywall, Prefix: b.base.Prefix, Now: b.o.Now, Memo: b.o.Judged, Hosts: []*site.HostConf{},
		Text: func(p site.Path) ([]byte, error) { return b.src.read(b.files[p]) }}
	confs, err := b.hostFiles()
	if err != nil {
		return nil, err
	}
	p.Hosts = cache.ReadConf(confs)
	return p, nil
}

// payable adds the files.
func (b *build) payable(p *verify.Payment) {
	for _, f := range b.src.files {
		if cache.IsConf(f.Path) {
			continue
		}
		x := &verify.PaymentFile{Path: f.Path, Kind: f.Kind, Sum: f.Digest}
		if n := b.graph.Node(f.Path); n != nil && n.Doc != nil {
			x.Doc = n.Doc
			for i := range n.To {
				x.To = append(x.To, n.To[i].To)
			}
		}
		codes := slices.Clone(b.src.coded[f.Path])
		if b.publishes() && f.Kind.IsText() {
			codes = append(codes, b.o.Encode...)
		}
		slices.Sort(codes)
		for _, c := range slices.Compact(codes) {
			x.Coded = append(x.Coded, codingExt(c))
		}
		p.Files = append(p.Files, x)
	}
}

// hostFiles returns the host configuration of the site and of its project;
// what is published counts.
func (b *build) hostFiles() ([]cache.ConfFile, error) {
	var out []cache.ConfFile
	have := map[string]bool{}
	for _, f := range b.src.files {
		if !cache.IsConf(f.Path) {
			continue
		}
		text, err := b.src.read(f)
		if err != nil {
			return nil, err
		}
		out = append(out, cache.ConfFile{Path: f.Path, Text: text})
		have[f.Path.Base()] = true
	}
	for _, c := range b.o.HostFiles {
		if !have[c.Path.Base()] {
			out = append(out, c)
		}
	}
	return out, nil
}

// leakedNames finds outputs of paid files under names that the policy leaves
// open: the gate of the host would not cover them.
func (b *build) leakedNames(all []emitted) {
	w := b.o.Paywall
	if w == nil {
		return
	}
	for i := range all {
		e := &all[i].entry
		if e.Zone != "" && w.Zone(e.Path) == "" {
			b.diags = append(b.diags, site.Diagnostic{Rule: "PL005", Severity: site.Error, Path: e.From[0],
				Message: fmt.Sprintf("it is paid (rule %q) and would be published as %s, which the policy leaves open", e.Zone, e.Path),
				Hint:    "widen the pattern to the folder, or leave the file alone with --exclude"})
		}
	}
}
