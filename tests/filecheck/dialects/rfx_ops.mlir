// RUN: rfx-opt %s | rfx-opt | filecheck %s

// Every op of the dialect, printed, parsed and printed again, reads as it was written.

// CHECK-LABEL: @elementwise_floats(
// CHECK-NEXT: %{{\w+}} = rfx.add %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.sub %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.mul %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.div %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.floor_div %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.rem %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.fmod %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.neg %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.abs %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.sign %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.square %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.fma %{{\w+}}, %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.sqrt %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.cbrt %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.hypot %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.pow %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.floor %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.ceil %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.trunc %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.rint %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.copysign %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.exp %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.exp2 %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.expm1 %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.log %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.log2 %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.log10 %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.log1p %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.sin %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.cos %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.tan %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.asin %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.acos %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.atan %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.atan2 %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.sinh %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.cosh %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.tanh %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.asinh %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.acosh %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.atanh %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.erf %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.erfc %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.gamma %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.lgamma %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.digamma %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.sinpi %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.cospi %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.minimum %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.maximum %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.fmin %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.fmax %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.eq %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.ne %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.lt %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.le %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.gt %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.ge %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.isnan %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.isinf %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.isfinite %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.signbit %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.select %{{\w+}}, %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
func.func @elementwise_floats(%c: tensor<?x4xi1>, %x: tensor<?x4xf32>, %y: tensor<?x4xf32>, %z: tensor<?x4xf32>) {
  %0 = rfx.add %x, %y : tensor<?x4xf32>
  %1 = rfx.sub %x, %y : tensor<?x4xf32>
  %2 = rfx.mul %x, %y : tensor<?x4xf32>
  %3 = rfx.div %x, %y : tensor<?x4xf32>
  %4 = rfx.floor_div %x, %y : tensor<?x4xf32>
  %5 = rfx.rem %x, %y : tensor<?x4xf32>
  %6 = rfx.fmod %x, %y : tensor<?x4xf32>
  %7 = rfx.neg %x : tensor<?x4xf32>
  %8 = rfx.abs %x : tensor<?x4xf32>
  %9 = rfx.sign %x : tensor<?x4xf32>
  %10 = rfx.square %x : tensor<?x4xf32>
  %11 = rfx.fma %x, %y, %z : tensor<?x4xf32>
  %12 = rfx.sqrt %x : tensor<?x4xf32>
  %13 = rfx.cbrt %x : tensor<?x4xf32>
  %14 = rfx.hypot %x, %y : tensor<?x4xf32>
  %15 = rfx.pow %x, %y : tensor<?x4xf32>
  %16 = rfx.floor %x : tensor<?x4xf32>
  %17 = rfx.ceil %x : tensor<?x4xf32>
  %18 = rfx.trunc %x : tensor<?x4xf32>
  %19 = rfx.rint %x : tensor<?x4xf32>
  %20 = rfx.copysign %x, %y : tensor<?x4xf32>
  %21 = rfx.exp %x : tensor<?x4xf32>
  %22 = rfx.exp2 %x : tensor<?x4xf32>
  %23 = rfx.expm1 %x : tensor<?x4xf32>
  %24 = rfx.log %x : tensor<?x4xf32>
  %25 = rfx.log2 %x : tensor<?x4xf32>
  %26 = rfx.log10 %x : tensor<?x4xf32>
  %27 = rfx.log1p %x : tensor<?x4xf32>
  %28 = rfx.sin %x : tensor<?x4xf32>
  %29 = rfx.cos %x : tensor<?x4xf32>
  %30 = rfx.tan %x : tensor<?x4xf32>
  %31 = rfx.asin %x : tensor<?x4xf32>
  %32 = rfx.acos %x : tensor<?x4xf32>
  %33 = rfx.atan %x : tensor<?x4xf32>
  %34 = rfx.atan2 %x, %y : tensor<?x4xf32>
  %35 = rfx.sinh %x : tensor<?x4xf32>
  %36 = rfx.cosh %x : tensor<?x4xf32>
  %37 = rfx.tanh %x : tensor<?x4xf32>
  %38 = rfx.asinh %x : tensor<?x4xf32>
  %39 = rfx.acosh %x : tensor<?x4xf32>
  %40 = rfx.atanh %x : tensor<?x4xf32>
  %41 = rfx.erf %x : tensor<?x4xf32>
  %erfc = rfx.erfc %x : tensor<?x4xf32>
  %gamma = rfx.gamma %x : tensor<?x4xf32>
  %lgamma = rfx.lgamma %x : tensor<?x4xf32>
  %digamma = rfx.digamma %x : tensor<?x4xf32>
  %sinpi = rfx.sinpi %x : tensor<?x4xf32>
  %cospi = rfx.cospi %x : tensor<?x4xf32>
  %42 = rfx.minimum %x, %y : tensor<?x4xf32>
  %43 = rfx.maximum %x, %y : tensor<?x4xf32>
  %44 = rfx.fmin %x, %y : tensor<?x4xf32>
  %45 = rfx.fmax %x, %y : tensor<?x4xf32>
  %46 = rfx.eq %x, %y : tensor<?x4xf32>
  %47 = rfx.ne %x, %y : tensor<?x4xf32>
  %48 = rfx.lt %x, %y : tensor<?x4xf32>
  %49 = rfx.le %x, %y : tensor<?x4xf32>
  %50 = rfx.gt %x, %y : tensor<?x4xf32>
  %51 = rfx.ge %x, %y : tensor<?x4xf32>
  %52 = rfx.isnan %x : tensor<?x4xf32>
  %53 = rfx.isinf %x : tensor<?x4xf32>
  %54 = rfx.isfinite %x : tensor<?x4xf32>
  %55 = rfx.signbit %x : tensor<?x4xf32>
  %56 = rfx.select %c, %x, %y : tensor<?x4xf32>
  func.return
}

