package scan

import "testing"

func TestSVG(t *testing.T) {
	runRefCases(t, []refCase{
		{"elements", "a.svg", `<?xml-stylesheet href="a.css"?><svg><image xlink:href="b&amp;c.png"/><use href="#d"/><use href="e.svg#f"/><a href="g.html"/><script href="h.js"/></svg>`,
			[]string{"style a.css", "image b&amp;c.png = b&c.png", "use e.svg = e.svg#f", "link g.html", "script h.js"}},
		{"styles", "a.svg", `<svg><style><![CDATA[a>b{fill:url(a.svg#b)}]]></style><style>@import "c.css";</style><g style="background:url(d.png)" filter="url('e.svg#f')"/></svg>`,
			[]string{"use a.svg = a.svg#b", "import c.css", "background d.png", "use e.svg = e.svg#f"}},
		{"entities", "a.svg", `<!DOCTYPE svg [<!ENTITY x "<a href='b'>">]><svg><image href="&x;.png"/><image href="c.png"/></svg>`, []string{"image c.png"}},
		{"comment", "a.svg", `<svg><!-- <image href="a.png"/> --><title>x</title><image href='b.png'/></svg>`, []string{"image b.png"}},
	})
}

func TestXML(t *testing.T) {
	runRefCases(t, []refCase{
		{"sitemap", "sitemap.xml", `<?xml version="1.0"?><urlset><url><loc> https://x.org/a?b&amp;c </loc><image:image><image:loc>d.png</image:loc></image:image><xhtml:link rel="alternate" href="/e"/></url></urlset>`,
			[]string{"canonical https://x.org/a = https://x.org/a?b&c", "feed-image d.png", "canonical /e"}},
		{"RSS", "feed.xml", `<rss><channel><title>x</title><link>/a</link><image><url>/b.png</url><link>/c</link></image><item><link><![CDATA[/d]]></link><guid>/e</guid><description>&lt;img src="f.png"&gt;</description><content:encoded><![CDATA[<img src="g.png">]]></content:encoded><enclosure url="/h.mp3" type="audio/mpeg"/><media:content url="/i.jpg" medium="image"/></item></channel></rss>`,
			[]string{"canonical /a", "feed-image /b.png", "canonical /c", "canonical /d", "link /h.mp3", "feed-image /i.jpg"}},
		{"Atom", "atom.xml", `<feed><icon>a.png</icon><link rel="self" href="b.xml"/><entry><link href="c"/><content type="html">&lt;a href=d></content></entry></feed>`,
			[]string{"feed-image a.png", "canonical b.xml", "canonical c"}},
		{"browserconfig", "browserconfig.xml", `<browserconfig><msapplication><tile><square150x150logo src="/a.png"/></tile></msapplication></browserconfig>`, []string{"icon /a.png"}},
		{"style sheet", "a.xml", `<?xml-stylesheet type="text/xsl" href="a.xsl"?><x/>`, []string{"style a.xsl"}},
		{"opensearch", "o.xml", `<OpenSearchDescription><Url template="/s?q={searchTerms}"/></OpenSearchDescription>`, nil},
		{"XHTML", "a.xhtml", `<html xmlns="x"><body><img src="a.png"/></body></html>`, []string{"image a.png"}},
	})
}

func TestManifest(t *testing.T) {
	runRefCases(t, []refCase{
		{"manifest", "site.webmanifest", `{"start_url":"/?a","scope":"/","icons":[{"src":"a\/b.png"}],"shortcuts":[{"url":"c","icons":[{"src":"d.png"}]}],"screenshots":[{"src":"e.png"}],"x":"f.png"}`,
			[]string{"link / = /?a", "link /", `icon a\/b.png = a/b.png`, "link c", "icon d.png", "icon e.png"}},
		{"other JSON", "a.json", `{"icons":[{"src":"a.png"}]}`, nil},
		{"broken", "manifest.json", `{"icons":[{"src":"a.png"}]`, nil},
	})
}
