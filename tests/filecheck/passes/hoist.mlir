// RUN: rfx-opt -p hoist --split-input-file %s | filecheck %s

// What depends on nothing of a loop is computed in front of it, ...

func.func @invariant(%x: tensor<8xf32>, %y: tensor<8xf32>, %n: index) -> tensor<8xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = scf.for %i = %zero to %n step %one iter_args(%a = %x) -> (tensor<8xf32>) {
    %b = rfx.exp %y : tensor<8xf32>
    %c = rfx.neg %b : tensor<8xf32>
    %d = rfx.mul %a, %c : tensor<8xf32>
    scf.yield %d : tensor<8xf32>
  }
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: @invariant
// CHECK:         %b = rfx.exp %y
// CHECK-NEXT:    %c = rfx.neg %b
// CHECK-NEXT:    %r = scf.for
// CHECK-NEXT:      rfx.mul %a, %c

// -----

// ... in front of all loops that it depends on nothing of, ...

func.func @nested(%x: tensor<f32>, %y: tensor<f32>, %n: index) -> tensor<f32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = scf.for %i = %zero to %n step %one iter_args(%a = %x) -> (tensor<f32>) {
    %s = scf.for %j = %zero to %n step %one iter_args(%b = %a) -> (tensor<f32>) {
      %c = rfx.exp %y : tensor<f32>
      %d = rfx.exp %a : tensor<f32>
      %e = rfx.mul %c, %d : tensor<f32>
      %f = rfx.add %b, %e : tensor<f32>
      scf.yield %f : tensor<f32>
    }
    scf.yield %s : tensor<f32>
  }
  func.return %r : tensor<f32>
}
// CHECK-LABEL: @nested
// CHECK:         %c = rfx.exp %y
// CHECK-NEXT:    %r = scf.for
// CHECK-NEXT:      %d = rfx.exp %a
// CHECK-NEXT:      %e = rfx.mul %c, %d
// CHECK-NEXT:      %s = scf.for
// CHECK-NEXT:        rfx.add

// -----

// ... and of both regions of a while.

func.func @while(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> {
  %r = scf.while (%a = %x) : (tensor<f32>) -> tensor<f32> {
    %b = rfx.exp %y : tensor<f32>
    %c = rfx.lt %a, %b : tensor<f32>
    %p = tensor.extract %c[] : tensor<i1>
    scf.condition(%p) %a : tensor<f32>
  } do {
  ^bb0(%a: tensor<f32>):
    %d = rfx.neg %y : tensor<f32>
    %e = rfx.mul %a, %d : tensor<f32>
    scf.yield %e : tensor<f32>
  }
  func.return %r : tensor<f32>
}
// CHECK-LABEL: @while
// CHECK-NEXT:    %b = rfx.exp %y
// CHECK-NEXT:    %d = rfx.neg %y
// CHECK-NEXT:    %r = scf.while
// CHECK-NEXT:      rfx.lt

// -----

// What a branch computes stays there: it may not be taken.

func.func @branch(%x: tensor<f32>, %y: tensor<f32>, %p: i1, %n: index) -> tensor<f32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = scf.for %i = %zero to %n step %one iter_args(%a = %x) -> (tensor<f32>) {
    %s = scf.if %p -> (tensor<f32>) {
      %b = rfx.exp %y : tensor<f32>
      scf.yield %b : tensor<f32>
    } else {
      scf.yield %a : tensor<f32>
    }
    scf.yield %s : tensor<f32>
  }
  func.return %r : tensor<f32>
}
// CHECK-LABEL: @branch
// CHECK:         scf.for
// CHECK-NEXT:      scf.if
// CHECK-NEXT:        rfx.exp

// -----

// What reads at places that only the loop knows to be there stays, and so does what can
// fail: the loop may not run.

func.func @places(%x: tensor<?xf32>, %k: tensor<i64>, %ok: tensor<i1>) -> tensor<f32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %n = tensor.dim %x, %zero : tensor<?xf32>
  %start = rfx.constant dense<0.0> : tensor<f32>
  %r = scf.for %i = %zero to %n step %one iter_args(%a = %start) -> (tensor<f32>) {
    rfx.require %ok 1 : tensor<i1>
    %b = rfx.gather %x at [0](%k) : tensor<?xf32>, (tensor<i64>) to tensor<f32>
    %m = rfx.reduce "argmax" %x dims [0] : tensor<?xf32> to tensor<i64>
    %f = rfx.convert %m : tensor<i64> to tensor<f32>
    %c = rfx.add %a, %b : tensor<f32>
    %d = rfx.add %c, %f : tensor<f32>
    scf.yield %d : tensor<f32>
  }
  func.return %r : tensor<f32>
}
// CHECK-LABEL: @places
// CHECK:         scf.for
// CHECK-NEXT:      rfx.require
// CHECK-NEXT:      rfx.gather
// CHECK-NEXT:      rfx.reduce "argmax"
// CHECK-NEXT:      rfx.convert

// -----

// The regions of maps are left as they are.

func.func @map(%x: tensor<8xf32>) -> tensor<8xf32> {
  %0 = rfx.map [8] (%a = %x [0] : tensor<8xf32>) -> ([0] : tensor<8xf32>) {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %five = arith.constant 5 : index
    %r = scf.for %i = %zero to %five step %one iter_args(%s = %a) -> (f32) {
      %b = rfx.exp %a : f32
      %c = rfx.mul %s, %b : f32
      scf.yield %c : f32
    }
    rfx.yield %r : f32
  }
  func.return %0 : tensor<8xf32>
}
// CHECK-LABEL: @map
// CHECK:         scf.for
// CHECK-NEXT:      rfx.exp
