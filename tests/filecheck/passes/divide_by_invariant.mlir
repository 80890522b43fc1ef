// RUN: rfx-opt -p divide-by-invariant --split-input-file %s | filecheck %s
// RUN: rfx-opt -p divide-by-invariant --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// The reciprocal is in front of the loop; what is rare divides.

func.func @by_scalar(%x: memref<?xf32>, %y: memref<?xf32>, %d: f32, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<?xf32>
    %1 = arith.divf %0, %d : f32
    memref.store %1, %y[%i] : memref<?xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @by_scalar
// CHECK:         %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:    %[[R:.*]] = arith.divf %[[ONE]], %d : f32
// CHECK:         %[[FINE:.*]] = arith.andi %{{.*}}, %{{.*}} : i1
// CHECK:         %[[LOW:.*]] = arith.select %[[FINE]], %{{.*}}, %{{.*}} : i32
// CHECK:         %[[BITS:.*]] = arith.select %[[FINE]], %{{.*}}, %{{.*}} : i32
// CHECK:         %[[HARMLESS:.*]] = arith.select %[[FINE]], %{{.*}}, %{{.*}} : i32
// CHECK:         "scf.parallel"
// CHECK:           %[[X:.*]] = memref.load %x
// CHECK-NEXT:      %[[GUESS:.*]] = arith.mulf %[[X]], %[[R]] : f32
// CHECK-NEXT:      %[[MINUS:.*]] = arith.negf %[[X]] : f32
// CHECK-NEXT:      %[[EXCESS:.*]] = math.fma %[[GUESS]], %d, %[[MINUS]] : f32
// CHECK-NEXT:      %[[LESS:.*]] = arith.negf %[[EXCESS]] : f32
// CHECK-NEXT:      %[[Q:.*]] = math.fma %[[LESS]], %[[R]], %[[GUESS]] : f32
// CHECK-NEXT:      %[[XBITS:.*]] = arith.bitcast %[[X]] : f32 to i32
// CHECK-NEXT:      %[[OVER:.*]] = arith.subi %[[XBITS]], %[[LOW]] : i32
// CHECK-NEXT:      %[[HIGH:.*]] = arith.andi %[[OVER]], %[[BITS]] : i32
// CHECK:           %[[BEYOND:.*]] = arith.cmpi ne, %[[HIGH]], %{{.*}} : i32
// CHECK-NEXT:      %[[Y:.*]] = scf.if %[[BEYOND]] -> (f32) {
// CHECK:             %[[TWICE:.*]] = arith.shli
// CHECK-NEXT:        %[[RARE:.*]] = arith.cmpi ne, %[[TWICE]], %[[HARMLESS]] : i32
// CHECK-NEXT:        %[[IN:.*]] = scf.if %[[RARE]] -> (f32) {
// CHECK-NEXT:          %[[EXACT:.*]] = arith.divf %[[X]], %d : f32
// CHECK-NEXT:          scf.yield %[[EXACT]] : f32
// CHECK-NEXT:        } else {
// CHECK-NEXT:          scf.yield %[[Q]] : f32
// CHECK-NEXT:        }{{ ?}}{rfx.rare}
// CHECK-NEXT:        scf.yield %[[IN]] : f32
// CHECK-NEXT:      } else {
// CHECK-NEXT:        scf.yield %[[Q]] : f32
// CHECK-NEXT:      }{{ ?}}{rfx.rare}
// CHECK-NEXT:      memref.store %[[Y]], %y

// -----

// A load that is the same in all iterations, and a constant, move out of the loop.

func.func @moved(%x: memref<?xf64>, %y: memref<?xf64>, %s: memref<1xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<?xf64>
    %d = memref.load %s[%c0] : memref<1xf64>
    %1 = arith.divf %0, %d : f64
    %three = arith.constant 3.0 : f64
    %2 = arith.divf %1, %three : f64
    memref.store %2, %y[%i] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @moved
// CHECK:         %[[D:.*]] = memref.load %s
// CHECK:         arith.divf %{{.*}}, %[[D]] : f64
// CHECK:         %[[THREE:.*]] = arith.constant 3.000000e+00 : f64
// CHECK:         arith.divf %{{.*}}, %[[THREE]] : f64
// CHECK:         "scf.parallel"
// CHECK-NOT:       memref.load %s
// CHECK:           math.fma
// CHECK:           math.fma
// CHECK:           math.fma
// CHECK:           math.fma
// CHECK:           memref.store

// -----

// Not: a divisor that the loop writes, one of its own, a dividend that stays the same,
// f16, a short loop, a loop around another.

func.func @left(%x: memref<?xf32>, %s: memref<1xf32>, %h: memref<?xf16>, %d: f32, %e: f16, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<?xf32>
    %1 = memref.load %s[%c0] : memref<1xf32>
    %2 = arith.divf %0, %1 : f32
    %3 = arith.divf %0, %0 : f32
    %4 = arith.divf %d, %0 : f32
    %5 = arith.divf %d, %d : f32
    %6 = memref.load %h[%i] : memref<?xf16>
    %7 = arith.divf %6, %e : f16
    memref.store %2, %s[%c0] : memref<1xf32>
    memref.store %3, %x[%i] : memref<?xf32>
    memref.store %4, %x[%i] : memref<?xf32>
    memref.store %5, %x[%i] : memref<?xf32>
    memref.store %7, %h[%i] : memref<?xf16>
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %c8, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<?xf32>
    %1 = arith.divf %0, %d : f32
    memref.store %1, %x[%i] : memref<?xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<?xf32>
    %1 = arith.divf %0, %d : f32
    scf.for %j = %c0 to %n step %c1 {
      memref.store %1, %x[%j] : memref<?xf32>
    }
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @left
// CHECK-NOT:     math.fma
