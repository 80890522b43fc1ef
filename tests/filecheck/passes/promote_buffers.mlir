// RUN: rfx-opt -p promote-buffers --split-input-file %s | filecheck %s
// RUN: rfx-opt -p promote-buffers --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// A loop carries what it accumulates; halves are shuffles, one lane an extract.

func.func @sum(%x: memref<?xf32>, %n: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %zeros = vector.broadcast %zero : f32 to vector<4xf32>
  %acc = memref.alloca() : memref<4xf32>
  vector.store %zeros, %acc[%c0] : memref<4xf32>, vector<4xf32>
  scf.for %k = %c0 to %n step %c4 {
    %a = vector.load %acc[%c0] : memref<4xf32>, vector<4xf32>
    %v = vector.load %x[%k] : memref<?xf32>, vector<4xf32>
    %b = arith.addf %a, %v : vector<4xf32>
    vector.store %b, %acc[%c0] : memref<4xf32>, vector<4xf32>
  }
  %low = vector.load %acc[%c0] : memref<4xf32>, vector<2xf32>
  %high = vector.load %acc[%c2] : memref<4xf32>, vector<2xf32>
  %both = arith.addf %low, %high : vector<2xf32>
  vector.store %both, %acc[%c0] : memref<4xf32>, vector<2xf32>
  %first = memref.load %acc[%c0] : memref<4xf32>
  %second = memref.load %acc[%c1] : memref<4xf32>
  %all = arith.addf %first, %second : f32
  memref.store %all, %acc[%c0] : memref<4xf32>
  %rest = vector.load %acc[%c0] : memref<4xf32>, vector<4xf32>
  vector.store %rest, %x[%c0] : memref<?xf32>, vector<4xf32>
  func.return %all : f32
}
// CHECK-LABEL: @sum
// CHECK-NOT:     memref.alloca
// CHECK:         %[[ACC:.*]] = scf.for %[[K:.*]] = %{{.*}} iter_args(%[[A:.*]] = %[[ZEROS:.*]]) -> (vector<4xf32>) {
// CHECK-NEXT:      %[[V:.*]] = vector.load %x[%[[K]]]
// CHECK-NEXT:      %[[B:.*]] = arith.addf %[[A]], %[[V]]
// CHECK-NEXT:      scf.yield %[[B]] : vector<4xf32>
// CHECK:         %[[LOW:.*]] = vector.shuffle %[[ACC]], %[[ACC]] [0, 1]
// CHECK-NEXT:    %[[HIGH:.*]] = vector.shuffle %[[ACC]], %[[ACC]] [2, 3]
// CHECK-NEXT:    %[[BOTH:.*]] = arith.addf %[[LOW]], %[[HIGH]] : vector<2xf32>
// CHECK-NEXT:    %[[FIRST:.*]] = vector.extract %[[BOTH]][0]
// CHECK-NEXT:    %[[SECOND:.*]] = vector.extract %[[BOTH]][1]
// CHECK-NEXT:    %[[ALL:.*]] = arith.addf %[[FIRST]], %[[SECOND]] : f32
// A read over several writes puts one over the other.
// CHECK:         %[[ONE:.*]] = vector.broadcast %[[ALL]] : f32 to vector<1xf32>
// CHECK-NEXT:    %[[A:.*]] = vector.shuffle %[[ONE]], %[[ONE]] [0, 0, 0, 0]
// CHECK-NEXT:    %[[R1:.*]] = vector.shuffle %{{.*}}, %[[A]] [4, 1, 2, 3]
// CHECK-NEXT:    %[[B:.*]] = vector.shuffle %[[BOTH]], %[[BOTH]] [0, 1, 0, 0]
// CHECK-NEXT:    %[[R2:.*]] = vector.shuffle %[[R1]], %[[B]] [0, 5, 2, 3]
// CHECK-NEXT:    %[[C:.*]] = vector.shuffle %[[ACC]], %[[ACC]] [0, 0, 2, 3]
// CHECK-NEXT:    vector.shuffle %[[R2]], %[[C]] [0, 1, 6, 7]

