// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s | filecheck %s
// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// Indices are clamped into their dim, as a whole block is.

func.func @gathered(%x: tensor<6x4xf32>, %i: tensor<3xi64>) -> tensor<3x4xf32> {
  %r = rfx.gather %x at [0](%i) : tensor<6x4xf32>, (tensor<3xi64>) to tensor<3x4xf32>
  func.return %r : tensor<3x4xf32>
}
// CHECK-LABEL: func.func @gathered(
// CHECK:         %[[LAST:.*]] = arith.constant 5 : index
// CHECK:         "scf.parallel"
// CHECK:           %[[I:.*]] = memref.load %i
// CHECK:           %[[LIMIT:.*]] = arith.index_cast %[[LAST]] : index to i64
// CHECK:           arith.minsi %[[I]], %[[LIMIT]]
// CHECK:           arith.maxsi
// CHECK:           memref.load %x
// CHECK:           memref.store %{{.*}}, %out0

// -----

func.func @block(%x: tensor<8xf32>, %s: tensor<i64>) -> tensor<3xf32> {
  %r = rfx.dynamic_slice %x at(%s) : tensor<8xf32>, (tensor<i64>) to tensor<3xf32>
  func.return %r : tensor<3xf32>
}
// CHECK-LABEL: func.func @block(
// CHECK:         %[[S:.*]] = memref.load %s
// CHECK:         %[[ROOM:.*]] = arith.constant 5 : index
// CHECK:         arith.minsi %[[S]]
// CHECK:         arith.maxsi
// CHECK:         "scf.parallel"
// CHECK:           arith.addi
// CHECK:           memref.load %x

// -----

