// RUN: rfx-opt --verify-diagnostics --split-input-file %s | filecheck %s

// Malformed loop nests, in the generic form: the custom one cannot say them.

func.func @f(%x: tensor<4xf32>, %y: tensor<4x4xf32>) {
  %r = "rfx.map"(%x) <{static_sizes = array<i64: -9223372036854775808>, input_maps = [array<i64: 0>], result_maps = [array<i64: 0>], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f32):
    "rfx.yield"(%a) : (f32) -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: expected 1 dynamic sizes, got 0

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<4x4xf32>) {
  %r = "rfx.map"(%x) <{static_sizes = array<i64: 4>, input_maps = [], result_maps = [array<i64: 0>], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f32):
    "rfx.yield"(%a) : (f32) -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: expected 1 input maps, got 0

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<4x4xf32>) {
  %r = "rfx.map"(%x) <{static_sizes = array<i64: 4>, input_maps = [array<i64: 0>], result_maps = [], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f32):
    "rfx.yield"(%a) : (f32) -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: expected 1 result maps

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<4x4xf32>) {
  %r = "rfx.map"(%x) <{static_sizes = array<i64: 4>, input_maps = [array<i64: 0>], result_maps = [array<i64: 0>], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f64):
    "rfx.yield"(%a) : (f64) -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: the region must have arguments f32

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<4x4xf32>) {
  %r = "rfx.map"(%x) <{static_sizes = array<i64: 4>, input_maps = [array<i64: 0>], result_maps = [array<i64: 0>], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f32):
    "llvm.unreachable"() : () -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: the region must end in rfx.yield

// -----

func.func @f(%x: tensor<4xf32>, %y: tensor<4x4xf32>) {
  %r = "rfx.map"(%y) <{static_sizes = array<i64: 4>, input_maps = [array<i64: 0, 0>], result_maps = [array<i64: 0>], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f32):
    "rfx.yield"(%a) : (f32) -> ()
  }) : (tensor<4x4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: input 0: map [0, 0] repeats a loop
