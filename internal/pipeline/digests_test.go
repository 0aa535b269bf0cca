package pipeline

import "testing"

// TestSums holds digests against those of sha1sum, md5sum and b3sum.
func TestSums(t *testing.T) {
	t.Parallel()
	d, err := sums([]byte("hello\n"), "txt")
	if err != nil {
		t.Fatal(err)
	}
	if d.SHA1 != "f572d396fae9206628714fb2ce00f72e94f2258f" || d.MD5 != "b1946ac92492d2347c6235b4d2611184" || len(d.Cloudflare) != 32 {
		t.Errorf("%+v", d)
	}
	other, err := sums([]byte("hello\n"), "css")
	if err != nil || other.Cloudflare == d.Cloudflare || other.SHA1 != d.SHA1 {
		t.Errorf("the extension is part of Cloudflare's form alone: %+v, %v", other, err)
	}
}
