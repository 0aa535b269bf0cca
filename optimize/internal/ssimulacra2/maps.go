package ssimulacra2

import "math"

// norms are the mean and the fourth root of the mean of the fourth powers of
// a map.
type norms [2]float64

// maps are the norms of the three error maps of a channel at a scale: where
// structure differs, where the copy has detail that the original has not
// (ringing, blocks, banding), and where it lacks detail (blur).
type maps struct{ structure, added, lost norms }

const (
	maxScales = 6
	perMap    = 2          // norms
	perScale  = 3 * perMap // of a channel
)

// weights are those of version 2.1: for each channel (X, Y, B), scale and
// norm the three maps. A picture with fewer scales takes them one after the
// other without gaps, as the reference does.
var weights = [3 * maxScales * perScale]float64{
	// X
	0, 0.0007376606707406586, 0, 0, 0.0007793481682867309, 0,
	0, 0.0004371155730107379, 0, 1.1041726426657346, 0.00066284834129271, 0.00015231632783718752,
	0, 0.0016406437456599754, 0, 1.8422455520539298, 11.441172603757666, 0,
	0.0007989109436015163, 0.000176816438078653, 0, 1.8787594979546387, 10.94906990605142, 0,
	0.0007289346991508072, 0.9677937080626833, 0, 0.00014003424285435884, 0.9981766977854967, 0.00031949755934435053,
	0.0004550992113792063, 0, 0, 0.0013648766163243398, 0, 0,
	// Y
	0, 0, 0, 7.466890328078848, 0, 17.445833984131262,
	0.0006235601634041466, 0, 0, 6.683678146179332, 0.00037724407979611296, 1.027889937768264,
	225.20515300849274, 0, 0, 19.213238186143016, 0.0011401524586618361, 0.001237755635509985,
	176.39317598450694, 0, 0, 24.43300999870476, 0.28520802612117757, 0.0004485436923833408,
	0, 0, 0, 34.77906344483772, 44.835625328877896, 0,
	0, 0, 0, 0, 0, 0,
	// B
	0, 0.0008680556573291698, 0, 0, 0, 0,
	0, 0.0005313191874358747, 0, 0.00016533814161379112, 0, 0,
	0, 0, 0, 0.0004179171803251336, 0.0017290828234722833, 0,
	0.0020827005846636437, 0, 0, 8.826982764996862, 23.19243343998926, 0,
	95.1080498811086, 0.9863978034400682, 0.9834382792465353, 0.0012286405048278493, 171.2667255897307, 0.9807858872435379,
	0, 0, 0, 0.0005130064588990679, 0, 0.00010854057858411537,
}

// weightsOf returns the weights of a channel at a scale of a picture with n
// scales.
func weightsOf(channel, scale, n int) []float64 {
	i := (channel*n + scale) * perScale
	return weights[i : i+perScale]
}

// need says which maps of a channel at a scale count.
type need struct{ structure, detail bool }

func (n need) any() bool { return n.structure || n.detail }

func needOf(channel, scale, n int) need {
	w := weightsOf(channel, scale, n)
	return need{
		structure: w[0] != 0 || w[3] != 0,
		detail:    w[1] != 0 || w[2] != 0 || w[4] != 0 || w[5] != 0,
	}
}

// score sums the maps up, channel after channel, and brings the sum to the
// scale that people judge by. Digits that another processor's exponential
// might not agree on are dropped.
func score(scales [][3]maps) float64 {
	var e float64
	for c := range 3 {
		for s := range scales {
			w, m := weightsOf(c, s, len(scales)), &scales[s][c]
			for n := range perMap {
				e += float64(w[3*n] * m.structure[n])
				e += float64(w[3*n+1] * m.added[n])
				e += float64(w[3*n+2] * m.lost[n])
			}
		}
	}
	e *= 0.9562382616834844
	e = float64(2.326765642916932*e) - float64(float64(0.020884521182843837*e)*e) +
		float64(float64(float64(6.248496625763138e-05*e)*e)*e)
	if e <= 0 {
		return 100
	}
	return math.Round((100-float64(10*math.Pow(e, 0.6276336467831387)))*1e8) / 1e8
}

