// RUN: rfx-opt -p canonicalize --split-input-file %s | filecheck %s

// A branch that is known is its side, ...

func.func @known(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %c = rfx.constant true : i1
    %1 = scf.if %c -> (f32) {
      %2 = rfx.sin %a : f32
      scf.yield %2 : f32
    } else {
      scf.yield %a : f32
    }
    rfx.yield %1 : f32
  }
  func.return %0 : tensor<4xf32>
}
// CHECK-LABEL: @known
// CHECK:         %[[S:.*]] = rfx.sin
// CHECK-NOT:     scf.if
// CHECK:         rfx.yield %[[S]]

// -----

// ... and one that computes nothing is a select, also through a select of the same
// condition, ...

func.func @select(%x: tensor<4xf32>, %y: tensor<4xi1>) -> tensor<4xf32> {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>, %c = %y [0] : tensor<4xi1>) -> ([0] : tensor<4xf32>) {
    %1 = scf.if %c -> (f32) {
      scf.yield %a : f32
    } else {
      %z = rfx.constant 0.0 : f32
      scf.yield %z : f32
    }
    %o = rfx.constant 1.0 : f32
    %2 = rfx.select %c, %1, %o : f32
    rfx.yield %2 : f32
  }
  func.return %0 : tensor<4xf32>
}
// CHECK-LABEL: @select
// CHECK:         (%[[A:.*]] = %x [0] : tensor<4xf32>, %[[C:.*]] = %y [0]
// CHECK:         %[[ONE:.*]] = rfx.constant 1.0
// CHECK-NEXT:    %[[R:.*]] = rfx.select %[[C]], %[[A]], %[[ONE]]
// CHECK-NEXT:    rfx.yield %[[R]]

// -----

// ... but not one that has work to do, and not of tensors, whose select costs a pass.

func.func @work(%x: tensor<4xf32>, %y: tensor<4xi1>) -> tensor<4xf32> {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>, %c = %y [0] : tensor<4xi1>) -> ([0] : tensor<4xf32>) {
    %1 = scf.if %c -> (f32) {
      %2 = rfx.sin %a : f32
      scf.yield %2 : f32
    } else {
      scf.yield %a : f32
    }
    rfx.yield %1 : f32
  }
  func.return %0 : tensor<4xf32>
}
// CHECK-LABEL: @work
// CHECK:         scf.if

// -----

func.func @tensors(%x: tensor<4xf32>, %y: tensor<4xf32>, %c: i1) -> tensor<4xf32> {
  %1 = scf.if %c -> (tensor<4xf32>) {
    scf.yield %x : tensor<4xf32>
  } else {
    scf.yield %y : tensor<4xf32>
  }
  func.return %1 : tensor<4xf32>
}
// CHECK-LABEL: @tensors
// CHECK:         scf.if

// -----

// Results that nobody reads, or that are the same, are dropped.

func.func @results(%x: tensor<4xf32>, %y: tensor<4xi1>) -> tensor<4xf32> {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>, %c = %y [0] : tensor<4xi1>) -> ([0] : tensor<4xf32>) {
    %1:3 = scf.if %c -> (f32, f32, f32) {
      %2 = rfx.sin %a : f32
      %3 = rfx.cos %a : f32
      scf.yield %2, %3, %2 : f32, f32, f32
    } else {
      scf.yield %a, %a, %a : f32, f32, f32
    }
    %4 = rfx.add %1#0, %1#2 : f32
    rfx.yield %4 : f32
  }
  func.return %0 : tensor<4xf32>
}
// CHECK-LABEL: @results
// CHECK:         %[[R:.*]] = scf.if %{{.*}} -> (f32) {
// CHECK-NOT:     rfx.cos
// CHECK:         rfx.add %[[R]], %[[R]]

// -----

// A loop does not carry what it never changes, nor for nobody; it carries what another
// value needs.

func.func @counted(%x: tensor<4xf32>, %n: index) -> tensor<4xf32> {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c9 = arith.constant 9 : index
    %1:4 = scf.for %i = %c0 to %c9 step %c1 iter_args(%p = %a, %q = %a, %r = %a, %s = %a) -> (f32, f32, f32, f32) {
      %2 = rfx.add %p, %q : f32
      %3 = rfx.sin %r : f32
      scf.yield %2, %q, %3, %p : f32, f32, f32, f32
    }
    %4 = rfx.add %1#0, %1#3 : f32
    rfx.yield %4 : f32
  }
  func.return %0 : tensor<4xf32>
}
// CHECK-LABEL: @counted
// CHECK:         (%[[A:.*]] = %x [0]
// CHECK:         scf.for %{{.*}} iter_args(%[[P:.*]] = %[[A]], %[[S:.*]] = %[[A]]) -> (f32, f32) {
// CHECK-NEXT:      %[[T:.*]] = rfx.add %[[P]], %[[A]]
// CHECK-NEXT:      scf.yield %[[T]], %[[P]]

// -----

