// RUN: rfx-opt -p fuse --split-input-file %s | filecheck %s

// A value with two readers is computed once, in the nest of both.

func.func @twice(%x: tensor<8xf32>) -> (tensor<8xf32>, tensor<8xf32>) {
  %e = rfx.exp %x : tensor<8xf32>
  %a = rfx.add %e, %x : tensor<8xf32>
  %b = rfx.mul %e, %x : tensor<8xf32>
  func.return %a, %b : tensor<8xf32>, tensor<8xf32>
}
// CHECK-LABEL: @twice
// CHECK:         %[[A:.*]], %[[B:.*]] = rfx.map [8]
// CHECK:           rfx.exp
// CHECK-NOT:       rfx.exp
// CHECK:         func.return %[[A]], %[[B]]

// -----

// Operands the other way round make no difference to what is fused.

func.func @swapped(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %a = rfx.sub %y, %x : tensor<8xf32>
  %b = rfx.mul %x, %a : tensor<8xf32>
  %c = rfx.mul %a, %b : tensor<8xf32>
  func.return %c : tensor<8xf32>
}
// CHECK-LABEL: @swapped
// CHECK:         rfx.map [8]
// CHECK:           rfx.sub
// CHECK:           rfx.mul
// CHECK:           rfx.mul
// CHECK-NOT:     rfx.map

// -----

// A broadcast with readers in two nests is an indexing map of each, never in memory.

func.func @broadcasts(%x: tensor<4x8xf32>, %g: tensor<8xf32>) -> (tensor<4xf32>, tensor<4x8xf32>) {
  %b = rfx.broadcast %g dims [1] [4, 8] : tensor<8xf32> to tensor<4x8xf32>
  %p = rfx.mul %x, %b : tensor<4x8xf32>
  %s = rfx.reduce "add" %p dims [1] : tensor<4x8xf32> to tensor<4xf32>
  %t = rfx.broadcast %s dims [0] [4, 8] : tensor<4xf32> to tensor<4x8xf32>
  %q = rfx.add %t, %b : tensor<4x8xf32>
  func.return %s, %q : tensor<4xf32>, tensor<4x8xf32>
}
// CHECK-LABEL: @broadcasts
// CHECK:         rfx.map_reduce [4, 8] ({{.*}} = %g [1] : tensor<8xf32>
// CHECK:         rfx.map [4, 8] ({{.*}}%{{.*}} = %g [1] : tensor<8xf32>
// CHECK-NOT:     rfx.broadcast
