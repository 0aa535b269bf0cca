package bundle

import (
	"net/url"
	"slices"
	"strings"
)

// Style sheets of other sites cannot be read, but those of some services are
// known: fonts, and libraries of icons.

// fontSheets are services whose style sheets hold @font-face rules and
// nothing else.
var fontSheets = []string{"fonts.googleapis.com", "fonts.bunny.net", "use.typekit.net", "p.typekit.net", "rsms.me", "fonts.cdnfonts.com", "api.fontshare.com"}

func fontSheet(address string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.Contains(fontSheets, u.Hostname())
}

// iconHosts are where libraries of icons are loaded from, and iconPaths what
// their addresses hold.
var (
	iconHosts = []string{"use.fontawesome.com", "pro.fontawesome.com", "cdnjs.cloudflare.com", "cdn.jsdelivr.net", "unpkg.com", "maxcdn.bootstrapcdn.com",
		"netdna.bootstrapcdn.com", "stackpath.bootstrapcdn.com", "code.ionicframework.com", "cdn.materialdesignicons.com", "maxst.icons8.com"}
	iconPaths = []string{"/font-awesome", "/fontawesome", "/@fortawesome/", "/bootstrap-icons", "/boxicons", "/ionicons", "/remixicon", "/material-icons",
		"/material-design-icons", "/@mdi/font", "/line-awesome", "/simple-line-icons", "/themify-icons"}
)

// iconSheet reports whether an address is that of a library whose rules ask
// for the classes of its icons (iconClass), and, at most, for the root.
func iconSheet(address string) bool {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(iconHosts, u.Hostname()) {
		return false
	}
	p := strings.ToLower(u.Path)
	if strings.HasSuffix(u.Hostname(), ".fontawesome.com") || u.Hostname() == "cdn.materialdesignicons.com" {
		return strings.HasSuffix(p, ".css")
	}
	return slices.ContainsFunc(iconPaths, func(s string) bool { return strings.Contains(p, s) })
}

// iconNames are the classes of such libraries, and what they begin with before
// a hyphen.
var iconNames = []string{"fa", "fas", "far", "fab", "fal", "fad", "fat", "fass", "fasr", "svg", "sr", "bi", "bx", "bxs", "bxl", "ion", "icon", "ri", "mdi", "material",
	"la", "las", "lar", "lab", "ti",
	"pull"} // Font Awesome 4 floats pull-left and pull-right

func iconClass(name string) bool {
	head, _, _ := strings.Cut(strings.ToLower(name), "-")
	return slices.Contains(iconNames, head)
}
