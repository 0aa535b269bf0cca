package optimize

import (
	"encoding/binary"
	"math"
)

// maxProfile bounds a colour profile. The largest in use, for printing
// presses, are 3 MB.
const maxProfile = 8 << 20

// pngProfileIsSRGB reports whether iCCP data (PNG, section 11.3.2.3) is an
// sRGB profile, which says no more than no profile does.
func pngProfileIsSRGB(iccp []byte) bool {
	p := pngProfile(iccp)
	return p != nil && isSRGB(p)
}

// The sRGB primaries adapted to the white of profiles, D50, as in the
// profiles of the ICC and of Hewlett-Packard, and how far a profile may be
// from them: makers round differently.
var srgbColorants = map[string][3]float64{
	"rXYZ": {0.4361, 0.2225, 0.0139},
	"gXYZ": {0.3851, 0.7169, 0.0971},
	"bXYZ": {0.1431, 0.0606, 0.7141},
}

const (
	colorantTolerance = 0.002
	curveTolerance    = 0.004 // one step of 8 bits
)

// isSRGB reports whether an ICC profile (ICC.1:2022) is a matrix and curves
// that match sRGB. Judged by its numbers: names lie and vary.
func isSRGB(p []byte) bool {
	if len(p) < 132 || string(p[16:20]) != "RGB " || string(p[20:24]) != "XYZ " {
		return false
	}
	tags := iccTags(p)
	if tags["A2B0"] != nil || tags["A2B1"] != nil { // tables win over the matrix
		return false
	}
	for name, want := range srgbColorants {
		t := tags[name]
		if len(t) < 20 || string(t[:4]) != "XYZ " {
			return false
		}
		for i, w := range want {
			v := float64(int32(binary.BigEndian.Uint32(t[8+4*i:]))) / 65536
			if math.Abs(v-w) > colorantTolerance {
				return false
			}
		}
	}
	return srgbCurve(tags["rTRC"]) && srgbCurve(tags["gTRC"]) && srgbCurve(tags["bTRC"])
}

// iccTags returns the data of the tags of a profile (section 7.3).
func iccTags(p []byte) map[string][]byte {
	tags := map[string][]byte{}
	n := min(binary.BigEndian.Uint32(p[128:]), 100)
	for e := p[132:]; n > 0 && len(e) >= 12; n, e = n-1, e[12:] {
		off, size := uint64(binary.BigEndian.Uint32(e[4:])), uint64(binary.BigEndian.Uint32(e[8:]))
		if off+size <= uint64(len(p)) {
			tags[string(e[:4])] = p[off : off+size]
		}
	}
	return tags
}

// srgbCurve reports whether a curveType or parametricCurveType (sections 10.6
// and 10.18) is the transfer function of sRGB (IEC 61966-2-1).
func srgbCurve(t []byte) bool {
	if len(t) < 12 {
		return false
	}
	var at func(x float64) float64
	switch string(t[:4]) {
	case "curv":
		n := int(binary.BigEndian.Uint32(t[8:]))
		if n < 16 || n > (len(t)-12)/2 { // fewer is a plain gamma, which sRGB is not
			return false
		}
		at = func(x float64) float64 {
			pos := x * float64(n-1)
			i := min(int(pos), n-2)
			a := float64(binary.BigEndian.Uint16(t[12+2*i:]))
			b := float64(binary.BigEndian.Uint16(t[14+2*i:]))
			return (a + (b-a)*(pos-float64(i))) / 65535
		}
	case "para":
		if binary.BigEndian.Uint16(t[8:]) != 3 || len(t) < 32 {
			return false
		}
		var v [5]float64
		for i := range v {
			v[i] = float64(int32(binary.BigEndian.Uint32(t[12+4*i:]))) / 65536
		}
		at = func(x float64) float64 {
			if x >= v[4] {
				return math.Pow(v[1]*x+v[2], v[0])
			}
			return v[3] * x
		}
	default:
		return false
	}
	for i := range 33 {
		x := float64(i) / 32
		want := x / 12.92
		if x > 0.04045 {
			want = math.Pow((x+0.055)/1.055, 2.4)
		}
		if d := math.Abs(at(x) - want); !(d <= curveTolerance) { // also when it is not a number
			return false
		}
	}
	return true
}