// CHECK-LABEL: @elementwise_signed(
// CHECK-NEXT: %{{\w+}} = rfx.add %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.sub %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.mul %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.floor_div %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.rem %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.fmod %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.neg %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.abs %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.sign %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.square %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.pow %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.minimum %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.maximum %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.eq %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.ne %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.lt %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.le %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.gt %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.ge %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.and %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.or %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.xor %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.not %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.shl %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.shr %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.select %{{\w+}}, %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
func.func @elementwise_signed(%c: tensor<?x4xi1>, %x: tensor<?x4xi32>, %y: tensor<?x4xi32>, %z: tensor<?x4xi32>) {
  %0 = rfx.add %x, %y : tensor<?x4xi32>
  %1 = rfx.sub %x, %y : tensor<?x4xi32>
  %2 = rfx.mul %x, %y : tensor<?x4xi32>
  %3 = rfx.floor_div %x, %y : tensor<?x4xi32>
  %4 = rfx.rem %x, %y : tensor<?x4xi32>
  %5 = rfx.fmod %x, %y : tensor<?x4xi32>
  %6 = rfx.neg %x : tensor<?x4xi32>
  %7 = rfx.abs %x : tensor<?x4xi32>
  %8 = rfx.sign %x : tensor<?x4xi32>
  %9 = rfx.square %x : tensor<?x4xi32>
  %10 = rfx.pow %x, %y : tensor<?x4xi32>
  %11 = rfx.minimum %x, %y : tensor<?x4xi32>
  %12 = rfx.maximum %x, %y : tensor<?x4xi32>
  %13 = rfx.eq %x, %y : tensor<?x4xi32>
  %14 = rfx.ne %x, %y : tensor<?x4xi32>
  %15 = rfx.lt %x, %y : tensor<?x4xi32>
  %16 = rfx.le %x, %y : tensor<?x4xi32>
  %17 = rfx.gt %x, %y : tensor<?x4xi32>
  %18 = rfx.ge %x, %y : tensor<?x4xi32>
  %19 = rfx.and %x, %y : tensor<?x4xi32>
  %20 = rfx.or %x, %y : tensor<?x4xi32>
  %21 = rfx.xor %x, %y : tensor<?x4xi32>
  %22 = rfx.not %x : tensor<?x4xi32>
  %23 = rfx.shl %x, %y : tensor<?x4xi32>
  %24 = rfx.shr %x, %y : tensor<?x4xi32>
  %25 = rfx.select %c, %x, %y : tensor<?x4xi32>
  func.return
}

