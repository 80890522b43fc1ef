// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s | filecheck %s
// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// What each elementwise op is at the loops level, for each kind of number it takes.

func.func @add_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.add %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @add_f(
// CHECK:         arith.addf

// -----

func.func @add_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.add %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @add_s(
// CHECK:         arith.addi

// -----

func.func @add_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.add %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @add_u(
// CHECK:         arith.addi

// -----

func.func @sub_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.sub %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @sub_f(
// CHECK:         arith.subf

// -----

func.func @sub_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.sub %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @sub_s(
// CHECK:         arith.subi

// -----

func.func @sub_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.sub %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @sub_u(
// CHECK:         arith.subi

// -----

func.func @mul_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.mul %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @mul_f(
// CHECK:         arith.mulf

// -----

func.func @mul_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.mul %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @mul_s(
// CHECK:         arith.muli

// -----

func.func @mul_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.mul %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @mul_u(
// CHECK:         arith.muli

// -----

func.func @div_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.div %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @div_f(
// CHECK:         arith.divf

// -----

func.func @floor_div_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.floor_div %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @floor_div_f(
// CHECK:         math.absf
// CHECK:         math.absf
// CHECK:         arith.cmpf oeq,
// CHECK:         arith.cmpf uno,
// CHECK:         arith.cmpf uno,
// CHECK:         arith.ori
// CHECK:         arith.cmpf oeq,
// CHECK:         arith.ori

// -----

func.func @floor_div_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.floor_div %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @floor_div_s(
// CHECK:         arith.cmpi eq,
// CHECK:         arith.cmpi eq,
// CHECK:         arith.ori
// CHECK:         arith.select
// CHECK:         arith.divsi
// CHECK:         arith.muli
// CHECK:         arith.subi
// CHECK:         arith.cmpi ne,

// -----

func.func @floor_div_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.floor_div %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @floor_div_u(
// CHECK:         arith.cmpi eq,
// CHECK:         arith.select
// CHECK:         arith.cmpi eq,
// CHECK:         arith.divui
// CHECK:         arith.select

// -----

func.func @rem_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.rem %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @rem_f(
// CHECK:         math.absf
// CHECK:         math.absf
// CHECK:         arith.cmpf oeq,
// CHECK:         arith.cmpf uno,
// CHECK:         arith.cmpf uno,
// CHECK:         arith.ori
// CHECK:         arith.cmpf oeq,
// CHECK:         arith.ori

// -----

func.func @rem_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.rem %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @rem_s(
// CHECK:         arith.cmpi eq,
// CHECK:         arith.cmpi eq,
// CHECK:         arith.ori
// CHECK:         arith.select
// CHECK:         arith.remsi
// CHECK:         arith.cmpi ne,
// CHECK:         arith.xori
// CHECK:         arith.cmpi slt,

// -----

func.func @rem_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.rem %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @rem_u(
// CHECK:         arith.cmpi eq,
// CHECK:         arith.select
// CHECK:         arith.cmpi eq,
// CHECK:         arith.remui
// CHECK:         arith.select

// -----

func.func @fmod_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.fmod %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @fmod_f(
// CHECK:         math.absf
// CHECK:         math.absf
// CHECK:         arith.cmpf oeq,
// CHECK:         arith.cmpf uno,
// CHECK:         arith.cmpf uno,
// CHECK:         arith.ori
// CHECK:         arith.cmpf oeq,
// CHECK:         arith.ori

// -----

func.func @fmod_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.fmod %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @fmod_s(
// CHECK:         arith.cmpi eq,
// CHECK:         arith.cmpi eq,
// CHECK:         arith.ori
// CHECK:         arith.select
// CHECK:         arith.remsi
// CHECK:         arith.cmpi eq,
// CHECK:         arith.select

// -----

func.func @fmod_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.fmod %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @fmod_u(
// CHECK:         arith.cmpi eq,
// CHECK:         arith.select
// CHECK:         arith.cmpi eq,
// CHECK:         arith.remui
// CHECK:         arith.select

// -----

func.func @neg_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.neg %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @neg_f(
// CHECK:         arith.negf

// -----

func.func @neg_s(%x0: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.neg %x0 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @neg_s(
// CHECK:         arith.subi

// -----

func.func @neg_u(%x0: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.neg %x0 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @neg_u(
// CHECK:         arith.subi

// -----

func.func @abs_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.abs %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @abs_f(
// CHECK:         math.absf

// -----

func.func @abs_s(%x0: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.abs %x0 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @abs_s(
// CHECK:         arith.subi
// CHECK:         arith.maxsi

// -----

func.func @abs_u(%x0: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.abs %x0 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @abs_u(

// -----

func.func @sign_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.sign %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @sign_f(
// CHECK:         arith.cmpf olt,
// CHECK:         arith.select
// CHECK:         arith.cmpf ogt,
// CHECK:         arith.select
// CHECK:         arith.cmpf uno,
// CHECK:         arith.select

// -----

func.func @sign_s(%x0: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.sign %x0 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @sign_s(
// CHECK:         arith.cmpi slt,
// CHECK:         arith.select
// CHECK:         arith.cmpi sgt,
// CHECK:         arith.select

// -----

func.func @sign_u(%x0: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.sign %x0 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @sign_u(
// CHECK:         arith.cmpi ne,
// CHECK:         arith.extui

// -----

func.func @square_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.square %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @square_f(
// CHECK:         arith.mulf

// -----

func.func @square_s(%x0: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.square %x0 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @square_s(
// CHECK:         arith.muli

// -----

func.func @square_u(%x0: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.square %x0 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @square_u(
// CHECK:         arith.muli

// -----

func.func @fma_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>, %x2: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.fma %x0, %x1, %x2 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @fma_f(
// CHECK:         math.fma

// -----

func.func @sqrt_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.sqrt %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @sqrt_f(
// CHECK:         math.sqrt

// -----

func.func @cbrt_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.cbrt %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @cbrt_f(
// CHECK:         math.cbrt

// -----

func.func @hypot_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.hypot %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @hypot_f(
// CHECK:         math.absf
// CHECK:         math.absf
// CHECK:         arith.cmpf olt,
// CHECK:         arith.select
// CHECK:         arith.select
// CHECK:         arith.cmpf oge,
// CHECK:         arith.cmpf olt,
// CHECK:         arith.select

// -----

func.func @pow_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.pow %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @pow_f(
// CHECK:         math.powf

// -----

func.func @pow_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.pow %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @pow_s(
// CHECK:         arith.cmpi slt,
// CHECK:         arith.select
// CHECK:         scf.while
// CHECK:         arith.cmpi ne,
// CHECK:         scf.condition
// CHECK:         arith.andi
// CHECK:         arith.cmpi ne,
// CHECK:         arith.muli

// -----

func.func @pow_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.pow %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @pow_u(
// CHECK:         scf.while
// CHECK:         arith.cmpi ne,
// CHECK:         scf.condition
// CHECK:         arith.andi
// CHECK:         arith.cmpi ne,
// CHECK:         arith.muli
// CHECK:         arith.select
// CHECK:         arith.muli

// -----

func.func @floor_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.floor %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @floor_f(
// CHECK:         math.floor

// -----

func.func @ceil_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.ceil %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @ceil_f(
// CHECK:         math.ceil

// -----

func.func @trunc_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.trunc %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @trunc_f(
// CHECK:         math.trunc

// -----

func.func @rint_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.rint %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @rint_f(
// CHECK:         math.roundeven

// -----

func.func @copysign_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.copysign %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @copysign_f(
// CHECK:         math.copysign

// -----

func.func @exp_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.exp %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @exp_f(
// CHECK:         math.exp

// -----

func.func @exp2_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.exp2 %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @exp2_f(
// CHECK:         math.exp2

// -----

func.func @expm1_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.expm1 %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @expm1_f(
// CHECK:         math.expm1

// -----

func.func @log_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.log %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @log_f(
// CHECK:         math.log

// -----

func.func @log2_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.log2 %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @log2_f(
// CHECK:         math.log2

// -----

func.func @log10_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.log10 %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @log10_f(
// CHECK:         math.log10

// -----

func.func @log1p_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.log1p %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @log1p_f(
// CHECK:         math.log1p

// -----

func.func @sin_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.sin %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @sin_f(
// CHECK:         math.sin

// -----

func.func @cos_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.cos %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @cos_f(
// CHECK:         math.cos

// -----

func.func @tan_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.tan %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @tan_f(
// CHECK:         math.tan

// -----

func.func @asin_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.asin %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @asin_f(
// CHECK:         math.asin

// -----

func.func @acos_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.acos %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @acos_f(
// CHECK:         math.acos

// -----

func.func @atan_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.atan %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @atan_f(
// CHECK:         math.atan

// -----

func.func @atan2_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.atan2 %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @atan2_f(
// CHECK:         math.atan2

// -----

func.func @sinh_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.sinh %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @sinh_f(
// CHECK:         math.sinh

// -----

func.func @cosh_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.cosh %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @cosh_f(
// CHECK:         math.cosh

// -----

func.func @tanh_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.tanh %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @tanh_f(
// CHECK:         math.tanh

// -----

func.func @asinh_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.asinh %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @asinh_f(
// CHECK:         math.asinh

// -----

func.func @acosh_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.acosh %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @acosh_f(
// CHECK:         math.acosh

// -----

func.func @atanh_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.atanh %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @atanh_f(
// CHECK:         math.atanh

// -----

func.func @erf_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.erf %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @erf_f(
// CHECK:         math.erf

// -----

func.func @erfc_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.erfc %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @erfc_f(
// CHECK:         math.absf
// CHECK:         arith.divf
// CHECK:         arith.constant 5.000000e-01
// CHECK:         arith.select
// CHECK:         memref.store

// -----

func.func @gamma_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.gamma %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @gamma_f(
// CHECK:         arith.cmpf oge
// CHECK:         scf.if
// CHECK:         arith.divf
// CHECK:         arith.select
// CHECK:         memref.store

// -----

func.func @lgamma_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.lgamma %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @lgamma_f(
// CHECK:         scf.if
// CHECK:         math.absf
// CHECK:         arith.divf
// CHECK:         memref.store

// -----

func.func @digamma_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.digamma %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @digamma_f(
// CHECK:         arith.divf
// CHECK:         scf.if
// CHECK:         arith.select
// CHECK:         memref.store

// -----

func.func @sinpi_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.sinpi %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @sinpi_f(
// CHECK:         math.absf
// CHECK:         math.trunc
// CHECK:         math.fma
// CHECK:         arith.xori
// CHECK:         arith.bitcast
// CHECK:         memref.store

// -----

func.func @cospi_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.cospi %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @cospi_f(
// CHECK:         math.absf
// CHECK:         math.trunc
// CHECK:         math.fma
// CHECK:         arith.xori
// CHECK:         arith.bitcast
// CHECK:         memref.store

// -----

func.func @minimum_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.minimum %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @minimum_f(
// CHECK:         arith.minimumf

// -----

func.func @minimum_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.minimum %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @minimum_s(
// CHECK:         arith.minsi

// -----

func.func @minimum_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.minimum %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @minimum_u(
// CHECK:         arith.minui

// -----

func.func @minimum_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.minimum %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @minimum_b(
// CHECK:         arith.andi

// -----

func.func @maximum_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.maximum %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @maximum_f(
// CHECK:         arith.maximumf

// -----

func.func @maximum_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.maximum %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @maximum_s(
// CHECK:         arith.maxsi

// -----

func.func @maximum_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.maximum %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @maximum_u(
// CHECK:         arith.maxui

// -----

func.func @maximum_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.maximum %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @maximum_b(
// CHECK:         arith.ori

// -----

func.func @fmin_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.fmin %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @fmin_f(
// CHECK:         arith.minnumf

// -----

func.func @fmax_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.fmax %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @fmax_f(
// CHECK:         arith.maxnumf

// -----

func.func @eq_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xi1> {
  %r = rfx.eq %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @eq_f(
// CHECK:         arith.cmpf oeq,

// -----

func.func @eq_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi1> {
  %r = rfx.eq %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @eq_s(
// CHECK:         arith.cmpi eq,

// -----

func.func @eq_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xi1> {
  %r = rfx.eq %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @eq_u(
// CHECK:         arith.cmpi eq,

// -----

func.func @eq_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.eq %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @eq_b(
// CHECK:         arith.cmpi eq,

// -----

func.func @ne_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xi1> {
  %r = rfx.ne %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @ne_f(
// CHECK:         arith.cmpf une,

// -----

func.func @ne_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi1> {
  %r = rfx.ne %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @ne_s(
// CHECK:         arith.cmpi ne,

// -----

func.func @ne_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xi1> {
  %r = rfx.ne %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @ne_u(
// CHECK:         arith.cmpi ne,

// -----

func.func @ne_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.ne %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @ne_b(
// CHECK:         arith.cmpi ne,

// -----

func.func @lt_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xi1> {
  %r = rfx.lt %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @lt_f(
// CHECK:         arith.cmpf olt,

// -----

func.func @lt_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi1> {
  %r = rfx.lt %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @lt_s(
// CHECK:         arith.cmpi slt,

// -----

func.func @lt_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xi1> {
  %r = rfx.lt %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @lt_u(
// CHECK:         arith.cmpi ult,

// -----

func.func @lt_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.lt %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @lt_b(
// CHECK:         arith.cmpi ult,

// -----

func.func @le_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xi1> {
  %r = rfx.le %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @le_f(
// CHECK:         arith.cmpf ole,

// -----

func.func @le_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi1> {
  %r = rfx.le %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @le_s(
// CHECK:         arith.cmpi sle,

// -----

func.func @le_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xi1> {
  %r = rfx.le %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @le_u(
// CHECK:         arith.cmpi ule,

// -----

func.func @le_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.le %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @le_b(
// CHECK:         arith.cmpi ule,

// -----

func.func @gt_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xi1> {
  %r = rfx.gt %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @gt_f(
// CHECK:         arith.cmpf ogt,

// -----

func.func @gt_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi1> {
  %r = rfx.gt %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @gt_s(
// CHECK:         arith.cmpi sgt,

// -----

func.func @gt_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xi1> {
  %r = rfx.gt %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @gt_u(
// CHECK:         arith.cmpi ugt,

// -----

func.func @gt_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.gt %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @gt_b(
// CHECK:         arith.cmpi ugt,

// -----

func.func @ge_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xi1> {
  %r = rfx.ge %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @ge_f(
// CHECK:         arith.cmpf oge,

// -----

func.func @ge_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi1> {
  %r = rfx.ge %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @ge_s(
// CHECK:         arith.cmpi sge,

// -----

func.func @ge_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xi1> {
  %r = rfx.ge %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @ge_u(
// CHECK:         arith.cmpi uge,

// -----

func.func @ge_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.ge %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @ge_b(
// CHECK:         arith.cmpi uge,

// -----

func.func @isnan_f(%x0: tensor<8xf32>) -> tensor<8xi1> {
  %r = rfx.isnan %x0 : tensor<8xf32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @isnan_f(
// CHECK:         arith.cmpf uno,

// -----

func.func @isinf_f(%x0: tensor<8xf32>) -> tensor<8xi1> {
  %r = rfx.isinf %x0 : tensor<8xf32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @isinf_f(
// CHECK:         math.absf
// CHECK:         arith.cmpf oeq,

// -----

func.func @isfinite_f(%x0: tensor<8xf32>) -> tensor<8xi1> {
  %r = rfx.isfinite %x0 : tensor<8xf32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @isfinite_f(
// CHECK:         math.absf
// CHECK:         arith.cmpf ole,

// -----

func.func @signbit_f(%x0: tensor<8xf32>) -> tensor<8xi1> {
  %r = rfx.signbit %x0 : tensor<8xf32>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @signbit_f(
// CHECK:         arith.bitcast
// CHECK:         arith.cmpi slt,

// -----

func.func @and_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.and %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @and_s(
// CHECK:         arith.andi

// -----

func.func @and_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.and %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @and_u(
// CHECK:         arith.andi

// -----

func.func @and_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.and %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @and_b(
// CHECK:         arith.andi

// -----

func.func @or_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.or %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @or_s(
// CHECK:         arith.ori

// -----

func.func @or_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.or %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @or_u(
// CHECK:         arith.ori

// -----

func.func @or_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.or %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @or_b(
// CHECK:         arith.ori

// -----

func.func @xor_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.xor %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @xor_s(
// CHECK:         arith.xori

// -----

func.func @xor_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.xor %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @xor_u(
// CHECK:         arith.xori

// -----

func.func @xor_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.xor %x0, %x1 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @xor_b(
// CHECK:         arith.xori

// -----

func.func @not_s(%x0: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.not %x0 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @not_s(
// CHECK:         arith.xori

// -----

func.func @not_u(%x0: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.not %x0 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @not_u(
// CHECK:         arith.xori

// -----

func.func @not_b(%x0: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.not %x0 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @not_b(
// CHECK:         arith.xori

// -----

func.func @shl_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.shl %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @shl_s(
// CHECK:         arith.cmpi ult,
// CHECK:         arith.select
// CHECK:         arith.shli
// CHECK:         arith.select

// -----

func.func @shl_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.shl %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @shl_u(
// CHECK:         arith.cmpi ult,
// CHECK:         arith.select
// CHECK:         arith.shli
// CHECK:         arith.select

// -----

func.func @shr_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.shr %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @shr_s(
// CHECK:         arith.cmpi ult,
// CHECK:         arith.select
// CHECK:         arith.shrsi

// -----

func.func @shr_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.shr %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @shr_u(
// CHECK:         arith.cmpi ult,
// CHECK:         arith.select
// CHECK:         arith.shrui
// CHECK:         arith.select

// -----

func.func @select_f(%x0: tensor<8xi1>, %x1: tensor<8xf32>, %x2: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.select %x0, %x1, %x2 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @select_f(
// CHECK:         arith.select

// -----

func.func @select_s(%x0: tensor<8xi1>, %x1: tensor<8xi32>, %x2: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.select %x0, %x1, %x2 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @select_s(
// CHECK:         arith.select

// -----

func.func @select_u(%x0: tensor<8xi1>, %x1: tensor<8xui32>, %x2: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.select %x0, %x1, %x2 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @select_u(
// CHECK:         arith.select

// -----

func.func @select_b(%x0: tensor<8xi1>, %x1: tensor<8xi1>, %x2: tensor<8xi1>) -> tensor<8xi1> {
  %r = rfx.select %x0, %x1, %x2 : tensor<8xi1>
  func.return %r : tensor<8xi1>
}
// CHECK-LABEL: func.func @select_b(
// CHECK:         arith.select

// -----

func.func @nextafter_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.nextafter %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @nextafter_f(
// CHECK:         arith.cmpf olt,
// CHECK:         arith.cmpf olt,
// CHECK:         arith.xori
// CHECK:         arith.select
// CHECK:         arith.bitcast
// CHECK:         arith.addi
// CHECK:         arith.bitcast
// CHECK:         arith.cmpf uno,

// -----

func.func @ldexp_f(%x0: tensor<8xf32>, %x1: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.ldexp %x0, %x1 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @ldexp_f(
// CHECK:         arith.fptosi
// CHECK:         arith.cmpi sgt,
// CHECK:         arith.cmpi slt,
// CHECK:         arith.mulf
// CHECK:         arith.mulf
// CHECK:         arith.shli
// CHECK:         arith.bitcast
// CHECK:         arith.mulf

// -----

func.func @fraction_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.fraction %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @fraction_f(
// CHECK:         arith.mulf
// CHECK:         arith.bitcast
// CHECK:         arith.shrui
// CHECK:         arith.andi
// CHECK:         arith.shli
// CHECK:         arith.subi
// CHECK:         arith.bitcast

// -----

func.func @exponent_f(%x0: tensor<8xf32>) -> tensor<8xf32> {
  %r = rfx.exponent %x0 : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @exponent_f(
// CHECK:         arith.mulf
// CHECK:         arith.bitcast
// CHECK:         arith.shrui
// CHECK:         arith.andi
// CHECK:         arith.subi
// CHECK:         arith.sitofp

// -----

func.func @gcd_s(%x0: tensor<8xi32>, %x1: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.gcd %x0, %x1 : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @gcd_s(
// CHECK:         arith.subi
// CHECK:         arith.maxsi
// CHECK:         scf.while
// CHECK:         arith.cmpi ne,
// CHECK:         arith.cmpi eq,
// CHECK:         arith.select
// CHECK:         arith.remui

// -----

func.func @gcd_u(%x0: tensor<8xui32>, %x1: tensor<8xui32>) -> tensor<8xui32> {
  %r = rfx.gcd %x0, %x1 : tensor<8xui32>
  func.return %r : tensor<8xui32>
}
// CHECK-LABEL: func.func @gcd_u(
// CHECK:         scf.while
// CHECK:         arith.cmpi ne,
// CHECK:         arith.cmpi eq,
// CHECK:         arith.select
// CHECK:         arith.remui

// An exponent is an integer on the way: it is taken as that, without a float's limits.
// CHECK-LABEL: @whole_exponent(
// CHECK-NOT:     arith.fptosi
// CHECK:         arith.trunci
// CHECK-NOT:     arith.fptosi
// CHECK:         func.return
func.func @whole_exponent(%x: tensor<5xf64>) -> tensor<5xi32> {
  %0 = rfx.exponent %x : tensor<5xf64>
  %1 = rfx.convert %0 : tensor<5xf64> to tensor<5xi32>
  func.return %1 : tensor<5xi32>
}
