package site

// HostConf is the configuration of a host as far as it decides who gets what,
// read as that host reads it. It may stand in several files.
type HostConf struct {
	Host  string     // "nginx"
	Path  Path       // the file, or the first one, as its owner knows it
	Rules []HostRule // those that answer by themselves, in the order they are tried
	// Headers are the fields set for what is served.
	Headers func(url string) []HostHeader
	// Ignored is what the host does not read: beyond a limit, or invalid.
	Ignored []HostNote
	// Stores are settings by which the host as a cache keeps errors, also those
	// that do not ask for it.
	Stores []HostNote
	// Unordered says that of two rules that match either may decide.
	Unordered bool
	// Matcher is what hands requests to the rules, nil if all are.
	Matcher *HostRule
	// NoRules says that the host has no rules at all.
	NoRules bool
	// CleanURLs says that /about answers with about.html; HTMLMoves that
	// /about.html is redirected there.
	CleanURLs, HTMLMoves bool
	// Answer says what the host does with a plain GET: no proof of payment, no
	// cookie, a browser. url is the decoded path; exists says that a file
	// answers under it.
	Answer func(url string, exists bool) HostAnswer
}

// HostPlace is a line of a configuration file; 0 means the file.
type HostPlace struct {
	Path Path
	Line int
}

// HostRule is one rule that answers requests by itself.
type HostRule struct {
	HostPlace
	Pattern string // as it is written
	Status  int    // what it answers with; 0: code decides
	To      string // where it redirects to
	Doc     string // the document that it answers with, as a URL path
	Offer   string // what it asks for, "" if that is not known
	Code    bool   // code makes the answer: its fields are not known
	Forced  bool   // it answers although a file exists
	Cond    string // not empty: it answers some requests only, and this says which
	// Dropped is not empty where the host does not act as it is written, and
	// says what it does instead; Leaks says that it sends the file.
	Dropped string
	Leaks   bool
	// Covers reports whether the pattern matches a path.
	Covers func(url string) bool
	// Header are the fields that reach the client with the answer, and Lost
	// those that are written for it and do not.
	Header, Lost []HostHeader
}

// HostHeader is a header field that a configuration sets.
type HostHeader struct {
	HostPlace
	Name, Value string
	Inherited   bool // set for more than this answer
}

// HostNote is a place in a configuration, and what is to be said of it.
type HostNote struct {
	HostPlace
	Text string
	Why  string
}

// HostAnswer is what a host does with a request.
type HostAnswer struct {
	Status int // 0: the file is served; HostUnknown: code or a condition decides
	Rule   int // index of the rule that answers, -1 for none
}

// HostUnknown stands for an answer that configuration alone does not tell.
const HostUnknown = -1