// CHECK-LABEL: @elementwise_unsigned(
// CHECK-NEXT: %{{\w+}} = rfx.add %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.sub %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.mul %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.floor_div %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.rem %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.fmod %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.neg %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.abs %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.sign %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.square %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.pow %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.minimum %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.maximum %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.eq %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.ne %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.lt %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.le %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.gt %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.ge %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.and %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.or %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.xor %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.not %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.shl %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.shr %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
// CHECK-NEXT: %{{\w+}} = rfx.select %{{\w+}}, %{{\w+}}, %{{\w+}} : tensor<?x4xui8>
func.func @elementwise_unsigned(%c: tensor<?x4xi1>, %x: tensor<?x4xui8>, %y: tensor<?x4xui8>, %z: tensor<?x4xui8>) {
  %0 = rfx.add %x, %y : tensor<?x4xui8>
  %1 = rfx.sub %x, %y : tensor<?x4xui8>
  %2 = rfx.mul %x, %y : tensor<?x4xui8>
  %3 = rfx.floor_div %x, %y : tensor<?x4xui8>
  %4 = rfx.rem %x, %y : tensor<?x4xui8>
  %5 = rfx.fmod %x, %y : tensor<?x4xui8>
  %6 = rfx.neg %x : tensor<?x4xui8>
  %7 = rfx.abs %x : tensor<?x4xui8>
  %8 = rfx.sign %x : tensor<?x4xui8>
  %9 = rfx.square %x : tensor<?x4xui8>
  %10 = rfx.pow %x, %y : tensor<?x4xui8>
  %11 = rfx.minimum %x, %y : tensor<?x4xui8>
  %12 = rfx.maximum %x, %y : tensor<?x4xui8>
  %13 = rfx.eq %x, %y : tensor<?x4xui8>
  %14 = rfx.ne %x, %y : tensor<?x4xui8>
  %15 = rfx.lt %x, %y : tensor<?x4xui8>
  %16 = rfx.le %x, %y : tensor<?x4xui8>
  %17 = rfx.gt %x, %y : tensor<?x4xui8>
  %18 = rfx.ge %x, %y : tensor<?x4xui8>
  %19 = rfx.and %x, %y : tensor<?x4xui8>
  %20 = rfx.or %x, %y : tensor<?x4xui8>
  %21 = rfx.xor %x, %y : tensor<?x4xui8>
  %22 = rfx.not %x : tensor<?x4xui8>
  %23 = rfx.shl %x, %y : tensor<?x4xui8>
  %24 = rfx.shr %x, %y : tensor<?x4xui8>
  %25 = rfx.select %c, %x, %y : tensor<?x4xui8>
  func.return
}

