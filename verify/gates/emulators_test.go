//go:build unix

package gates

import (
	"os/exec"
	"slices"
	"testing"
)

// The emulator of Azure Static Web Apps sends the file under the 402 that a
// route asks for. It is looked at where swa is on the path, and never required:
// it brings some four hundred packages.
func TestStaticWebApps(t *testing.T) {
	if _, err := exec.LookPath("swa"); err != nil {
		t.Skip("swa (@azure/static-web-apps-cli) is not installed")
	}
	root := spread(t)
	conf(t, root, "staticwebapp.config.json", `{"routes":[{"route":"/club/*","statusCode":402}]}`)
	addr, port := freeAddr(t)
	t.Setenv("SWA_CLI_DISABLE_TELEMETRY", "1")
	t.Setenv("HOME", open(t))
	run(t, addr, "swa", "start", root, "--swa-config-location", root, "--port", port, "--host", "127.0.0.1")
	r := probe(t, "http://"+addr, false, nil)
	if found := rules(r); !slices.Contains(found, "PL004") || !slices.Contains(found, "PC001") {
		t.Errorf("found %v, want PL004 and PC001 among them", found)
	}
	for _, d := range r.Findings {
		t.Logf("%s %s", d.Rule, d.Message)
	}
}
