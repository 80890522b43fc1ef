// RUN: rfx-opt -p dead-fills --split-input-file %s | filecheck %s
// RUN: rfx-opt -p dead-fills --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// A loop of as many iterations as the fill, which stores at its index.

func.func @any(%x: memref<?xf64>, %y: memref<?xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %n step %c1 {
    %k = arith.index_cast %i : index to i64
    %0 = memref.load %x[%i] : memref<?xf64>
    %p = arith.index_cast %k : i64 to index
    memref.store %0, %y[%p] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @any
// CHECK-NOT:     scf.parallel
// CHECK:         scf.for

// -----

// Loops through all indices of an array of known sizes, in any order, that run if the
// status is 0, which the function returns.

func.func @known(%x: memref<6x5xf64>, %y: memref<5x6xf64>) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %c5 = arith.constant 5 : index
  %c6 = arith.constant 6 : index
  %c30 = arith.constant 30 : index
  %good = arith.constant 0 : i32
  %status = memref.alloca() : memref<i32>
  memref.store %good, %status[] : memref<i32>
  %flat = memref.collapse_shape %y [[0 : i64, 1 : i64]] : memref<5x6xf64> into memref<30xf64>
  "scf.parallel"(%c0, %c30, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %flat[%i] : memref<30xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  %now = memref.load %status[] : memref<i32>
  %on = arith.cmpi eq, %now, %good : i32
  %rows = arith.select %on, %c6, %c0 : index
  scf.for %i = %c0 to %rows step %c1 {
    scf.for %j = %c0 to %c5 step %c1 {
      %0 = memref.load %x[%i, %j] : memref<6x5xf64>
      memref.store %0, %y[%j, %i] : memref<5x6xf64>
    }
  }
  %end = memref.load %status[] : memref<i32>
  func.return %end : i32
}
// CHECK-LABEL: @known
// CHECK-NOT:     scf.parallel
// CHECK:         scf.for

// -----

// So many rows.

func.func @rows(%y: memref<?x5xf64>, %v: f64, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %c5 = arith.constant 5 : index
  %all = arith.muli %n, %c5 : index
  %flat = memref.collapse_shape %y [[0 : i64, 1 : i64]] : memref<?x5xf64> into memref<?xf64>
  "scf.parallel"(%c0, %all, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %flat[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %c5 step %c1 {
      memref.store %v, %y[%i, %j] : memref<?x5xf64>
    }
  }
  func.return
}
// CHECK-LABEL: @rows
// CHECK-NOT:     scf.parallel
// CHECK:         scf.for

// -----

// Not: the loop reads it, or another op does before.

func.func @reads(%x: memref<?xf64>, %y: memref<?xf64>, %v: f64, %c: i1, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %n step %c1 {
    %0 = memref.load %y[%i] : memref<?xf64>
    memref.store %0, %y[%i] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @reads
// CHECK:         scf.parallel
// CHECK:         scf.for

func.func @before(%x: memref<?xf64>, %y: memref<?xf64>, %v: f64, %c: i1, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  %0 = memref.load %y[%c0] : memref<?xf64>
  memref.store %0, %x[%c0] : memref<?xf64>
  scf.for %i = %c0 to %n step %c1 {
    memref.store %v, %y[%i] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @before
// CHECK:         scf.parallel
// CHECK:         scf.for

func.func @view(%x: memref<?xf64>, %y: memref<?xf64>, %v: f64, %c: i1, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  %view = memref.reinterpret_cast %y to offset: [0], sizes: [4], strides: [1] : memref<?xf64> to memref<4xf64>
  scf.for %i = %c0 to %n step %c1 {
    %0 = memref.load %view[%c1] : memref<4xf64>
    memref.store %v, %y[%i] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @view
// CHECK:         scf.parallel
// CHECK:         scf.for

// Not: the store is in a branch.

func.func @branch(%x: memref<?xf64>, %y: memref<?xf64>, %v: f64, %c: i1, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %n step %c1 {
    scf.if %c {
      memref.store %v, %y[%i] : memref<?xf64>
    }
  }
  func.return
}
// CHECK-LABEL: @branch
// CHECK:         scf.parallel
// CHECK:         scf.for

// Not: it stores at another place, fewer times, or later elements only.

func.func @other(%x: memref<?xf64>, %y: memref<?xf64>, %v: f64, %c: i1, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %n step %c1 {
    memref.store %v, %y[%c0] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @other
// CHECK:         scf.parallel
// CHECK:         scf.for

func.func @fewer(%x: memref<?xf64>, %y: memref<?xf64>, %v: f64, %c: i1, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %m step %c1 {
    memref.store %v, %y[%i] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @fewer
// CHECK:         scf.parallel
// CHECK:         scf.for

func.func @later(%x: memref<?xf64>, %y: memref<?xf64>, %v: f64, %c: i1, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c1 to %n step %c1 {
    memref.store %v, %y[%i] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @later
// CHECK:         scf.parallel
// CHECK:         scf.for

func.func @steps(%x: memref<?xf64>, %y: memref<?xf64>, %v: f64, %c: i1, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %c2 = arith.constant 2 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %n step %c2 {
    memref.store %v, %y[%i] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @steps
// CHECK:         scf.parallel
// CHECK:         scf.for

// Not: a loop that may be left out for no status.

func.func @left(%x: memref<?xf64>, %y: memref<?xf64>, %v: f64, %c: i1, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %some = arith.select %c, %n, %c0 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %some step %c1 {
    memref.store %v, %y[%i] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @left
// CHECK:         scf.parallel
// CHECK:         scf.for

// Not: the first loop does more than to fill.

func.func @work(%x: memref<?xf64>, %y: memref<?xf64>, %v: f64, %c: i1, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<?xf64>
    memref.store %zero, %x[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %n step %c1 {
    memref.store %v, %y[%i] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @work
// CHECK:         scf.parallel
// CHECK:         scf.for

// Not: a fill of a part, of which the loop writes as many others; a loop that writes a part.

func.func @part(%y: memref<?xf64>, %v: f64, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f64
  %tail = memref.reinterpret_cast %y to offset: [5], sizes: [%m], strides: [1] : memref<?xf64> to memref<?xf64, strided<[1], offset: 5>>
  "scf.parallel"(%c0, %m, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %tail[%i] : memref<?xf64, strided<[1], offset: 5>>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %m step %c1 {
    memref.store %v, %y[%i] : memref<?xf64>
  }
  func.return
}
// CHECK-LABEL: @part
// CHECK:         scf.parallel
// CHECK:         scf.for

func.func @head(%y: memref<10xf64>, %v: f64) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c10 = arith.constant 10 : index
  %zero = arith.constant 0.0 : f64
  %head = memref.reinterpret_cast %y to offset: [0], sizes: [4], strides: [1] : memref<10xf64> to memref<4xf64>
  "scf.parallel"(%c0, %c10, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %zero, %y[%i] : memref<10xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  scf.for %i = %c0 to %c4 step %c1 {
    memref.store %v, %head[%i] : memref<4xf64>
  }
  func.return
}
// CHECK-LABEL: @head
// CHECK:         scf.parallel
// CHECK:         scf.for