// CHECK-LABEL: @elementwise_bools(
// CHECK-NEXT: %{{\w+}} = rfx.minimum %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.maximum %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.eq %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.ne %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.lt %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.le %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.gt %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.ge %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.and %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.or %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.xor %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.not %{{\w+}} : tensor<?x4xi1>
// CHECK-NEXT: %{{\w+}} = rfx.select %{{\w+}}, %{{\w+}}, %{{\w+}} : tensor<?x4xi1>
func.func @elementwise_bools(%c: tensor<?x4xi1>, %x: tensor<?x4xi1>, %y: tensor<?x4xi1>, %z: tensor<?x4xi1>) {
  %0 = rfx.minimum %x, %y : tensor<?x4xi1>
  %1 = rfx.maximum %x, %y : tensor<?x4xi1>
  %2 = rfx.eq %x, %y : tensor<?x4xi1>
  %3 = rfx.ne %x, %y : tensor<?x4xi1>
  %4 = rfx.lt %x, %y : tensor<?x4xi1>
  %5 = rfx.le %x, %y : tensor<?x4xi1>
  %6 = rfx.gt %x, %y : tensor<?x4xi1>
  %7 = rfx.ge %x, %y : tensor<?x4xi1>
  %8 = rfx.and %x, %y : tensor<?x4xi1>
  %9 = rfx.or %x, %y : tensor<?x4xi1>
  %10 = rfx.xor %x, %y : tensor<?x4xi1>
  %11 = rfx.not %x : tensor<?x4xi1>
  %12 = rfx.select %c, %x, %y : tensor<?x4xi1>
  func.return
}

// CHECK-LABEL: @constants(
// CHECK-NEXT: %{{\w+}} = rfx.constant dense<[1.5, -0.0, 0.1]> : tensor<3xf64>
// CHECK-NEXT: %{{\w+}} = rfx.constant dense<["0x7ff0000000000000", "0xfff0000000000000", "0x7ff8000000000123"]> : tensor<3xf64>
// CHECK-NEXT: %{{\w+}} = rfx.constant dense<0.5> : tensor<1000x1000xf16>
// CHECK-NEXT: %{{\w+}} = rfx.constant dense<[true, false]> : tensor<2xi1>
// CHECK-NEXT: %{{\w+}} = rfx.constant dense<-128> : tensor<i8>
// CHECK-NEXT: %{{\w+}} = rfx.constant dense<18446744073709551615> : tensor<ui64>
// CHECK-NEXT: %{{\w+}} = rfx.constant dense<[]> : tensor<0xf32>
// CHECK-NEXT: %{{\w+}} = rfx.constant 2.5 : f32
// CHECK-NEXT: %{{\w+}} = rfx.constant "0x7fc00000" : f32
// CHECK-NEXT: %{{\w+}} = rfx.constant true : i1
// CHECK-NEXT: %{{\w+}} = rfx.constant 255 : ui8
func.func @constants() {
  %0 = rfx.constant dense<[1.5, -0.0, 0.1]> : tensor<3xf64>
  %1 = rfx.constant dense<["0x7ff0000000000000", "0xfff0000000000000", "0x7ff8000000000123"]> : tensor<3xf64>
  %2 = rfx.constant dense<0.5> : tensor<1000x1000xf16>
  %3 = rfx.constant dense<[true, false]> : tensor<2xi1>
  %4 = rfx.constant dense<-128> : tensor<i8>
  %5 = rfx.constant dense<18446744073709551615> : tensor<ui64>
  %6 = rfx.constant dense<[]> : tensor<0xf32>
  %7 = rfx.constant 2.5 : f32
  %8 = rfx.constant "0x7fc00000" : f32
  %9 = rfx.constant true : i1
  %10 = rfx.constant 255 : ui8
  func.return
}

// CHECK-LABEL: @creation(
// CHECK-NEXT: %{{\w+}} = rfx.full 1.000000e+00 : f32 [%{{\w+}}, 4] : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.full 7 : ui8 [2] : tensor<2xui8>
// CHECK-NEXT: %{{\w+}} = rfx.iota 1 [2, %{{\w+}}] : tensor<2x?xi64>
func.func @creation(%n: index) {
  %0 = rfx.full 1.000000e+00 : f32 [%n, 4] : tensor<?x4xf32>
  %1 = rfx.full 7 : ui8 [2] : tensor<2xui8>
  %2 = rfx.iota 1 [2, %n] : tensor<2x?xi64>
  func.return
}

