package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/internal/report"
	"github.com/hone-web/hone/internal/serve"
	"github.com/hone-web/hone/verify"
)

// defaultPort spells hone on the keys of a telephone.
const defaultPort = 4663

func (a *app) serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "Build, serve the result, reload pages when files change",
		Long: `serve builds like 'hone watch' and serves the output on this machine. Pages load
themselves anew after each build and show what went wrong; the script for that
is in served pages only, never in the output. With --preview it builds nothing
and serves the last output as a host does: with its headers, precompressed files
and redirects, and with the 402 that who has not paid gets.`,
		Example: `  hone serve public
  hone serve --port 8080 dist
  hone serve --preview public     # what visitors will get`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.flags.set = cmd.Flags()
			if a.flags.preview {
				return a.preview(cmd.Context(), args)
			}
			return a.watch(cmd.Context(), args, a.liveServer())
		},
	}
	a.flags.serving(c)
	a.flags.building(c)
	a.flags.watching(c)
	a.flags.common(c)
	return c
}

// server is an HTTP server over an output folder.
type server struct {
	a      *app
	live   *serve.Live // nil in a preview
	folder *serve.Folder
	prefix atomic.Value // string
	http   *http.Server
	ended  chan error
	paid   *verify.Paywall // of a preview; nil means that nothing is paid
}

func (a *app) liveServer() *server {
	// Another start is another id, so that pages of before load themselves anew.
	s := &server{a: a, live: serve.NewLive(strconv.FormatInt(time.Now().UnixNano(), 36))}
	s.prefix.Store("/")
	return s
}

// start listens and serves the folder out, once it is there.
func (s *server) start(out, meta string) error {
	var d report.Document
	if readRecord(filepath.Join(meta, "report.json"), &d) == nil {
		if u, err := url.Parse(d.BaseURL); err == nil && u.Path != "" {
			s.prefix.Store(u.Path)
		}
	}
	s.folder = &serve.Folder{Dir: out, Open: s.openPreview(meta)}
	var h http.Handler = s.atPrefix(gated(s.folder, s.paid, func() string { return s.prefix.Load().(string) }))
	if s.live != nil {
		s.folder.Open = s.openLive
		s.folder.Absent = s.live.Absent()
		s.live.Serve(h)
		h = s.live
	}
	l, err := s.listen()
	if err != nil {
		return err
	}
	s.http = &http.Server{Handler: serve.Hosts(h, s.a.flags.allowHosts), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10}
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.http.Serve(l) }()
	if ip := net.ParseIP(s.a.flags.host); s.a.flags.host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		fmt.Fprintf(s.a.stderr, "hone: listening on %s: everyone who reaches this machine can read the site\n", s.a.flags.host)
	}
	fmt.Fprintf(s.a.stderr, "serving %s at %s\n", report.Text(out), s.address(l))
	return nil
}

// address is where a browser finds the site.
func (s *server) address(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); err != nil || ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + s.prefix.Load().(string)
}

// listen takes the port, or the next free one unless the port was asked for.
func (s *server) listen() (net.Listener, error) {
	f := &s.a.flags
	const tries = 20
	for port := f.port; ; port++ {
		l, err := net.Listen("tcp", net.JoinHostPort(f.host, strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
		taken := errors.Is(err, syscall.EADDRINUSE)
		if taken && !f.set.Changed("port") && port < f.port+tries {
			continue
		}
		if taken {
			return nil, usagef("port %d is taken; choose another with --port, or 0 for any", port)
		}
		return nil, fmt.Errorf("listen: %w", err)
	}
}

// stop ends the server within a second.
func (s *server) stop() {
	if s.live != nil {
		s.live.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close()
	}
	<-s.ended
	s.folder.Close()
}

// setPrefix says under which path the site is served.
func (s *server) setPrefix(p string) {
	if s.prefix.Swap(p) != p {
		s.folder.Close() // opened anew with the prefix at the next request
	}
}

// atPrefix sends visitors of the root to where the site is.
func (s *server) atPrefix(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := s.prefix.Load().(string); r.URL.Path == "/" && p != "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			http.Redirect(w, r, p, http.StatusFound)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// openLive serves what was just built: nothing is kept by the browser.
func (s *server) openLive(root *os.Root) *serve.Site {
	return &serve.Site{Root: root, Prefix: s.prefix.Load().(string), Redirects: redirectsOf(root), Page: s.live.Page,
		Header: func(string) http.Header { return http.Header{"Cache-Control": {"no-cache"}} }}
}

// openPreview serves with the headers that a host reads.
func (s *server) openPreview(meta string) func(*os.Root) *serve.Site {
	return func(root *os.Root) *serve.Site { return hosted(root, s.prefix.Load().(string), meta) }
}

func redirectsOf(root *os.Root) []serve.Redirect {
	text, err := root.ReadFile("_redirects")
	if err != nil {
		return nil
	}
	return serve.ParseRedirects(text)
}

// preview serves an output that is there.
func (a *app) preview(ctx context.Context, args []string) error {
	c, _, err := a.settings()
	if err != nil {
		return err
	}
	in, err := a.input(c, args)
	if err != nil {
		return err
	}
	o, err := a.options(c, in)
	if err != nil {
		return err
	}
	switch {
	case pipeline.Ours(o.Meta, in):
		o.Out = in // the output itself was named
	case o.Out == "":
		o.Out = defaultOut(in)
	}
	if fi, err := os.Stat(o.Out); err != nil || !fi.IsDir() {
		return usagef("there is no output %s to show; run 'hone build %s' first", o.Out, in)
	}
	s := &server{a: a, paid: o.Paywall}
	s.prefix.Store("/")
	if err := s.start(o.Out, o.Meta); err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, "as a host serves it; Ctrl-C ends it")
	select {
	case <-ctx.Done():
		s.stop()
		return nil
	case err := <-s.ended:
		s.ended <- err
		s.stop()
		return fmt.Errorf("serve: %w", err)
	}
}
