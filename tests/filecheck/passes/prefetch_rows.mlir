// RUN: rfx-opt -p prefetch-rows --split-input-file %s | filecheck %s
// RUN: rfx-opt -p prefetch-rows --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// RUN: rfx-opt -p prefetch-rows,lower-to-llvm -t llvm-ir --split-input-file %s | filecheck %s --check-prefix=IR
// REQUIRES: mlir-opt

// Each loop over a row asks for half of the next one, a line at a time; in front of them
// one of the row after that.

func.func @twice(%x: memref<4096x1024xf32>, %y: memref<4096x1024xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %c1024 = arith.constant 1024 : index
  %zero = arith.constant 0.0 : f32
  %zeros = vector.broadcast %zero : f32 to vector<32xf32>
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c1024 step %c32 iter_args(%a = %zeros) -> (vector<32xf32>) {
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<32xf32>
      %1 = arith.addf %a, %0 : vector<32xf32>
      scf.yield %1 : vector<32xf32>
    }
    scf.for %k = %c0 to %c1024 step %c32 {
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<32xf32>
      %1 = arith.subf %0, %s : vector<32xf32>
      vector.store %1, %y[%r, %k] : memref<4096x1024xf32>, vector<32xf32>
    }
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @twice
// CHECK:       ^bb0(%[[R:.*]]: index):
// CHECK:         %[[ONE:.*]] = arith.constant 1 : index
// CHECK-NEXT:    %[[LAST:.*]] = arith.subi %n, %[[ONE]] : index
// CHECK:         %[[TWO:.*]] = arith.constant 2 : index
// CHECK:         %[[AFTER:.*]] = arith.addi %[[R]], %{{.*}} : index
// CHECK-NEXT:    %[[LATER:.*]] = arith.minsi %[[AFTER]], %[[LAST]] : index
// CHECK:         memref.prefetch %x[%[[LATER]], %{{.*}}], read, locality<3>, data : memref<4096x1024xf32>
// CHECK:         %[[LAST:.*]] = arith.subi %n, %{{.*}} : index
// CHECK-NEXT:    %[[AFTER:.*]] = arith.addi %[[R]], %{{.*}} : index
// CHECK-NEXT:    %[[NEXT:.*]] = arith.minsi %[[AFTER]], %[[LAST]] : index
// CHECK:         scf.for %[[K:.*]] = %{{.*}} to
// CHECK-NEXT:      %[[TWO:.*]] = arith.constant 2 : index
// CHECK-NEXT:      %[[J:.*]] = arith.divui %[[K]], %[[TWO]] : index
// CHECK-NEXT:      arith.constant 0 : index
// CHECK-NEXT:      memref.prefetch %x[%[[NEXT]], %[[J]]], read, locality<3>, data : memref<4096x1024xf32>
// CHECK-NEXT:      vector.load %x[%[[R]], %[[K]]]
// CHECK:         %[[NEXT:.*]] = arith.minsi
// CHECK:         scf.for %[[K:.*]] = %{{.*}} to
// CHECK:           %[[J:.*]] = arith.divui %[[K]], %{{.*}} : index
// CHECK-NEXT:      %[[HALF:.*]] = arith.constant 512 : index
// CHECK-NEXT:      %[[L:.*]] = arith.addi %[[J]], %[[HALF]] : index
// CHECK:           memref.prefetch %x[%[[NEXT]], %[[L]]], read, locality<3>, data : memref<4096x1024xf32>
// CHECK-NEXT:      vector.load %x[%[[R]], %[[K]]]
// IR-LABEL:    @twice
// IR:            call void @llvm.prefetch.p0(ptr %{{.*}}, i32 0, i32 3, i32 1)
// IR:            call void @llvm.prefetch.p0(ptr %{{.*}}, i32 0, i32 3, i32 1)

// -----

// A loop over lanes inside of the second loop; a place of another buffer is no place in
// a row. Sizes that are known at run time count as large, and have no half: the second
// loop asks for all.

func.func @lanes(%x: memref<?x?xf64>, %acc: memref<8xf64>, %n: index, %m: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    scf.for %k = %c0 to %m step %c8 {
      %0 = vector.load %x[%r, %k] : memref<?x?xf64>, vector<8xf64>
      vector.store %0, %acc[%c0] : memref<8xf64>, vector<8xf64>
    }
    scf.for %k = %c0 to %m step %c64 {
      "scf.parallel"(%c0, %c64, %c8) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
      ^bb0(%j: index):
        %old = vector.load %acc[%j] : memref<8xf64>, vector<8xf64>
        %place = arith.addi %k, %j : index
        %0 = vector.load %x[%r, %place] : memref<?x?xf64>, vector<8xf64>
        vector.store %0, %acc[%j] : memref<8xf64>, vector<8xf64>
        scf.reduce
      }) : (index, index, index) -> ()
    }
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @lanes
// CHECK:         memref.prefetch
// CHECK:         %[[NEXT:.*]] = arith.minsi
// CHECK:         %place = arith.addi
// CHECK:         memref.prefetch %x[%[[NEXT]], %place], read, locality<3>, data : memref<?x?xf64>
// CHECK-NEXT:    vector.load %x[%{{.*}}, %place]