// CHECK-LABEL: @data_movement(
// CHECK-NEXT: %{{\w+}} = rfx.convert %{{\w+}} : tensor<?x4xf32> to tensor<?x4xi8>
// CHECK-NEXT: %{{\w+}} = rfx.broadcast %{{\w+}} dims [1] [%{{\w+}}, 4] : tensor<4xf32> to tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.broadcast %{{\w+}} dims [] [2, 3] : tensor<f32> to tensor<2x3xf32>
// CHECK-NEXT: %{{\w+}} = rfx.reshape %{{\w+}} [2, %{{\w+}}] : tensor<?x4xf32> to tensor<2x?xf32>
// CHECK-NEXT: %{{\w+}} = rfx.transpose %{{\w+}} perm [1, 0] : tensor<?x4xf32> to tensor<4x?xf32>
// CHECK-NEXT: %{{\w+}} = rfx.slice %{{\w+}} starts [%{{\w+}}, 3] steps [2, -1] [%{{\w+}}, 4] : tensor<?x4xf32> to tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.concatenate %{{\w+}}, %{{\w+}} dim 0 : (tensor<4xf32>, tensor<4xf32>) to tensor<8xf32>
// CHECK-NEXT: %{{\w+}} = rfx.pad %{{\w+}}, %{{\w+}} low [1] high [2] : tensor<4xf32>, tensor<f32> to tensor<7xf32>
func.func @data_movement(%n: index, %i: index, %x: tensor<?x4xf32>, %v: tensor<f32>, %y: tensor<4xf32>) {
  %0 = rfx.convert %x : tensor<?x4xf32> to tensor<?x4xi8>
  %1 = rfx.broadcast %y dims [1] [%n, 4] : tensor<4xf32> to tensor<?x4xf32>
  %2 = rfx.broadcast %v dims [] [2, 3] : tensor<f32> to tensor<2x3xf32>
  %3 = rfx.reshape %x [2, %n] : tensor<?x4xf32> to tensor<2x?xf32>
  %4 = rfx.transpose %x perm [1, 0] : tensor<?x4xf32> to tensor<4x?xf32>
  %5 = rfx.slice %x starts [%i, 3] steps [2, -1] [%n, 4] : tensor<?x4xf32> to tensor<?x4xf32>
  %6 = rfx.concatenate %y, %y dim 0 : (tensor<4xf32>, tensor<4xf32>) to tensor<8xf32>
  %7 = rfx.pad %y, %v low [1] high [2] : tensor<4xf32>, tensor<f32> to tensor<7xf32>
  func.return
}

// CHECK-LABEL: @indexing(
// CHECK-NEXT: %{{\w+}} = rfx.gather %{{\w+}} at [0](%{{\w+}}) : tensor<8x4xf32>, (tensor<3xi64>) to tensor<3x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.gather %{{\w+}} at [0, 1](%{{\w+}}, %{{\w+}}) : tensor<8x4xf32>, (tensor<3xi64>, tensor<3xi64>) to tensor<3xf32>
// CHECK-NEXT: %{{\w+}} = rfx.scatter "add" %{{\w+}} at [0](%{{\w+}}) = %{{\w+}} : tensor<8x4xf32>, (tensor<3xi64>), tensor<3x4xf32> to tensor<8x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.dynamic_slice %{{\w+}} at(%{{\w+}}, %{{\w+}}) : tensor<8x4xf32>, (tensor<i64>, tensor<i64>) to tensor<2x2xf32>
// CHECK-NEXT: %{{\w+}} = rfx.dynamic_update_slice %{{\w+}}, %{{\w+}} at(%{{\w+}}, %{{\w+}}) : tensor<8x4xf32>, tensor<2x2xf32>, (tensor<i64>, tensor<i64>) to tensor<8x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.update_slice %{{\w+}}, %{{\w+}} starts [%{{\w+}}, 3] steps [2, -1] : tensor<8x4xf32>, tensor<2x2xf32> to tensor<8x4xf32>
func.func @indexing(%x: tensor<8x4xf32>, %i: tensor<3xi64>, %u: tensor<3x4xf32>, %j: tensor<i64>, %b: tensor<2x2xf32>, %k: index) {
  %0 = rfx.gather %x at [0](%i) : tensor<8x4xf32>, (tensor<3xi64>) to tensor<3x4xf32>
  %1 = rfx.gather %x at [0, 1](%i, %i) : tensor<8x4xf32>, (tensor<3xi64>, tensor<3xi64>) to tensor<3xf32>
  %2 = rfx.scatter "add" %x at [0](%i) = %u : tensor<8x4xf32>, (tensor<3xi64>), tensor<3x4xf32> to tensor<8x4xf32>
  %3 = rfx.dynamic_slice %x at(%j, %j) : tensor<8x4xf32>, (tensor<i64>, tensor<i64>) to tensor<2x2xf32>
  %4 = rfx.dynamic_update_slice %x, %b at(%j, %j) : tensor<8x4xf32>, tensor<2x2xf32>, (tensor<i64>, tensor<i64>) to tensor<8x4xf32>
  %5 = rfx.update_slice %x, %b starts [%k, 3] steps [2, -1] : tensor<8x4xf32>, tensor<2x2xf32> to tensor<8x4xf32>
  func.return
}

