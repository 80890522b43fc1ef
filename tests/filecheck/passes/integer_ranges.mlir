// RUN: rfx-opt -p integer-ranges --split-input-file %s | filecheck %s
// RUN: rfx-opt -p integer-ranges --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// An index below a dim that is known at run time: no check, no clamp.

func.func @dim(%x: memref<?xf64>, %status: memref<i32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i32
  %true = arith.constant true
  %n = memref.dim %x, %c0 : memref<?xf64>
  %size = arith.index_cast %n : index to i64
  %last = arith.subi %n, %c1 : index
  %limit = arith.index_cast %last : index to i64
  scf.for %i = %c0 to %n step %c1 {
    %k = arith.index_cast %i : index to i64
    %low = arith.cmpi slt, %k, %zero : i64
    %up = arith.addi %k, %size : i64
    %place = arith.select %low, %up, %k : i64
    %first = arith.cmpi sge, %place, %zero : i64
    %second = arith.cmpi slt, %place, %size : i64
    %ok = arith.andi %first, %second : i1
    %bad = arith.xori %ok, %true : i1
    scf.if %bad {
      memref.store %one, %status[] : memref<i32>
    }
    %least = arith.minsi %place, %limit : i64
    %most = arith.maxsi %least, %zero : i64
    %at = arith.index_cast %most : i64 to index
    %0 = memref.load %x[%at] : memref<?xf64>
    memref.store %0, %x[%at] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @dim
// CHECK:         scf.for %[[I:.*]] = %{{.*}} to
// CHECK-NEXT:      %[[K:.*]] = arith.index_cast %[[I]]
// CHECK-NEXT:      %[[AT:.*]] = arith.index_cast %[[K]]
// CHECK-NEXT:      %[[V:.*]] = memref.load %x[%[[AT]]]
// CHECK-NEXT:      memref.store %[[V]], %x[%[[AT]]]
// CHECK-NEXT:    }

// -----

// One more than that may be outside: only the lower end is known.

func.func @beyond(%x: memref<?xf64>) -> i1 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?xf64>
  %false = arith.constant false
  %huge = arith.constant 1152921504606846976 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %false) -> (i1) {
    // Arrays without elements may have dims of any size.
    %far = arith.cmpi slt, %i, %huge : index
    %k = arith.addi %i, %c1 : index
    %low = arith.cmpi slt, %k, %c1 : index
    %high = arith.cmpi sge, %k, %n : index
    %one = arith.ori %low, %high : i1
    %either = arith.ori %one, %far : i1
    scf.yield %either : i1
  }
  func.return %r : i1
}
// CHECK-LABEL: @beyond
// CHECK:         %[[FALSE:.*]] = arith.constant false
// CHECK:           arith.cmpi slt
// CHECK-NEXT:      %[[K:.*]] = arith.addi
// CHECK-NEXT:      %[[LOW:.*]] = arith.constant false
// CHECK-NEXT:      %[[HIGH:.*]] = arith.cmpi sge, %[[K]], %{{.*}} : index
// CHECK-NEXT:      arith.ori %[[LOW]], %[[HIGH]] : i1

// -----

// The body of a loop knows its condition, which is an `and` as a branch; what counts
// down has its upper end from the start.

func.func @sort(%x: memref<500xf64>, %v: f64, %start: i64) -> i64 {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %last = arith.constant 499 : i64
  %n = arith.constant 500 : i64
  %few = arith.minsi %start, %last : i64
  %r = scf.while (%k = %few) : (i64) -> (i64) {
    %more = arith.cmpi sge, %k, %zero : i64
    %on = scf.if %more -> (i1) {
      %inside = arith.maxsi %k, %zero : i64
      %at = arith.index_cast %inside : i64 to index
      %0 = memref.load %x[%at] : memref<500xf64>
      %1 = arith.cmpf ogt, %0, %v : f64
      scf.yield %1 : i1
    } else {
      scf.yield %more : i1
    }
    scf.condition(%on) %k : i64
  } do {
  ^bb0(%j: i64):
    %ok = arith.cmpi ult, %j, %n : i64
    %inside = arith.select %ok, %j, %zero : i64
    %at = arith.index_cast %inside : i64 to index
    memref.store %v, %x[%at] : memref<500xf64>
    %next = arith.subi %j, %one : i64
    scf.yield %next : i64
  }
  func.return %r : i64
}
// CHECK-LABEL: @sort
// CHECK:         scf.while (%[[K:.*]] = %{{.*}}) : (i64) -> i64 {
// CHECK:             %[[AT:.*]] = arith.index_cast %[[K]] : i64 to index
// CHECK-NEXT:        memref.load %x[%[[AT]]]
// CHECK:         ^bb0(%[[J:.*]]: i64):
// CHECK-NEXT:      %[[AT:.*]] = arith.index_cast %[[J]] : i64 to index
// CHECK-NEXT:      memref.store %v, %x[%[[AT]]]

// -----

// What a loop carries may leave all bounds, and sums may wrap around. A choice of ends
// that lets the loop run bounds its index.

