package ssimulacra2

import (
	"image"
	"testing"
)

// These are the scores to the last digit, on every processor.
func TestSameEverywhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		ref     maker
		distort func(*image.NRGBA) *image.NRGBA
		want    float64
	}{
		{"noisy landscape", landscape, noisy(7), 78.16409493},
		{"blurred writing", writing, blurred(2), -3.64602912},
		{"blocky gradient", gradient, blocky(4), 77.43081129},
		{"disc of few colours", disc, posterized(20), 63.03776849},
	} {
		m := tt.ref(203, 187)
		got, err := Compare(m, tt.distort(m))
		if err != nil || got != tt.want {
			t.Errorf("%s: score %.8f, %v, want %.8f", tt.name, got, err, tt.want)
		}
	}
}