// CHECK-LABEL: @parts_of_numbers(
// CHECK-NEXT: %{{\w+}} = rfx.nextafter %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.ldexp %{{\w+}}, %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.fraction %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.exponent %{{\w+}} : tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.gcd %{{\w+}}, %{{\w+}} : tensor<?x4xi32>
// CHECK-NEXT: %{{\w+}} = rfx.gcd %{{\w+}}, %{{\w+}} : tensor<4xui8>
func.func @parts_of_numbers(%x: tensor<?x4xf32>, %i: tensor<?x4xi32>, %u: tensor<4xui8>) {
  %0 = rfx.nextafter %x, %x : tensor<?x4xf32>
  %1 = rfx.ldexp %x, %x : tensor<?x4xf32>
  %2 = rfx.fraction %x : tensor<?x4xf32>
  %3 = rfx.exponent %x : tensor<?x4xf32>
  %4 = rfx.gcd %i, %i : tensor<?x4xi32>
  %5 = rfx.gcd %u, %u : tensor<4xui8>
  func.return
}

// CHECK-LABEL: @running_results(
// CHECK-NEXT: %{{\w+}} = rfx.scan "add" %{{\w+}} dim 1 : tensor<?x4xf32> to tensor<?x4xf32>
// CHECK-NEXT: %{{\w+}} = rfx.scan "maximum" %{{\w+}} dim 0 : tensor<?xui8> to tensor<?xui8>
func.func @running_results(%x: tensor<?x4xf32>, %y: tensor<?xui8>) {
  %0 = rfx.scan "add" %x dim 1 : tensor<?x4xf32> to tensor<?x4xf32>
  %1 = rfx.scan "maximum" %y dim 0 : tensor<?xui8> to tensor<?xui8>
  func.return
}

// CHECK-LABEL: @contractions_and_reductions(
// CHECK-NEXT: %{{\w+}} = rfx.dot_general %{{\w+}}, %{{\w+}} batch [0] [0] contract [2] [1] : tensor<5x2x3xf32>, tensor<5x3x?xf32> to tensor<5x2x?xf32>
// CHECK-NEXT: %{{\w+}} = rfx.reduce "add" %{{\w+}} dims [0, 2] : tensor<5x3x?xf32> to tensor<3xf32>
// CHECK-NEXT: %{{\w+}} = rfx.reduce "argmax" %{{\w+}} dims [1] : tensor<5x3x?xf32> to tensor<5x?xi64>
func.func @contractions_and_reductions(%a: tensor<5x2x3xf32>, %b: tensor<5x3x?xf32>) {
  %0 = rfx.dot_general %a, %b batch [0] [0] contract [2] [1] : tensor<5x2x3xf32>, tensor<5x3x?xf32> to tensor<5x2x?xf32>
  %1 = rfx.reduce "add" %b dims [0, 2] : tensor<5x3x?xf32> to tensor<3xf32>
  %2 = rfx.reduce "argmax" %b dims [1] : tensor<5x3x?xf32> to tensor<5x?xi64>
  func.return
}

