// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s | filecheck %s
// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// A join reads slices where they are, also backwards.

func.func @rolled(%x: tensor<9xf32>) -> tensor<9xf32> {
  %0 = rfx.slice %x starts [7] steps [1] [2] : tensor<9xf32> to tensor<2xf32>
  %1 = rfx.slice %x starts [6] steps [-1] [7] : tensor<9xf32> to tensor<7xf32>
  %r = rfx.concatenate %0, %1 dim 0 : (tensor<2xf32>, tensor<7xf32>) to tensor<9xf32>
  func.return %r : tensor<9xf32>
}
// CHECK-LABEL: func.func @rolled(
// CHECK-NOT:     memref.alloca
// CHECK:         ^{{.*}}(%[[I:.*]]: index):
// CHECK:           %[[P:.*]] = arith.addi %[[I]]
// CHECK-NEXT:      %[[A:.*]] = memref.load %x[%[[P]]]
// CHECK-NEXT:      memref.store %[[A]], %out0[%[[I]]]
// CHECK:         ^{{.*}}(%[[J:.*]]: index):
// CHECK:           %[[R:.*]] = arith.addi %[[J]]
// CHECK:           %[[Q:.*]] = arith.subi %{{.*}}, %[[J]]
// CHECK-NEXT:      %[[B:.*]] = memref.load %x[%[[Q]]]
// CHECK-NEXT:      memref.store %[[B]], %out0[%[[R]]]

// -----

// What is only joined to others has no memory: its parts go where those go.

func.func @blocks(%x: tensor<20x20xf32>, %y: tensor<20x20xf32>) -> tensor<40x60xf32> {
  %0 = rfx.concatenate %x, %y, %x dim 1 : (tensor<20x20xf32>, tensor<20x20xf32>, tensor<20x20xf32>) to tensor<20x60xf32>
  %r = rfx.concatenate %0, %0 dim 0 : (tensor<20x60xf32>, tensor<20x60xf32>) to tensor<40x60xf32>
  func.return %r : tensor<40x60xf32>
}
// CHECK-LABEL: func.func @blocks(
// CHECK-SAME:    rfx.workspace = 0 : i64
// CHECK-COUNT-6: memref.store %{{.*}}, %out0
// CHECK-NOT:     memref.store

// -----

// That is two joins where someone else reads the first one.

func.func @read_too(%x: tensor<20x20xf32>) -> (tensor<20x40xf32>, tensor<40x40xf32>) {
  %0 = rfx.concatenate %x, %x dim 1 : (tensor<20x20xf32>, tensor<20x20xf32>) to tensor<20x40xf32>
  %r = rfx.concatenate %0, %0 dim 0 : (tensor<20x40xf32>, tensor<20x40xf32>) to tensor<40x40xf32>
  func.return %0, %r : tensor<20x40xf32>, tensor<40x40xf32>
}
// CHECK-LABEL: func.func @read_too(
// CHECK:         memref.store %{{.*}}, %out0
// CHECK:         memref.store %{{.*}}, %out0
// CHECK:         memref.load %out0
// CHECK-NEXT:    memref.store %{{.*}}, %out1

// -----

// The parts are read when the outer join is made: they are not overwritten before.

func.func @kept(%x: tensor<300xf64>, %i: tensor<1xi64>, %u: tensor<1xf64>) -> (tensor<600xf64>, tensor<300xf64>) {
  %a = rfx.scan "add" %x dim 0 : tensor<300xf64> to tensor<300xf64>
  %0 = rfx.concatenate %a dim 0 : (tensor<300xf64>) to tensor<300xf64>
  %b = rfx.scatter "set" %a at [0](%i) = %u : tensor<300xf64>, (tensor<1xi64>), tensor<1xf64> to tensor<300xf64>
  %r = rfx.concatenate %0, %0 dim 0 : (tensor<300xf64>, tensor<300xf64>) to tensor<600xf64>
  func.return %r, %b : tensor<600xf64>, tensor<300xf64>
}
// CHECK-LABEL: func.func @kept(
// CHECK:         %[[COPY:.*]] = memref.view %ws
// CHECK:         scf.if
// CHECK:           memref.store %{{.*}}, %[[COPY]][
// CHECK:         %[[A:.*]] = memref.load %out1
// CHECK-NEXT:    memref.store %[[A]], %out0

// -----

// Single elements of rows, side by side: one loop.

func.func @pairs(%x: tensor<20x1xf32>, %y: tensor<20x1xf32>) -> tensor<20x2xf32> {
  %r = rfx.concatenate %x, %y dim 1 : (tensor<20x1xf32>, tensor<20x1xf32>) to tensor<20x2xf32>
  func.return %r : tensor<20x2xf32>
}
// CHECK-LABEL: func.func @pairs(
// CHECK:         memref.load %x[%[[I:.*]], %[[ZERO:.*]]]
// CHECK-NEXT:    memref.store %{{.*}}, %out0[%[[I]], %[[ZERO]]]
// CHECK-NEXT:    memref.load %y[%[[I]], %[[ZERO]]]
// CHECK-NEXT:    memref.store %{{.*}}, %out0[%[[I]], %{{.*}}]

// -----

// What is reshaped in the end is made where the result is wanted.

func.func @tiled(%x: tensor<400xf32>) -> tensor<800xf32> {
  %0 = rfx.broadcast %x dims [1] [2, 400] : tensor<400xf32> to tensor<2x400xf32>
  %r = rfx.reshape %0 [800] : tensor<2x400xf32> to tensor<800xf32>
  func.return %r : tensor<800xf32>
}
// CHECK-LABEL: func.func @tiled(
// CHECK-SAME:    rfx.workspace = 0 : i64
// CHECK:         %[[OUT:.*]] = memref.reinterpret_cast %out0 to offset: [0], sizes: [2, 400], strides: [400, 1]
// CHECK:         memref.store %{{.*}}, %[[OUT]]
// CHECK-NOT:     memref.store

// -----

// Two shapes of one type: the sizes still differ.

func.func @turned(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?xf32>
  %0 = rfx.reshape %x [%n, %m] : tensor<?x?xf32> to tensor<?x?xf32>
  %r = rfx.scan "add" %0 dim 0 : tensor<?x?xf32> to tensor<?x?xf32>
  func.return %r : tensor<?x?xf32>
}
// CHECK-LABEL: func.func @turned(
// CHECK:         %[[M:.*]] = memref.dim %x
// CHECK:         %[[N:.*]] = memref.dim %x
// CHECK:         %[[T:.*]] = memref.reinterpret_cast %x to offset: [0], sizes: [%[[N]], %[[M]]], strides: [%[[M]], 1]
// CHECK:         memref.load %[[T]]