// c2 keeps the structure map calm where neither picture has any.
const c2 = float32(0.0009)

// sums are those of a map over a row and of its fourth powers, of every fourth
// sample each: that way a processor adds four at a time and gets the same.
type sums struct{ one, four [4]float64 }

func (n *norms) add(s *sums) {
	n[0] += (s.one[0] + s.one[1]) + (s.one[2] + s.one[3])
	n[1] += (s.four[0] + s.four[1]) + (s.four[2] + s.four[3])
}

// structureRow adds a row of the structure map and of its fourth power to
// sum, from the blurred pictures (m1, m2), squares and product. It is SSIM
// without the division by the means, which XYB makes needless.
func structureRow(sum *norms, m1, m2, s11, s22, s12 []float32) {
	n := len(m1)
	var s sums
	done := structureFast(&s, m1, m2[:n], s11[:n], s22[:n], s12[:n])
	structureScalar(&s, m1, m2[:n], s11[:n], s22[:n], s12[:n], done)
	sum.add(&s)
}

// structureScalar works on samples from number from on, which divides by four.
func structureScalar(s *sums, m1, m2, s11, s22, s12 []float32, from int) {
	n := len(m1)
	m2, s11, s22, s12 = m2[:n], s11[:n], s22[:n], s12[:n]
	for x := from; x < n; x++ {
		a, b := m1[x], m2[x]
		num := 1 - float32((a-b)*(a-b))
		numS := float32(2*(s12[x]-float32(a*b))) + c2
		denom := (s11[x] - float32(a*a)) + (s22[x] - float32(b*b)) + c2
		d := 1 - float64(float32(num*numS)/denom)
		if d > 0 {
			s.one[x&3] += d
			d = float64(d * d)
			s.four[x&3] += float64(d * d)
		}
	}
}

// detailRow adds a row of the two maps of detail to their sums, from two
// pictures and the same blurred.
func detailRow(added, lost *norms, p1, m1, p2, m2 []float32) {
	n := len(p1)
	var plus, minus sums
	done := detailFast(&plus, &minus, p1, m1[:n], p2[:n], m2[:n])
	detailScalar(&plus, &minus, p1, m1[:n], p2[:n], m2[:n], done)
	added.add(&plus)
	lost.add(&minus)
}

// detailScalar works on samples from number from on, which divides by four.
func detailScalar(plus, minus *sums, p1, m1, p2, m2 []float32, from int) {
	n := len(p1)
	m1, p2, m2 = m1[:n], p2[:n], m2[:n]
	for x := from; x < n; x++ {
		d1 := math.Float32frombits(math.Float32bits(p1[x]-m1[x]) &^ (1 << 31))
		d2 := math.Float32frombits(math.Float32bits(p2[x]-m2[x]) &^ (1 << 31))
		d := (1+float64(d2))/(1+float64(d1)) - 1
		// The sign is as good as random: masks cost less than wrong guesses.
		q := float64(d * d)
		q = float64(q * q)
		negative := uint64(int64(math.Float64bits(d)) >> 63)
		plus.one[x&3] += math.Float64frombits(math.Float64bits(d) &^ negative)
		minus.one[x&3] -= math.Float64frombits(math.Float64bits(d) & negative)
		plus.four[x&3] += math.Float64frombits(math.Float64bits(q) &^ negative)
		minus.four[x&3] += math.Float64frombits(math.Float64bits(q) & negative)
	}
}

// finish turns sums over a number of pixels into norms.
func (m *maps) finish(pixels int) {
	per := 1 / float64(pixels)
	for _, n := range []*norms{&m.structure, &m.added, &m.lost} {
		n[0] *= per
		n[1] = math.Sqrt(math.Sqrt(per * n[1]))
	}
}