func.func @replaced(%x: tensor<8xf32>, %u: tensor<3xf32>, %s: tensor<i64>) -> tensor<8xf32> {
  %r = rfx.dynamic_update_slice %x, %u at(%s) : tensor<8xf32>, tensor<3xf32>, (tensor<i64>) to tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @replaced(
// CHECK:         "scf.parallel"
// CHECK:           memref.load %x
// CHECK:           memref.store %{{.*}}, %out0
// CHECK:         "scf.parallel"
// CHECK:           memref.load %u
// CHECK:           memref.store %{{.*}}, %out0

// -----

func.func @stepped(%x: tensor<8xf32>, %u: tensor<4xf32>) -> tensor<8xf32> {
  %r = rfx.update_slice %x, %u starts [1] steps [2] : tensor<8xf32>, tensor<4xf32> to tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @stepped(
// CHECK:         "scf.parallel"
// CHECK:           memref.load %x
// CHECK:           memref.store %{{.*}}, %out0
// CHECK:         "scf.parallel"
// CHECK:         ^bb0(%[[I:.*]]: index):
// CHECK:           memref.load %u[%[[I]]]
// CHECK:           %[[TWICE:.*]] = arith.muli %[[I]]
// CHECK:           %[[PLACE:.*]] = arith.addi %[[TWICE]]
// CHECK:           memref.store %{{.*}}, %out0[%[[PLACE]]]

// -----

// Rows of the result are accumulated: the inner loop has unit stride.

func.func @product(%a: tensor<20x30xf32>, %b: tensor<30x40xf32>) -> tensor<20x40xf32> {
  %r = rfx.dot_general %a, %b batch [] [] contract [1] [0] : tensor<20x30xf32>, tensor<30x40xf32> to tensor<20x40xf32>
  func.return %r : tensor<20x40xf32>
}
// CHECK-LABEL: func.func @product(
// CHECK:         "scf.parallel"
// CHECK:           scf.for
// CHECK:             "scf.parallel"
// CHECK:               memref.load %out0[%[[I:.*]], %[[J:.*]]]
// CHECK:               memref.load %a[%[[I]], %[[K:.*]]]
// CHECK:               memref.load %b[%[[K]], %[[J]]]
// CHECK:               arith.mulf
// CHECK:               arith.addf
// CHECK:               memref.store %{{.*}}, %out0[%[[I]], %[[J]]]

// -----

// Index and size of a loop, as numbers.

func.func @numbered(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %r = rfx.map [%n] (%a = %x [0] : tensor<?xf32>) -> ([0] : tensor<?xf32>) {
    %i = rfx.index 0
    %d = rfx.dim 0
    %fi = rfx.convert %i : index to f32
    %fd = rfx.convert %d : index to f32
    %q = rfx.div %fi, %fd : f32
    %s = rfx.add %a, %q : f32
    rfx.yield %s : f32
  }
  func.return %r : tensor<?xf32>
}
// CHECK-LABEL: func.func @numbered(
// CHECK:         %[[N:.*]] = memref.dim %x
// CHECK:         ^{{.*}}(%[[I:.*]]: index):
// CHECK:           arith.index_cast %[[I]] : index to i64
// CHECK:           arith.index_cast %[[N]] : index to i64
// CHECK:           arith.divf

// -----

func.func @counting(%x: tensor<5xi32>) -> tensor<5xi32> {
  %k = rfx.iota 0 [5] : tensor<5xi32>
  %r = rfx.mul %x, %k : tensor<5xi32>
  func.return %r : tensor<5xi32>
}
// CHECK-LABEL: func.func @counting(
// CHECK:         ^{{.*}}(%[[I:.*]]: index):
// CHECK:           %[[W:.*]] = arith.index_cast %[[I]] : index to i64
// CHECK:           arith.trunci %[[W]] : i64 to i32
// CHECK:           arith.muli

// -----

// Running sums along the last dim: the sum stays in a register.

func.func @running_row(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %r = rfx.scan "add" %x dim 1 : tensor<?x8xf32> to tensor<?x8xf32>
  func.return %r : tensor<?x8xf32>
}
// CHECK-LABEL: func.func @running_row(
// CHECK:         "scf.parallel"
// CHECK:           %[[F:.*]] = memref.load %x
// CHECK:           memref.store %[[F]], %out0
// CHECK:           scf.for %[[K:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[S:.*]] = %[[F]]) -> (f32) {
// CHECK:             %[[I:.*]] = arith.addi %[[K]]
// CHECK:             %[[X:.*]] = memref.load %x[%{{.*}}, %[[I]]]
// CHECK:             %[[N:.*]] = arith.addf %[[S]], %[[X]]
// CHECK:             memref.store %[[N]], %out0[%{{.*}}, %[[I]]]
// CHECK:             scf.yield %[[N]] : f32

// -----

// Along another dim, row by row, each row in parallel.

func.func @running_column(%x: tensor<5x8xi32>) -> tensor<5x8xi32> {
  %r = rfx.scan "maximum" %x dim 0 : tensor<5x8xi32> to tensor<5x8xi32>
  func.return %r : tensor<5x8xi32>
}
// CHECK-LABEL: func.func @running_column(
// CHECK:         memref.store
// CHECK:         scf.for
// CHECK:           "scf.parallel"
// CHECK:             %[[A:.*]] = memref.load %out0
// CHECK:             %[[B:.*]] = memref.load %x
// CHECK:             %[[M:.*]] = arith.maxsi %[[A]], %[[B]]
// CHECK:             memref.store %[[M]], %out0

// -----

// Nests read the elements of a slice where they are: x and its neighbours, no copy.
func.func @window(%x: tensor<4x9xf32>) -> tensor<4x7xf32> {
  %a = rfx.slice %x starts [0, 0] steps [1, 1] [4, 7] : tensor<4x9xf32> to tensor<4x7xf32>
  %b = rfx.slice %x starts [0, 2] steps [1, 1] [4, 7] : tensor<4x9xf32> to tensor<4x7xf32>
  %r = rfx.map [4, 7] (%0 = %a [0, 1] : tensor<4x7xf32>, %1 = %b [0, 1] : tensor<4x7xf32>) -> ([0, 1] : tensor<4x7xf32>) {
    %2 = rfx.sub %1, %0 : f32
    rfx.yield %2 : f32
  }
  func.return %r : tensor<4x7xf32>
}
// CHECK-LABEL: func.func @window
// CHECK:         "scf.parallel"
// CHECK-NEXT:    ^bb0(%[[I:.*]]: index):
// CHECK-NEXT:      "scf.parallel"
// CHECK-NEXT:      ^bb0(%[[J:.*]]: index):
// CHECK-NEXT:      %[[A:.*]] = memref.load %x[%[[I]], %[[J]]]
// CHECK:           %[[K:.*]] = arith.addi %[[J]], %{{.*}} : index
// CHECK-NEXT:      %[[B:.*]] = memref.load %x[%[[I]], %[[K]]]
// CHECK-NEXT:      %[[D:.*]] = arith.subf %[[B]], %[[A]]
// CHECK-NEXT:      memref.store %[[D]], %out0

// -----

// One whose elements are not side by side is copied, and so is what is returned.
func.func @no_window(%x: tensor<9xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %a = rfx.slice %x starts [0] steps [2] [4] : tensor<9xf32> to tensor<4xf32>
  %b = rfx.slice %x starts [2] steps [1] [4] : tensor<9xf32> to tensor<4xf32>
  %r = rfx.map [4] (%0 = %a [0] : tensor<4xf32>, %1 = %b [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %2 = rfx.sub %1, %0 : f32
    rfx.yield %2 : f32
  }
  func.return %r, %b : tensor<4xf32>, tensor<4xf32>
}
// CHECK-LABEL: func.func @no_window
// CHECK:         memref.store %{{.*}}, %[[A:[a-z0-9]+]][
// CHECK:         memref.store %{{.*}}, %out1[
// CHECK:         memref.load %[[A]][
// CHECK:         memref.store %{{.*}}, %out0[

// -----

// A write to what a window shows, in place, waits for those who read it.
func.func @written(%x: tensor<9xf32>) -> tensor<9xf32> {
  %y = rfx.map [9] (%0 = %x [0] : tensor<9xf32>) -> ([0] : tensor<9xf32>) {
    %1 = rfx.neg %0 : f32
    rfx.yield %1 : f32
  }
  %a = rfx.slice %y starts [0] steps [1] [8] : tensor<9xf32> to tensor<8xf32>
  %b = rfx.map [8] (%0 = %a [0] : tensor<8xf32>) -> ([0] : tensor<8xf32>) {
    %1 = rfx.exp %0 : f32
    rfx.yield %1 : f32
  }
  %r = rfx.update_slice %y, %b starts [1] steps [1] : tensor<9xf32>, tensor<8xf32> to tensor<9xf32>
  func.return %r : tensor<9xf32>
}
// CHECK-LABEL: func.func @written
// CHECK:         arith.negf
// CHECK-NEXT:    memref.store %{{.*}}, %[[Y:[a-z0-9]+]][
// CHECK:         memref.load %[[Y]][
// CHECK-NEXT:    math.exp
// CHECK-NEXT:    memref.store %{{.*}}, %[[B:[a-z0-9]+]][
// CHECK:         memref.load %[[B]][
