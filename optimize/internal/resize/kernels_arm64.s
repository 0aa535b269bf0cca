#include "textflag.h"

// Instructions that the assembler has no names for (Arm ARM, C7.2). The
// numbers are those of vector registers, destination last; i is a lane of 16
// bits and m, its register, is at most 15.

// SMLAL d.4S, n.4H, m.H[i], and SMLAL2 d.4S, n.8H, m.H[i]
#define SMLAL(i, m, n, d) WORD $(0x0f402000 | ((i)&1)<<20 | ((i)>>1)<<21 | (m)<<16 | (n)<<5 | (d))
#define SMLAL2(i, m, n, d) WORD $(0x4f402000 | ((i)&1)<<20 | ((i)>>1)<<21 | (m)<<16 | (n)<<5 | (d))
// SSHL d.4S, n.4S, m.4S
#define SSHL(m, n, d) WORD $(0x4ea04400 | (m)<<16 | (n)<<5 | (d))
// SQXTN d.4H, n.4S, and SQXTN2 d.8H, n.4S
#define SQXTN(n, d) WORD $(0x0e614800 | (n)<<5 | (d))
#define SQXTN2(n, d) WORD $(0x4e614800 | (n)<<5 | (d))
// SQXTUN d.8B, n.8H, and SQXTUN2 d.16B, n.8H
#define SQXTUN(n, d) WORD $(0x2e212800 | (n)<<5 | (d))
#define SQXTUN2(n, d) WORD $(0x6e212800 | (n)<<5 | (d))
// SMAX d.4H, n.4H, m.4H and SMIN d.4H, n.4H, m.4H
#define SMAX(m, n, d) WORD $(0x0e606400 | (m)<<16 | (n)<<5 | (d))
#define SMIN(m, n, d) WORD $(0x0e606c00 | (m)<<16 | (n)<<5 | (d))

// V31 = half of 1<<shift, V30 = -shift, which SSHL takes as a shift right.
#define ROUNDING(shift) \
	MOVD $1, R15 \
	LSL shift, R15, R15 \
	LSR $1, R15, R15 \
	VDUP R15, V31.S4 \
	NEG shift, R15 \
	VDUP R15, V30.S4

// func narrowNEON(dst *int16, src *byte, start *int32, weights *int16, n, groups, shift, lo, hi int)
TEXT ·narrowNEON(SB), NOSPLIT, $0-72
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD start+16(FP), R2
	MOVD weights+24(FP), R3
	MOVD n+32(FP), R4
	MOVD groups+40(FP), R5
	MOVD shift+48(FP), R6
	MOVD lo+56(FP), R7
	MOVD hi+64(FP), R8
	ROUNDING(R6)
	VDUP R7, V28.H8
	VDUP R8, V29.H8

pixel:
	MOVWU.P 4(R2), R9
	ADD R9<<2, R1, R9
	VMOV V31.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16
	MOVD R5, R10

group:
	VLD1.P 16(R9), [V0.B16]
	VLD1.P 8(R3), [V3.H4]
	VUSHLL $0, V0.B8, V1.H8
	VUSHLL2 $0, V0.B16, V2.H8
	SMLAL(0, 3, 1, 16)
	SMLAL2(1, 3, 1, 17)
	SMLAL(2, 3, 2, 18)
	SMLAL2(3, 3, 2, 19)
	SUBS $1, R10, R10
	BNE group

	VADD V17.S4, V16.S4, V16.S4
	VADD V19.S4, V18.S4, V18.S4
	VADD V18.S4, V16.S4, V16.S4
	SSHL(30, 16, 16)
	SQXTN(16, 16)
	SMAX(28, 16, 16)
	SMIN(29, 16, 16)
	VST1.P [V16.H4], 8(R0)
	SUBS $1, R4, R4
	BNE pixel
	RET

// func weighNEON(dst, src *int16, stride int, weights *int16, pairs, blocks, shift int)
TEXT ·weighNEON(SB), NOSPLIT, $0-56
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD stride+16(FP), R2
	MOVD weights+24(FP), R3
	MOVD pairs+32(FP), R4
	MOVD blocks+40(FP), R5
	MOVD shift+48(FP), R6
	ROUNDING(R6)

column:
	VMOV V31.B16, V16.B16
	VMOV V31.B16, V17.B16
	VMOV V31.B16, V18.B16
	VMOV V31.B16, V19.B16
	VMOV V31.B16, V20.B16
	VMOV V31.B16, V21.B16
	VMOV V31.B16, V22.B16
	VMOV V31.B16, V23.B16
	MOVD R1, R7
	MOVD R3, R8
	MOVD R4, R9

pair:
	FMOVS.P 4(R8), F8
	VLD1 (R7), [V0.H8, V1.H8, V2.H8, V3.H8]
	ADD R2, R7, R7
	VLD1 (R7), [V4.H8, V5.H8, V6.H8, V7.H8]
	ADD R2, R7, R7
	SMLAL(0, 8, 0, 16)
	SMLAL2(0, 8, 0, 17)
	SMLAL(0, 8, 1, 18)
	SMLAL2(0, 8, 1, 19)
	SMLAL(0, 8, 2, 20)
	SMLAL2(0, 8, 2, 21)
	SMLAL(0, 8, 3, 22)
	SMLAL2(0, 8, 3, 23)
	SMLAL(1, 8, 4, 16)
	SMLAL2(1, 8, 4, 17)
	SMLAL(1, 8, 5, 18)
	SMLAL2(1, 8, 5, 19)
	SMLAL(1, 8, 6, 20)
	SMLAL2(1, 8, 6, 21)
	SMLAL(1, 8, 7, 22)
	SMLAL2(1, 8, 7, 23)
	SUBS $1, R9, R9
	BNE pair

	SSHL(30, 16, 16)
	SSHL(30, 17, 17)
	SSHL(30, 18, 18)
	SSHL(30, 19, 19)
	SSHL(30, 20, 20)
	SSHL(30, 21, 21)
	SSHL(30, 22, 22)
	SSHL(30, 23, 23)
	SQXTN(16, 0)
	SQXTN2(17, 0)
	SQXTN(18, 1)
	SQXTN2(19, 1)
	SQXTN(20, 2)
	SQXTN2(21, 2)
	SQXTN(22, 3)
	SQXTN2(23, 3)
	VST1.P [V0.H8, V1.H8, V2.H8, V3.H8], 64(R0)
	ADD $64, R1, R1
	SUBS $1, R5, R5
	BNE column
	RET

// func clampNEON(dst *byte, src *int16, blocks int)
TEXT ·clampNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD blocks+16(FP), R2

next:
	VLD1.P 64(R1), [V0.H8, V1.H8, V2.H8, V3.H8]
	SQXTUN(0, 4)
	SQXTUN2(1, 4)
	SQXTUN(2, 5)
	SQXTUN2(3, 5)
	VST1.P [V4.B16, V5.B16], 32(R0)
	SUBS $1, R2, R2
	BNE next
	RET