// -----

// Masked accesses are selects; a branch carries the buffer, too, and where it is not
// written it stays.

func.func @masked(%x: vector<4xf32>, %c: i1, %n: index) -> vector<4xf32> {
  %c0 = arith.constant 0 : index
  %acc = memref.alloca() : memref<4xf32>
  vector.store %x, %acc[%c0] : memref<4xf32>, vector<4xf32>
  scf.if %c {
    %mask = vector.create_mask %n : vector<4xi1>
    %old = vector.maskedload %acc[%c0], %mask, %x : memref<4xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
    %new = arith.negf %old : vector<4xf32>
    vector.maskedstore %acc[%c0], %mask, %new : memref<4xf32>, vector<4xi1>, vector<4xf32>
  }
  %r = vector.load %acc[%c0] : memref<4xf32>, vector<4xf32>
  func.return %r : vector<4xf32>
}
// CHECK-LABEL: @masked
// CHECK:         %[[R:.*]] = scf.if %c -> (vector<4xf32>) {
// CHECK-NEXT:      %[[M:.*]] = vector.create_mask
// CHECK-NEXT:      %[[OLD:.*]] = arith.select %[[M]], %x, %x
// CHECK-NEXT:      %[[NEW:.*]] = arith.negf %[[OLD]]
// CHECK-NEXT:      %[[STORED:.*]] = arith.select %[[M]], %[[NEW]], %x
// CHECK-NEXT:      scf.yield %[[STORED]]
// CHECK-NEXT:    } else {
// CHECK-NEXT:      scf.yield %x
// CHECK:         func.return %[[R]]

// -----

// Scalars: a status that a branch may set.

func.func @status(%bad: i1) -> i32 {
  %ok = arith.constant 0 : i32
  %failed = arith.constant 3 : i32
  %status = memref.alloca() : memref<i32>
  memref.store %ok, %status[] : memref<i32>
  scf.if %bad {
    memref.store %failed, %status[] : memref<i32>
  }
  %r = memref.load %status[] : memref<i32>
  func.return %r : i32
}
// CHECK-LABEL: @status
// CHECK-NOT:     memref
// CHECK:         %[[R:.*]] = scf.if %bad -> (i32) {
// CHECK:         func.return %[[R]]

// -----

// Kept in memory: what is read at a place that is not constant, ...

func.func @place(%i: index) -> f32 {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %b = memref.alloca() : memref<4xf32>
  memref.store %one, %b[%c0] : memref<4xf32>
  %r = memref.load %b[%i] : memref<4xf32>
  func.return %r : f32
}
// CHECK-LABEL: @place
// CHECK:         memref.alloca

// -----

// ... what is written in a loop whose iterations have no order or whose end is open, ...

func.func @loops(%n: index, %go: i1) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1.0 : f32
  %b = memref.alloca() : memref<1xf32>
  %d = memref.alloca() : memref<1xf64>
  %two = arith.constant 2.0 : f64
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %one, %b[%c0] : memref<1xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.while () : () -> () {
    scf.condition(%go)
  } do {
    memref.store %two, %d[%c0] : memref<1xf64>
    scf.yield
  }
  %r = memref.load %b[%c0] : memref<1xf32>
  func.return %r : f32
}
// CHECK-LABEL: @loops
// CHECK:         memref.alloca() : memref<1xf32>
// CHECK:         memref.alloca() : memref<1xf64>

// -----

// ... what is large, and what another op holds.

func.func private @use(memref<2xf32>)
func.func @others() {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %large = memref.alloca() : memref<129xf32>
  memref.store %one, %large[%c0] : memref<129xf32>
  %held = memref.alloca() : memref<2xf32>
  memref.store %one, %held[%c0] : memref<2xf32>
  func.call @use(%held) : (memref<2xf32>) -> ()
  func.return
}
// CHECK-LABEL: func.func @others
// CHECK:         memref.alloca() : memref<129xf32>
// CHECK:         memref.alloca() : memref<2xf32>
