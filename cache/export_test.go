//go:build unix

package cache

// For the tests that hold whole builds against servers; they stand outside of
// the package, because what builds sites imports it.
var (
	Program     = program
	FreeAddr    = freeAddr
	Run         = run
	StartNginx  = startNginx
	StartApache = startApache
	StartCaddy  = startCaddy
	Objects     = objects
	CodingExt   = codingExt
	NginxBrotli = nginxBrotli
	RealSite    = realSite
)
