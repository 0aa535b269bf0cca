//go:build !amd64

package ssimulacra2

// Everything is done one by one.

func blurFast([]float32, *[2*reach + 1][]float32) int { return 0 }

func multiplyFast(_, _, _ []float32) int { return 0 }

func xybFast(_, _ *[3][]float32) int { return 0 }

func structureFast(_ *sums, _, _, _, _, _ []float32) int { return 0 }

func detailFast(_, _ *sums, _, _, _, _ []float32) int { return 0 }
