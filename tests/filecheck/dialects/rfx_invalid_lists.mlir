// RUN: rfx-opt --verify-diagnostics --split-input-file %s | filecheck %s

// Lists of the wrong length, most of which only the generic form can write.

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.full"() <{value = 1.0 : f32, static_sizes = array<i64: 3>}> : () -> tensor<4xf32>
  func.return
}
// CHECK: sizes [3] do not give tensor<4xf32>

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.full"() <{value = 1.0 : f32, static_sizes = array<i64: -9223372036854775808>}> : () -> tensor<?xf32>
  func.return
}
// CHECK: expected 1 dynamic sizes for tensor<?xf32>, got 0

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.slice"(%x) <{static_starts = array<i64: 0>, steps = array<i64: 1>, static_sizes = array<i64: 4, 1>, operandSegmentSizes = array<i32: 1, 0, 0>}> : (tensor<4xf32>) -> tensor<4x1xf32>
  func.return
}
// CHECK: tensor<4x1xf32> must have rank 1

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.slice"(%x) <{static_starts = array<i64: -9223372036854775808>, steps = array<i64: 1>, static_sizes = array<i64: 2>, operandSegmentSizes = array<i32: 1, 0, 0>}> : (tensor<4xf32>) -> tensor<2xf32>
  func.return
}
// CHECK: expected 1 dynamic starts, got 0

// -----

func.func @f() {
  %0 = "rfx.concatenate"() <{dim = 0 : i64}> : () -> tensor<4xf32>
  func.return
}
// CHECK: expected at least one input

// -----

func.func @f(%x: tensor<4xf32>, %v: tensor<f32>) {
  %0 = rfx.pad %x, %v low [1, 1] high [1] : tensor<4xf32>, tensor<f32> to tensor<6xf32>
  func.return
}
// CHECK: expected 1 amounts of padding and as many dims

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.gather"(%x) <{dims = array<i64>}> : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: expected at least one index

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<2xi64>) {
  %0 = rfx.gather %x at [0, 1](%i) : tensor<4xf32>, (tensor<2xi64>) to tensor<2xf32>
  func.return
}
// CHECK: expected 2 indices, got 1

// -----

func.func @f(%x: tensor<4xf32>, %i: tensor<i64>) {
  %0 = rfx.dynamic_slice %x at (%i, %i) : tensor<4xf32>, (tensor<i64>, tensor<i64>) to tensor<2xf32>
  func.return
}
// CHECK: expected 1 starts and dims, got 2 and 1

// -----

func.func @f(%x: tensor<4x3xf32>) {
  %0 = rfx.dot_general %x, %x batch [0] [] contract [1] [1] : tensor<4x3xf32>, tensor<4x3xf32> to tensor<4x3xf32>
  func.return
}
// CHECK: batch lists differ in length: (0,), ()

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.map"(%x) <{static_sizes = array<i64: -9223372036854775808>, input_maps = [array<i64: 0>], result_maps = [array<i64: 0>], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f32):
    "rfx.yield"(%a) : (f32) -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: expected 1 dynamic sizes, got 0

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.map"(%x) <{static_sizes = array<i64: 4>, input_maps = [], result_maps = [array<i64: 0>], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f32):
    "rfx.yield"(%a) : (f32) -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: expected 1 input maps, got 0

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.map"(%x) <{static_sizes = array<i64: 4>, input_maps = [array<i64: 0>], result_maps = [], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f32):
    "rfx.yield"(%a) : (f32) -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: expected 1 result maps

// -----

func.func @f(%x: tensor<4x4xf32>) {
  %0 = "rfx.map"(%x) <{static_sizes = array<i64: 4>, input_maps = [array<i64: 0, 0>], result_maps = [array<i64: 0>], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f32):
    "rfx.yield"(%a) : (f32) -> ()
  }) : (tensor<4x4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: input 0: map [0, 0] repeats a loop

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.map"(%x) <{static_sizes = array<i64: 4>, input_maps = [array<i64: 0>], result_maps = [array<i64: 0>], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f64):
    "rfx.yield"(%a) : (f64) -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: the region must have arguments f32

// -----

func.func @f(%x: tensor<4xf32>) {
  %0 = "rfx.map"(%x) <{static_sizes = array<i64: 4>, input_maps = [array<i64: 0>], result_maps = [array<i64: 0>], operandSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%a: f32):
    "llvm.unreachable"() : () -> ()
  }) : (tensor<4xf32>) -> tensor<4xf32>
  func.return
}
// CHECK: the region must end in rfx.yield

// -----

func.func @f(%c: tensor<i1>) {
  "rfx.require"(%c) <{code = 1 : i64}> : (tensor<i1>) -> ()
  func.return
}
// CHECK: Expected attribute i32 but got i64