// -----

// Vectors of one line: the second loop asks for all. Of three loops, the last two share.

func.func @short(%x: memref<4096x1024xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c1024 = arith.constant 1024 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    scf.for %k = %c0 to %c1024 step %c16 {
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<16xf32>
    }
    scf.for %k = %c0 to %c1024 step %c16 {
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<16xf32>
    }
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @short
// CHECK:         scf.for
// CHECK-NOT:       memref.prefetch
// CHECK:         scf.for
// CHECK:           memref.prefetch
// CHECK-NOT:       memref.prefetch
// CHECK:           vector.load

func.func @three(%x: memref<4096x1024xf32>, %y: memref<4096x1024xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %c1024 = arith.constant 1024 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    scf.for %k = %c0 to %c1024 step %c32 {
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<32xf32>
    }
    scf.for %k = %c0 to %c1024 step %c32 {
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<32xf32>
    }
    scf.for %k = %c0 to %c1024 step %c32 {
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<32xf32>
      vector.store %0, %y[%r, %k] : memref<4096x1024xf32>, vector<32xf32>
    }
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @three
// CHECK:         scf.for
// CHECK-NOT:       memref.prefetch
// CHECK:         scf.for
// CHECK:           memref.prefetch
// CHECK:         scf.for
// CHECK:           memref.prefetch

// -----

// Not: one loop alone, an array that is small, one that is the function's own.

func.func @left(%x: memref<4096x1024xf32>, %small: memref<256x1024xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %own = memref.alloca() : memref<4096x1024xf32>
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    scf.for %k = %c0 to %n step %c16 {
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<16xf32>
    }
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    scf.for %k = %c0 to %n step %c16 {
      %0 = vector.load %small[%r, %k] : memref<256x1024xf32>, vector<16xf32>
      %1 = vector.load %own[%r, %k] : memref<4096x1024xf32>, vector<16xf32>
    }
    scf.for %k = %c0 to %n step %c16 {
      %0 = vector.load %small[%r, %k] : memref<256x1024xf32>, vector<16xf32>
    }
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @left
// CHECK-NOT:     memref.prefetch

// -----

// Two vectors of a line in one iteration: two lines; and one of the row after the next.

func.func @steps(%x: memref<4096x1024xf32>, %y: memref<4096x1024xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c32 = arith.constant 32 : index
  %c1024 = arith.constant 1024 : index
  %zero = arith.constant 0.0 : f32
  %zeros = vector.broadcast %zero : f32 to vector<16xf32>
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c1024 step %c16 iter_args(%a = %zeros) -> (vector<16xf32>) {
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<16xf32>
      %1 = arith.addf %a, %0 : vector<16xf32>
      scf.yield %1 : vector<16xf32>
    }
    "scf.parallel"(%c0, %c1024, %c32) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb1(%k: index):
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<16xf32>
      vector.store %0, %y[%r, %k] : memref<4096x1024xf32>, vector<16xf32>
      %j = arith.addi %k, %c16 : index
      %1 = vector.load %x[%r, %j] : memref<4096x1024xf32>, vector<16xf32>
      vector.store %1, %y[%r, %j] : memref<4096x1024xf32>, vector<16xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @steps
// CHECK-COUNT-3: memref.prefetch
// CHECK-NOT:     memref.prefetch

// -----

// Not: a line of the row after the next, if a loop is long.

func.func @long(%x: memref<4096x1024xf32>, %y: memref<4096x1024xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c32 = arith.constant 32 : index
  %c1024 = arith.constant 1024 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    scf.for %k = %c0 to %c1024 step %c32 {
      %0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<32xf32>
    }
    scf.for %k = %c0 to %c1024 step %c32 {
      %e0 = vector.load %x[%r, %k] : memref<4096x1024xf32>, vector<32xf32>
      %e1 = math.sqrt %e0 : vector<32xf32>
      %e2 = math.sqrt %e1 : vector<32xf32>
      %e3 = math.sqrt %e2 : vector<32xf32>
      %e4 = math.sqrt %e3 : vector<32xf32>
      %e5 = math.sqrt %e4 : vector<32xf32>
      %e6 = math.sqrt %e5 : vector<32xf32>
      %e7 = math.sqrt %e6 : vector<32xf32>
      %e8 = math.sqrt %e7 : vector<32xf32>
      %e9 = math.sqrt %e8 : vector<32xf32>
      %e10 = math.sqrt %e9 : vector<32xf32>
      %e11 = math.sqrt %e10 : vector<32xf32>
      %e12 = math.sqrt %e11 : vector<32xf32>
      %e13 = math.sqrt %e12 : vector<32xf32>
      %e14 = math.sqrt %e13 : vector<32xf32>
      %e15 = math.sqrt %e14 : vector<32xf32>
      %e16 = math.sqrt %e15 : vector<32xf32>
      vector.store %e16, %y[%r, %k] : memref<4096x1024xf32>, vector<32xf32>
    }
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @long
// CHECK:         scf.parallel
// CHECK-NOT:     memref.prefetch
// CHECK:         scf.for
// CHECK:           memref.prefetch