func.func @carried(%n: i64, %c: i1) -> (i64, i1, i1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %false = arith.constant false
  %end = arith.select %c, %c9, %c0 : index
  %r:3 = scf.for %i = %c0 to %end step %c1 iter_args(%s = %zero, %a = %false, %b = %false) -> (i64, i1, i1) {
    %t = arith.addi %s, %one : i64
    %positive = arith.cmpi sgt, %t, %zero : i64
    %short = arith.cmpi ult, %i, %c9 : index
    scf.yield %t, %positive, %short : i64, i1, i1
  }
  %wraps = arith.addi %n, %one : i64
  %more = arith.cmpi sgt, %wraps, %n : i64
  func.return %r#0, %more, %r#2 : i64, i1, i1
}
// CHECK-LABEL: @carried
// CHECK:         scf.for
// CHECK:           %[[T:.*]] = arith.addi
// CHECK-NEXT:      %[[POSITIVE:.*]] = arith.cmpi sgt, %[[T]], %{{.*}} : i64
// CHECK-NEXT:      %[[SHORT:.*]] = arith.constant true
// CHECK-NEXT:      scf.yield %[[T]], %[[POSITIVE]], %[[SHORT]]
// CHECK:         %[[W:.*]] = arith.addi %n
// CHECK-NEXT:    arith.cmpi sgt, %[[W]], %n : i64

// -----

// Functions whose loops are all inside of nests are left alone.

func.func @nest(%x: memref<8xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  "scf.parallel"(%c0, %c8, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %k = arith.maxsi %i, %c0 : index
    %0 = memref.load %x[%k] : memref<8xf64>
    scf.for %j = %c0 to %i step %c1 {
      memref.store %0, %x[%k] : memref<8xf64>
    }
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @nest
// CHECK:         arith.maxsi

// -----

// A loop that counts down from 99 to 0 is not asked about signals. Not: one that counts
// from a number that is not known, that may stay, that makes steps of no constant, or
// has a loop inside.

func.func @few(%x: memref<100xf64>, %n: i64, %v: f64, %c: i1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %most = arith.constant 99 : i64
  scf.for %i = %c0 to %c9 step %c1 {
    %a = scf.while (%k = %most) : (i64) -> i64 {
      %more = arith.cmpi sge, %k, %zero : i64
      scf.condition(%more) %k : i64
    } do {
    ^bb0(%k: i64):
      %p = arith.index_cast %k : i64 to index
      memref.store %v, %x[%p] : memref<100xf64>
      %next = arith.subi %k, %one : i64
      scf.yield %next : i64
    } attributes {rfx.poll}
    %b = scf.while (%k = %n) : (i64) -> i64 {
      %more = arith.cmpi sge, %k, %zero : i64
      scf.condition(%more) %k : i64
    } do {
    ^bb0(%k: i64):
      %next = arith.subi %k, %one : i64
      scf.yield %next : i64
    } attributes {rfx.poll}
    %d = scf.while (%k = %most) : (i64) -> i64 {
      %more = arith.cmpi sge, %k, %zero : i64
      scf.condition(%more) %k : i64
    } do {
    ^bb0(%k: i64):
      %less = arith.subi %k, %one : i64
      %next = arith.select %c, %less, %k : i64
      scf.yield %next : i64
    } attributes {rfx.poll}
    %e = scf.while (%k = %zero) : (i64) -> i64 {
      %more = arith.cmpi slt, %k, %most : i64
      scf.condition(%more) %k : i64
    } do {
    ^bb0(%k: i64):
      %next = arith.addi %k, %n : i64
      scf.yield %next : i64
    } attributes {rfx.poll}
    %f = scf.while (%k = %zero) : (i64) -> i64 {
      %more = arith.cmpi slt, %k, %most : i64
      scf.condition(%more) %k : i64
    } do {
    ^bb0(%k: i64):
      scf.for %j = %c0 to %c9 step %c1 {
        memref.store %v, %x[%j] : memref<100xf64>
      }
      %next = arith.addi %k, %one : i64
      scf.yield %next : i64
    } attributes {rfx.poll}
  }
  func.return
}
// CHECK-LABEL: @few
// CHECK:         memref.store
// CHECK-NEXT:    arith.subi
// CHECK-NEXT:    scf.yield
// CHECK-NEXT:    }{{$}}
// CHECK:         attributes {rfx.poll}
// CHECK:         attributes {rfx.poll}
// CHECK:         attributes {rfx.poll}
// CHECK:         attributes {rfx.poll}

// -----

// Not: one that counts to a number that is not known; in a nest, where no loop around it
// would ask.

func.func @asked(%x: memref<100xf64>, %n: i64, %v: f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %most = arith.constant 99 : i64
  scf.for %i = %c0 to %c9 step %c1 {
    %a = scf.while (%k = %zero) : (i64) -> i64 {
      %more = arith.cmpi slt, %k, %n : i64
      scf.condition(%more) %k : i64
    } do {
    ^bb0(%k: i64):
      %next = arith.addi %k, %one : i64
      scf.yield %next : i64
    } attributes {rfx.poll}
    "scf.parallel"(%c0, %c9, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      %b = scf.while (%k = %most) : (i64) -> i64 {
        %more = arith.cmpi sge, %k, %zero : i64
        scf.condition(%more) %k : i64
      } do {
      ^bb0(%k: i64):
        memref.store %v, %x[%j] : memref<100xf64>
        %next = arith.subi %k, %one : i64
        scf.yield %next : i64
      } attributes {rfx.poll}
      scf.reduce
    }) : (index, index, index) -> ()
  }
  func.return
}
// CHECK-LABEL: @asked
// CHECK:         attributes {rfx.poll}
// CHECK:         attributes {rfx.poll}
