// RUN: rfx-opt -p cse %s | filecheck %s

// CHECK-LABEL: @same
// CHECK-NEXT: %[[S:.*]] = rfx.sin
// CHECK-NEXT: rfx.add %[[S]], %[[S]]
func.func @same(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.sin %x : tensor<4xf32>
  %1 = rfx.sin %x : tensor<4xf32>
  %2 = rfx.add %0, %1 : tensor<4xf32>
  func.return %2 : tensor<4xf32>
}

// CHECK-LABEL: @other_class
// CHECK-NEXT: rfx.sin
// CHECK-NEXT: rfx.cos
func.func @other_class(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = rfx.sin %x : tensor<4xf32>
  %1 = rfx.cos %x : tensor<4xf32>
  func.return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @other_operand
// CHECK-NEXT: rfx.sin
// CHECK-NEXT: rfx.sin
func.func @other_operand(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = rfx.sin %x : tensor<4xf32>
  %1 = rfx.sin %y : tensor<4xf32>
  func.return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @other_property
// CHECK-NEXT: rfx.reduce "add"
// CHECK-NEXT: rfx.reduce "mul"
func.func @other_property(%x: tensor<4xf32>) -> (tensor<f32>, tensor<f32>) {
  %0 = rfx.reduce "add" %x dims [0] : tensor<4xf32> to tensor<f32>
  %1 = rfx.reduce "mul" %x dims [0] : tensor<4xf32> to tensor<f32>
  func.return %0, %1 : tensor<f32>, tensor<f32>
}

// CHECK-LABEL: @other_type
// CHECK-NEXT: rfx.convert
// CHECK-NEXT: rfx.convert
func.func @other_type(%x: tensor<4xf32>) -> (tensor<4xf64>, tensor<4xf16>) {
  %0 = rfx.convert %x : tensor<4xf32> to tensor<4xf64>
  %1 = rfx.convert %x : tensor<4xf32> to tensor<4xf16>
  func.return %0, %1 : tensor<4xf64>, tensor<4xf16>
}

// CHECK-LABEL: @zeros_and_nans_by_their_bits
// CHECK-NEXT: dense<0.0>
// CHECK-NEXT: dense<-0.0>
// CHECK-NEXT: dense<"0x7fc00000">
// CHECK-NEXT: dense<"0x7fc00001">
// CHECK-NEXT: rfx.full 0.0
// CHECK-NEXT: rfx.full -0.0
// CHECK-NEXT: func.return
func.func @zeros_and_nans_by_their_bits() -> (tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<2xf32>, tensor<2xf32>) {
  %0 = rfx.constant dense<0.0> : tensor<f32>
  %1 = rfx.constant dense<-0.0> : tensor<f32>
  %2 = rfx.constant dense<"0x7fc00000"> : tensor<f32>
  %3 = rfx.constant dense<"0x7fc00001"> : tensor<f32>
  %4 = rfx.constant dense<0.0> : tensor<f32>
  %5 = rfx.full 0.0 : f32 [2] : tensor<2xf32>
  %6 = rfx.full -0.0 : f32 [2] : tensor<2xf32>
  func.return %0, %1, %2, %3, %4, %5, %6 : tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<2xf32>, tensor<2xf32>
}

// CHECK-LABEL: @inner_sees_outer
// CHECK-NEXT: %[[S:.*]] = rfx.sin
// CHECK-NEXT: scf.if
// CHECK-NEXT: scf.yield %[[S]]
func.func @inner_sees_outer(%c: i1, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = rfx.sin %x : tensor<4xf32>
  %1 = scf.if %c -> (tensor<4xf32>) {
    %2 = rfx.sin %x : tensor<4xf32>
    scf.yield %2 : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  func.return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @siblings_do_not_see_each_other
// CHECK: rfx.sin
// CHECK: else
// CHECK-NEXT: rfx.sin
// CHECK: rfx.sin
func.func @siblings_do_not_see_each_other(%c: i1, %x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %1 = scf.if %c -> (tensor<4xf32>) {
    %2 = rfx.sin %x : tensor<4xf32>
    scf.yield %2 : tensor<4xf32>
  } else {
    %3 = rfx.sin %x : tensor<4xf32>
    scf.yield %3 : tensor<4xf32>
  }
  %4 = rfx.sin %x : tensor<4xf32>
  func.return %1, %4 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @inside_a_map
// CHECK: rfx.sin
// CHECK-NEXT: rfx.add
func.func @inside_a_map(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %b = rfx.sin %a : f32
    %c = rfx.sin %a : f32
    %d = rfx.add %b, %c : f32
    rfx.yield %d : f32
  }
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @two_maps_share_no_constant
// CHECK: rfx.constant 2.0
// CHECK: rfx.constant 2.0
func.func @two_maps_share_no_constant(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %b = rfx.constant 2.0 : f32
    rfx.yield %b : f32
  }
  %1 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %b = rfx.constant 2.0 : f32
    rfx.yield %b : f32
  }
  func.return %0, %1 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: @effects_stay
// CHECK-NEXT: memref.load
// CHECK-NEXT: memref.store
// CHECK-NEXT: memref.load
func.func @effects_stay(%m: memref<f32>, %x: f32) -> (f32, f32) {
  %0 = memref.load %m[] : memref<f32>
  memref.store %x, %m[] : memref<f32>
  %1 = memref.load %m[] : memref<f32>
  func.return %0, %1 : f32, f32
}
