// RUN: rfx-opt -p pipeline-rows --split-input-file %s | filecheck %s
// RUN: rfx-opt -p pipeline-rows --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// The sum of the next row goes with the stores of this one, of which there are two in
// each iteration. What the sum needs of its row is computed for the next one.

func.func @center(%x: memref<64x256xf32>, %y: memref<64x256xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  %c256 = arith.constant 256 : index
  %zero = arith.constant 0.0 : f32
  %zeros = vector.broadcast %zero : f32 to vector<64xf32>
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %up = arith.subi %c64, %r : index
    %row = arith.subi %up, %c1 : index
    %s = scf.for %k = %c0 to %c4 step %c1 iter_args(%a = %zeros) -> (vector<64xf32>) {
      %at = arith.muli %k, %c64 : index
      %0 = vector.load %x[%row, %at] : memref<64x256xf32>, vector<64xf32>
      %1 = arith.addf %a, %0 : vector<64xf32>
      scf.yield %1 : vector<64xf32>
    }
    %m = vector.extract %s[0] : f32 from vector<64xf32>
    %ms = vector.broadcast %m : f32 to vector<32xf32>
    "scf.parallel"(%c0, %c256, %c32) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      %0 = vector.load %x[%row, %j] : memref<64x256xf32>, vector<32xf32>
      %1 = arith.subf %0, %ms : vector<32xf32>
      vector.store %1, %y[%r, %j] : memref<64x256xf32>, vector<32xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @center
// CHECK:         %[[ZERO:.*]] = arith.constant 0 : index
// CHECK:         %[[ONE:.*]] = arith.constant 1 : index
// CHECK:         %[[UP:.*]] = arith.subi %{{.*}}, %[[ZERO]] : index
// CHECK-NEXT:    %[[ROW:.*]] = arith.subi %[[UP]], %[[ONE]] : index
// CHECK-NEXT:    %[[FIRST:.*]] = scf.for %[[K:.*]] = {{.*}} iter_args(%[[A:.*]] = %{{.*}}) -> (vector<64xf32>) {
// CHECK-NEXT:      %[[AT:.*]] = arith.muli %[[K]], %{{.*}} : index
// CHECK-NEXT:      %[[V:.*]] = vector.load %x[%[[ROW]], %[[AT]]]
// CHECK-NEXT:      %[[SUM:.*]] = arith.addf %[[A]], %[[V]]
// CHECK-NEXT:      scf.yield %[[SUM]]
// CHECK-NEXT:    }
// CHECK-NEXT:    scf.for %[[R:.*]] = {{.*}} iter_args(%[[S:.*]] = %[[FIRST]]) -> (vector<64xf32>) {
// CHECK-NEXT:      %[[UP:.*]] = arith.subi %{{.*}}, %[[R]] : index
// CHECK-NEXT:      %[[ROW:.*]] = arith.subi %[[UP]], %{{.*}} : index
// CHECK-NEXT:      %[[M:.*]] = vector.extract %[[S]][0]
// CHECK-NEXT:      %[[MS:.*]] = vector.broadcast %[[M]]
// CHECK:           %[[AFTER:.*]] = arith.addi %[[R]], %{{.*}} : index
// CHECK:           %[[NEXT:.*]] = arith.minsi %[[AFTER]], %{{.*}} : index
// CHECK:           %[[UP:.*]] = arith.subi %{{.*}}, %[[NEXT]] : index
// CHECK-NEXT:      %[[BELOW:.*]] = arith.subi %[[UP]], %{{.*}} : index
// CHECK-NEXT:      %[[BOTH:.*]] = scf.for %[[K:.*]] = {{.*}} iter_args(%[[A:.*]] = %{{.*}}) -> (vector<64xf32>) {
// CHECK-NEXT:        %[[AT:.*]] = arith.muli %[[K]], %{{.*}} : index
// CHECK-NEXT:        %[[V:.*]] = vector.load %x[%[[BELOW]], %[[AT]]]
// CHECK-NEXT:        %[[SUM:.*]] = arith.addf %[[A]], %[[V]]
// CHECK:             %[[J:.*]] = arith.muli %[[K]], %{{.*}} : index
// CHECK:             vector.load %x[%[[ROW]], %{{.*}}] : memref<64x256xf32>, vector<32xf32>
// CHECK:             vector.store %{{.*}}, %y[%[[R]], %{{.*}}]
// CHECK:             vector.load %x[%[[ROW]], %{{.*}}] : memref<64x256xf32>, vector<32xf32>
// CHECK:             vector.store %{{.*}}, %y[%[[R]], %{{.*}}]
// CHECK-NEXT:        scf.yield %[[SUM]]
// CHECK-NEXT:      }
// CHECK-NEXT:      scf.yield %[[BOTH]]
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return

// -----

// No row, no sum. Nine iterations are four times two, and one that is left. The loop
// between the two asks for a quarter of the next row; a long one asks for all.

func.func @between(%x: memref<?x1024xf32>, %y: memref<?x1024xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c64 = arith.constant 64 : index
  %c288 = arith.constant 288 : index
  %c32 = arith.constant 32 : index
  %zero = arith.constant 0.0 : f32
  %zeros = vector.broadcast %zero : f32 to vector<64xf32>
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c4 step %c1 iter_args(%a = %zeros) -> (vector<64xf32>) {
      %at = arith.muli %k, %c64 : index
      %0 = vector.load %x[%r, %at] : memref<?x1024xf32>, vector<64xf32>
      scf.yield %0 : vector<64xf32>
    }
    %t = scf.for %k = %c0 to %c4 step %c1 iter_args(%a = %s) -> (vector<64xf32>) {
      %at = arith.muli %k, %c64 : index
      %0 = vector.load %x[%r, %at] : memref<?x1024xf32>, vector<64xf32>
      %1 = arith.addf %a, %0 : vector<64xf32>
      scf.yield %1 : vector<64xf32>
    }
    %m = vector.extract %t[0] : f32 from vector<64xf32>
    %ms = vector.broadcast %m : f32 to vector<32xf32>
    "scf.parallel"(%c0, %c288, %c32) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      vector.store %ms, %y[%r, %j] : memref<?x1024xf32>, vector<32xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @between
// CHECK:         %[[ANY:.*]] = arith.cmpi slt, %[[BEGIN:.*]], %n : index
// CHECK:         %[[COUNT:.*]] = arith.select %[[ANY]], %{{.*}}, %{{.*}} : index
// CHECK-NEXT:    scf.for %{{.*}} = %[[BEGIN]] to %[[COUNT]] step
// CHECK:         scf.for %[[R:.*]] = %[[BEGIN]] to %n step
// CHECK:           %[[NEXT:.*]] = arith.minsi
// CHECK:           scf.for
// CHECK-NEXT:        %[[AT:.*]] = arith.muli
// CHECK-NEXT:        %[[FOUR:.*]] = arith.constant 4 : index
// CHECK-NEXT:        %[[L:.*]] = arith.divui %[[AT]], %[[FOUR]] : index
// CHECK:             memref.prefetch %x[%[[NEXT]], %{{.*}}], read
// CHECK-NOT:         memref.prefetch
// CHECK:           arith.minsi
// CHECK:           scf.for
// CHECK:             vector.store
// CHECK:             vector.store
// CHECK-NOT:         vector.store
// CHECK:             scf.yield
// CHECK:           "scf.parallel"(%[[DONE:.*]], %{{.*}}, %{{.*}})
// CHECK:             vector.store

// -----

// Not: what is read is written, or copied to, or a view of it; what is stored is no result; a call; rows of steps of
// two; as many iterations of the last loop as are not known; an array that is large.

func.func private @g(f32) -> f32

func.func @left(%x: memref<64x256xf32>, %y: memref<64x256xf32>, %large: memref<4096x256xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  %c256 = arith.constant 256 : index
  %zero = arith.constant 0.0 : f32
  %zeros = vector.broadcast %zero : f32 to vector<8xf32>
  %own = memref.alloca() : memref<64x256xf32>
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c64 step %c1 iter_args(%a = %zero) -> (f32) {
      %0 = memref.load %x[%r, %k] : memref<64x256xf32>
      scf.yield %0 : f32
    }
    "memref.copy"(%own, %x) : (memref<64x256xf32>, memref<64x256xf32>) -> ()
    %v = vector.broadcast %s : f32 to vector<8xf32>
    "scf.parallel"(%c0, %c256, %c8) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      vector.store %v, %y[%r, %j] : memref<64x256xf32>, vector<8xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  %view = memref.reinterpret_cast %x to offset: [0], sizes: [64, 256], strides: [256, 1] : memref<64x256xf32> to memref<64x256xf32>
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c64 step %c1 iter_args(%a = %zero) -> (f32) {
      %0 = memref.load %x[%r, %k] : memref<64x256xf32>
      scf.yield %0 : f32
    }
    memref.store %s, %view[%r, %c0] : memref<64x256xf32>
    %v = vector.broadcast %s : f32 to vector<8xf32>
    "scf.parallel"(%c0, %c256, %c8) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      vector.store %v, %y[%r, %j] : memref<64x256xf32>, vector<8xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c64 step %c1 iter_args(%a = %zero) -> (f32) {
      %0 = memref.load %x[%r, %k] : memref<64x256xf32>
      scf.yield %0 : f32
    }
    %v = vector.broadcast %s : f32 to vector<8xf32>
    "scf.parallel"(%c0, %c256, %c8) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      vector.store %v, %x[%r, %j] : memref<64x256xf32>, vector<8xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c64 step %c1 iter_args(%a = %zero) -> (f32) {
      %0 = memref.load %x[%r, %k] : memref<64x256xf32>
      scf.yield %0 : f32
    }
    %v = vector.broadcast %s : f32 to vector<8xf32>
    "scf.parallel"(%c0, %c256, %c8) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      vector.store %v, %own[%r, %j] : memref<64x256xf32>, vector<8xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c64 step %c1 iter_args(%a = %zero) -> (f32) {
      %0 = memref.load %x[%r, %k] : memref<64x256xf32>
      %1 = func.call @g(%0) : (f32) -> f32
      scf.yield %1 : f32
    }
    %v = vector.broadcast %s : f32 to vector<8xf32>
    "scf.parallel"(%c0, %c256, %c8) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      vector.store %v, %y[%r, %j] : memref<64x256xf32>, vector<8xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %c64, %c2) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c64 step %c1 iter_args(%a = %zero) -> (f32) {
      %0 = memref.load %x[%r, %k] : memref<64x256xf32>
      scf.yield %0 : f32
    }
    %v = vector.broadcast %s : f32 to vector<8xf32>
    "scf.parallel"(%c0, %c256, %c8) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      vector.store %v, %y[%r, %j] : memref<64x256xf32>, vector<8xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c64 step %c1 iter_args(%a = %zero) -> (f32) {
      %0 = memref.load %x[%r, %k] : memref<64x256xf32>
      scf.yield %0 : f32
    }
    %v = vector.broadcast %s : f32 to vector<8xf32>
    "scf.parallel"(%c0, %n, %c8) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      vector.store %v, %y[%r, %j] : memref<64x256xf32>, vector<8xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%r: index):
    %s = scf.for %k = %c0 to %c64 step %c1 iter_args(%a = %zeros) -> (vector<8xf32>) {
      %0 = vector.load %large[%r, %k] : memref<4096x256xf32>, vector<8xf32>
      scf.yield %0 : vector<8xf32>
    }
    "scf.parallel"(%c0, %c256, %c8) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      vector.store %s, %y[%r, %j] : memref<64x256xf32>, vector<8xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @left
// CHECK-COUNT-8: ^bb0(%r{{[_0-9]*}}: index):
// CHECK-NOT:     iter_args({{.*}} = %s
