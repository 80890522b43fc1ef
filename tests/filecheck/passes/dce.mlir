// RUN: rfx-opt -p dce %s | filecheck %s

// CHECK-LABEL: @chain_goes_at_once
// CHECK-NEXT: func.return
func.func @chain_goes_at_once(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.sin %x : tensor<4xf32>
  %1 = rfx.add %0, %0 : tensor<4xf32>
  func.return %x : tensor<4xf32>
}

// CHECK-LABEL: @used_stays
// CHECK-NEXT: rfx.sin
func.func @used_stays(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.sin %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @require_stays
// CHECK-NEXT: rfx.require %{{.*}} 1
func.func @require_stays(%ok: tensor<i1>) {
  rfx.require %ok 1 : tensor<i1>
  func.return
}

// CHECK-LABEL: @store_stays
// CHECK-NEXT: memref.store
func.func @store_stays(%m: memref<f32>, %x: f32) {
  memref.store %x, %m[] : memref<f32>
  func.return
}

// CHECK-LABEL: @if_goes
// CHECK-NEXT: func.return
func.func @if_goes(%c: i1, %x: tensor<4xf32>) {
  %0 = scf.if %c -> (tensor<4xf32>) {
    %1 = rfx.sin %x : tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  func.return
}

// CHECK-LABEL: @if_with_require_stays
// CHECK: scf.if
// CHECK-NEXT: rfx.require
func.func @if_with_require_stays(%c: i1, %ok: tensor<i1>) {
  scf.if %c {
    rfx.require %ok 1 : tensor<i1>
  }
  func.return
}

// A loop without an end must not become a program that ends.
// CHECK-LABEL: @while_stays
// CHECK: scf.while
func.func @while_stays(%c: i1) {
  %0 = scf.while (%a = %c) : (i1) -> i1 {
    scf.condition(%a) %a : i1
  } do {
  ^bb0(%b: i1):
    scf.yield %b : i1
  }
  func.return
}

// CHECK-LABEL: @map_loses_result_and_input
// CHECK-NEXT: rfx.map [4] (%{{.*}} = %{{.*}} [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
// CHECK-NEXT: rfx.sin
// CHECK-NEXT: rfx.yield %{{.*}} : f32
func.func @map_loses_result_and_input(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0, %1 = rfx.map [4] (%a = %x [0] : tensor<4xf32>, %b = %y [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>, [0] : tensor<4xf32>) {
    %c = rfx.sin %a : f32
    %d = rfx.cos %b : f32
    rfx.yield %c, %d : f32, f32
  }
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @map_reduce_loses_result
// CHECK-NEXT: rfx.map_reduce [4] (%{{.*}} = %{{.*}} [0] : tensor<4xf32>) -> ("add" [] : tensor<f32>) {
func.func @map_reduce_loses_result(%x: tensor<4xf32>) -> tensor<f32> {
  %0, %1 = rfx.map_reduce [4] (%a = %x [0] : tensor<4xf32>) -> ("maximum" [] : tensor<f32>, "add" [] : tensor<f32>) {
    rfx.yield %a, %a : f32, f32
  }
  func.return %1 : tensor<f32>
}
