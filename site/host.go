package site

// HostConf is a configuration file of a host as far as it decides who gets
// what, read as that host reads it.
type HostConf struct {
	Host  string     // "nginx"
	Path  Path       // the file, as its owner knows it
	Rules []HostRule // those that answer, in the order they are written
	// Ignored is what the host does not read: beyond a limit, or invalid.
	Ignored []HostLine
	// Opaque is what only the live host can answer for: code, conditions.
	Opaque []HostLine
	// CleanURLs says that /about answers with about.html; HTMLMoves that
	// /about.html is redirected there.
	CleanURLs, HTMLMoves bool
	// AssetFirst says that a file which exists is served before rules are
	// asked, unless a rule is Forced.
	AssetFirst bool
	// Answer says what the host does with a request that carries no proof. url
	// is the decoded path, and exists says that a file lies behind it.
	Answer func(url string, exists bool) HostAnswer
}

// HostRule is one rule that answers requests by itself.
type HostRule struct {
	Line    int
	Pattern string // as it is written
	Status  int    // what it answers with; 0: code decides
	To      string // where it redirects to, or the document it answers with
	Forced  bool   // it answers although a file exists
	Cond    string // not empty: it only answers some requests, and this says which
	// Dropped is not empty where the host does not act on the status that is
	// written, and says what it does.
	Dropped string
	// Covers reports whether the pattern matches a path.
	Covers func(url string) bool
	// Header are the fields that reach the client with the answer, and Lost
	// those that are written for it and do not.
	Header, Lost []HostHeader
}

// HostHeader is a header field that a configuration sets.
type HostHeader struct {
	Name, Value string
	Line        int
	Inherited   bool // set for more than this answer
}

// HostLine is a place in a configuration.
type HostLine struct {
	Line int
	Why  string
}

// HostAnswer is what a host does with a request.
type HostAnswer struct {
	Status int // 0: the file is served; Unknown: code or a condition decides
	Rule   int // index of the rule that answers, -1 for none
	Header []HostHeader
}

// UnknownStatus stands for an answer that cannot be told from configuration.
const UnknownStatus = -1
