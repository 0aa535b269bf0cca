package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// challengeV2 is an offer of x402 version 2.
var challengeV2 = base64.StdEncoding.EncodeToString([]byte(`{"x402Version":2,"accepts":[{"scheme":"exact","network":"eip155:8453","amount":"100","asset":"0xA","payTo":"0xB"}]}`))

// prover is the command of an owner that pays: it reads a challenge and prints
// a proof. With the argument bad it prints one that proves nothing, with none
// nothing.
func prover() {
	var r struct{ URL, Scheme string }
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil || r.Scheme != "x402v2" || !strings.Contains(r.URL, "/club/") {
		fmt.Fprintln(os.Stderr, "no challenge", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, "paying with token=SECRETVALUE")
	switch os.Args[1] {
	case "good":
		fmt.Println("X-Gate-Proof: paid")
	case "bad":
		fmt.Println("X-Gate-Proof: SECRETVALUE")
	}
}

// gate is the script command that serves the folder of its first argument and
// asks for payment below the paths that follow; its address is $GATE. The
// header X-Gate-Proof: paid is a payment.
func gate(ts *testscript.TestScript, _ bool, args []string) {
	dir, paid := filepath.Join(ts.Getenv("WORK"), args[0]), args[1:]
	files := http.FileServer(http.Dir(dir))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := "/" + strings.TrimLeft(strings.ReplaceAll(r.URL.Path, `\`, "/"), "/")
		for _, x := range paid {
			if !strings.Contains(p, x) || strings.Contains(p, "hone-probe-") {
				continue
			}
			switch {
			case r.Method == http.MethodOptions:
				w.WriteHeader(http.StatusNoContent)
				return
			case r.Header.Get("X-Gate-Proof") == "paid":
				w.Header().Set("Cache-Control", "private, no-store")
				continue
			}
			w.Header().Set("PAYMENT-REQUIRED", challengeV2)
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusPaymentRequired)
			fmt.Fprint(w, "{}")
			return
		}
		files.ServeHTTP(w, r)
	}))
	ts.Defer(s.Close)
	ts.Setenv("GATE", s.URL)
}
