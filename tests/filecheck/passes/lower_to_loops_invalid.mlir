// RUN: rfx-opt -p lower-to-loops --verify-diagnostics --split-input-file %s | filecheck %s

// What fuse has to turn into a map first.

func.func @unfused(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.neg %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}
// CHECK: rfx.neg: cannot be lowered to loops

// -----

func.func @two_ways(%x: tensor<4x4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a, %b = rfx.map_reduce [4, 4] (%0 = %x [0, 1] : tensor<4x4xf32>) -> ("add" [0] : tensor<4xf32>, "add" [1] : tensor<4xf32>) {
    rfx.yield %0, %0 : f32, f32
  }
  func.return %a, %b : tensor<4xf32>, tensor<4xf32>
}
// CHECK: results reduce different loops

// -----

func.func @with_others(%x: tensor<4xf32>) -> (tensor<i64>, tensor<f32>) {
  %a, %b = rfx.map_reduce [4] (%0 = %x [0] : tensor<4xf32>) -> ("argmax" [] : tensor<i64>, "add" [] : tensor<f32>) {
    rfx.yield %0, %0 : f32, f32
  }
  func.return %a, %b : tensor<i64>, tensor<f32>
}
// CHECK: argmax and argmin stand alone

// -----

func.func @tensor_in_a_region(%x: tensor<4xf32>) -> tensor<4xf32> {
  %r = rfx.map [4] (%0 = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %1 = rfx.full 1.0 : f32 [4] : tensor<4xf32>
    rfx.yield %0 : f32
  }
  func.return %r : tensor<4xf32>
}
// CHECK: rfx.full: cannot be lowered inside a loop nest

// -----

func.func @unknown_size(%n: tensor<i64>) -> tensor<?xf32> {
  %e = tensor.extract %n[] : tensor<i64>
  %size = arith.index_cast %e : i64 to index
  %0 = rfx.map [%size] () -> ([0] : tensor<?xf32>) {
    %one = rfx.constant 1.0 : f32
    rfx.yield %one : f32
  }
  func.return %0 : tensor<?xf32>
}
// CHECK: arith.index_cast: a size depends on a value that is computed

// -----

func.func @element_of_an_array(%x: tensor<4xi1>) -> tensor<i1> {
  %c0 = arith.constant 0 : index
  %e = tensor.extract %x[%c0] : tensor<4xi1>
  %t = tensor.from_elements %e : tensor<i1>
  func.return %t : tensor<i1>
}
// CHECK: tensor.extract: cannot be lowered to loops