// CHECK-LABEL: @correlations(
// CHECK-NEXT: %{{\w+}} = rfx.correlate %{{\w+}}, %{{\w+}} starts [-2] [6] : tensor<4xf32>, tensor<3xf32> to tensor<6xf32>
// CHECK-NEXT: %{{\w+}} = rfx.correlate %{{\w+}}, %{{\w+}} starts [%{{\w+}}] [%{{\w+}}] : tensor<?xi8>, tensor<?xi8> to tensor<?xi8>
func.func @correlations(%a: tensor<4xf32>, %v: tensor<3xf32>, %b: tensor<?xi8>, %w: tensor<?xi8>, %i: index, %n: index) {
  %0 = rfx.correlate %a, %v starts [-2] [6] : tensor<4xf32>, tensor<3xf32> to tensor<6xf32>
  %1 = rfx.correlate %b, %w starts [%i] [%n] : tensor<?xi8>, tensor<?xi8> to tensor<?xi8>
  func.return
}

// CHECK-LABEL: @effects(
// CHECK-NEXT: rfx.require %{{\w+}} 3 : tensor<i1>
func.func @effects(%ok: tensor<i1>) {
  rfx.require %ok 3 : tensor<i1>
  func.return
}

// CHECK-LABEL: @maps(
// CHECK-NEXT: %{{\w+}}, %{{\w+}} = rfx.map [%{{\w+}}, 4] (%{{\w+}} = %{{\w+}} [0, 1] : tensor<?x4xf32>, %{{\w+}} = %{{\w+}} [1] : tensor<4xf32>) -> ([0, 1] : tensor<?x4xf32>, [1, 0] : tensor<4x?xi64>) {
// CHECK-NEXT: %{{\w+}} = rfx.index 0
// CHECK-NEXT: %{{\w+}} = rfx.dim 1
// CHECK-NEXT: %{{\w+}} = rfx.convert %{{\w+}} : index to i64
// CHECK-NEXT: %{{\w+}} = rfx.hypot %{{\w+}}, %{{\w+}} : f32
// CHECK-NEXT: %{{\w+}} = rfx.lt %{{\w+}}, %{{\w+}} : f32
// CHECK-NEXT: %{{\w+}} = rfx.select %{{\w+}}, %{{\w+}}, %{{\w+}} : f32
// CHECK-NEXT: rfx.yield %{{\w+}}, %{{\w+}} : f32, i64
// CHECK-NEXT: }
// CHECK-NEXT: %{{\w+}} = rfx.map_reduce [%{{\w+}}, 4] (%{{\w+}} = %{{\w+}} [0, 1] : tensor<?x4xf32>) -> ("add" [1] : tensor<4xf32>) {
// CHECK-NEXT: rfx.yield %{{\w+}} : f32
// CHECK-NEXT: }
func.func @maps(%n: index, %x: tensor<?x4xf32>, %y: tensor<4xf32>) {
  %0, %1 = rfx.map [%n, 4] (%a = %x [0, 1] : tensor<?x4xf32>, %b = %y [1] : tensor<4xf32>) -> ([0, 1] : tensor<?x4xf32>, [1, 0] : tensor<4x?xi64>) {
    %i = rfx.index 0
    %d = rfx.dim 1
    %j = rfx.convert %i : index to i64
    %c = rfx.hypot %a, %b : f32
    %l = rfx.lt %a, %b : f32
    %s = rfx.select %l, %c, %a : f32
    rfx.yield %s, %j : f32, i64
  }
  %2 = rfx.map_reduce [%n, 4] (%e = %x [0, 1] : tensor<?x4xf32>) -> ("add" [1] : tensor<4xf32>) {
    rfx.yield %e : f32
  }
  func.return
}