func.func @while(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %l = rfx.constant 9.0 : f32
    %1:4 = scf.while (%p = %a, %q = %a) : (f32, f32) -> (f32, f32, f32, f32) {
      %c = rfx.lt %p, %q : f32
      scf.condition(%c) %p, %q, %p, %l : f32, f32, f32, f32
    } do {
    ^bb0(%p: f32, %q: f32, %r: f32, %s: f32):
      %2 = rfx.add %r, %s : f32
      scf.yield %2, %q : f32, f32
    }
    %3 = rfx.add %1#0, %1#2 : f32
    rfx.yield %3 : f32
  }
  func.return %0 : tensor<4xf32>
}
// CHECK-LABEL: @while
// CHECK:         (%[[A:.*]] = %x [0]
// CHECK:         %[[R:.*]] = scf.while (%[[P:.*]] = %[[A]]) : (f32) -> f32 {
// CHECK-NEXT:      %[[C:.*]] = rfx.lt %[[P]], %[[A]]
// CHECK-NEXT:      scf.condition(%[[C]]) %[[P]] : f32
// CHECK:         ^{{.*}}(%[[B:.*]]: f32):
// CHECK-NEXT:      %[[N:.*]] = rfx.add %[[B]], %{{.*}}
// CHECK-NEXT:      scf.yield %[[N]]
// CHECK:         rfx.add %[[R]], %[[R]]

// -----

// On tensors of rank 0, a branch of few cheap ops is computed without branching, ...

func.func @cheap(%x: tensor<f32>, %c: tensor<i1>) -> tensor<f32> {
  %p = tensor.extract %c[] : tensor<i1>
  %0 = scf.if %p -> (tensor<f32>) {
    %1 = rfx.neg %x : tensor<f32>
    scf.yield %1 : tensor<f32>
  } else {
    scf.yield %x : tensor<f32>
  }
  func.return %0 : tensor<f32>
}
// CHECK-LABEL: @cheap
// CHECK-NEXT:    %[[N:.*]] = rfx.neg %x : tensor<f32>
// CHECK-NEXT:    %[[S:.*]] = rfx.select %c, %[[N]], %x : tensor<f32>
// CHECK-NEXT:    func.return %[[S]]

// -----

// ... but not one of an expensive op, ...

func.func @expensive(%x: tensor<f32>, %c: tensor<i1>) -> tensor<f32> {
  %p = tensor.extract %c[] : tensor<i1>
  %0 = scf.if %p -> (tensor<f32>) {
    %1 = rfx.exp %x : tensor<f32>
    scf.yield %1 : tensor<f32>
  } else {
    scf.yield %x : tensor<f32>
  }
  func.return %0 : tensor<f32>
}
// CHECK-LABEL: @expensive
// CHECK:         scf.if

// -----

// ... of arrays, whose select costs a pass, ...

func.func @arrays(%x: tensor<4xf32>, %c: tensor<i1>) -> tensor<4xf32> {
  %p = tensor.extract %c[] : tensor<i1>
  %0 = scf.if %p -> (tensor<4xf32>) {
    %1 = rfx.neg %x : tensor<4xf32>
    scf.yield %1 : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  func.return %0 : tensor<4xf32>
}
// CHECK-LABEL: @arrays
// CHECK:         scf.if

// -----

// ... or of what may fail.

func.func @failing(%x: tensor<f32>, %c: tensor<i1>) -> tensor<f32> {
  %p = tensor.extract %c[] : tensor<i1>
  %0 = scf.if %p -> (tensor<f32>) {
    rfx.require %c 1 : tensor<i1>
    scf.yield %x : tensor<f32>
  } else {
    %1 = rfx.neg %x : tensor<f32>
    scf.yield %1 : tensor<f32>
  }
  func.return %0 : tensor<f32>
}
// CHECK-LABEL: @failing
// CHECK:         scf.if

// -----

// A condition that is a constant is known, and so is a bound; no loop runs from 2 to 1.

func.func @constants(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
  %true = rfx.constant dense<true> : tensor<i1>
  %p = tensor.extract %true[] : tensor<i1>
  %0 = scf.if %p -> (tensor<?xf32>) {
    %1 = rfx.neg %x : tensor<?xf32>
    scf.yield %1 : tensor<?xf32>
  } else {
    scf.yield %x : tensor<?xf32>
  }
  %two = arith.constant 2 : index
  %one = rfx.constant dense<1> : tensor<i64>
  %e = tensor.extract %one[] : tensor<i64>
  %end = arith.index_cast %e : i64 to index
  %2 = scf.for %i = %two to %end step %two iter_args(%a = %x) -> (tensor<?xf32>) {
    %3 = rfx.exp %a : tensor<?xf32>
    scf.yield %3 : tensor<?xf32>
  }
  func.return %0, %2 : tensor<?xf32>, tensor<?xf32>
}
// CHECK-LABEL: @constants
// CHECK-NEXT:    %[[N:.*]] = rfx.neg %x
// CHECK-NEXT:    func.return %[[N]], %x

// -----

// A number that becomes a tensor is still that number.

func.func @there_and_back(%x: tensor<f64>, %n: index) -> tensor<f64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %k = arith.index_cast %n : index to i64
  %t = tensor.from_elements %k : tensor<i64>
  %e = tensor.extract %t[] : tensor<i64>
  %end = arith.index_cast %e : i64 to index
  %0 = scf.for %i = %zero to %end step %one iter_args(%a = %x) -> (tensor<f64>) {
    %1 = rfx.exp %a : tensor<f64>
    scf.yield %1 : tensor<f64>
  }
  func.return %0 : tensor<f64>
}
// CHECK-LABEL: @there_and_back
// CHECK-NOT:     tensor.
// CHECK:         scf.for %i = %zero to %n step
