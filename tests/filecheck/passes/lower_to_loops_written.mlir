// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s | filecheck %s
// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// The new value of an argument is made in its memory: nothing else is copied.

func.func @column(%u: tensor<40x50xf32> {rfx.written_by = 0 : i64}, %v: tensor<40x1xf32>) -> tensor<40x50xf32> {
  %r = rfx.update_slice %u, %v starts [0, 3] steps [1, 1] : tensor<40x50xf32>, tensor<40x1xf32> to tensor<40x50xf32>
  func.return %r : tensor<40x50xf32>
}
// CHECK-LABEL: func.func @column(
// CHECK:         memref.load %v
// CHECK:         memref.store %{{.*}}, %u
// CHECK-NOT:     memref.store

// -----

func.func @elements(%u: tensor<400xf32> {rfx.written_by = 0 : i64}) -> tensor<400xf32> {
  %r = rfx.add %u, %u : tensor<400xf32>
  func.return %r : tensor<400xf32>
}
// CHECK-LABEL: func.func @elements(
// CHECK-SAME:    rfx.extent = 1 : i64
// CHECK:         memref.load %u[%[[I:.*]]]
// CHECK:         memref.store %{{.*}}, %u[%[[I]]]
// CHECK-NOT:     memref.store

// -----

// An argument that is not marked is never written.

func.func @not_marked(%u: tensor<400xf32>) -> tensor<400xf32> {
  %r = rfx.add %u, %u : tensor<400xf32>
  func.return %r : tensor<400xf32>
}
// CHECK-LABEL: func.func @not_marked(
// CHECK-NOT:     memref.store %{{.*}}, %u

// -----

// Neighbours are read: all elements are computed before any is written.

func.func @neighbours(%u: tensor<400xf32> {rfx.written_by = 0 : i64}) -> tensor<400xf32> {
  %b = rfx.slice %u starts [399] steps [-1] [400] : tensor<400xf32> to tensor<400xf32>
  %r = rfx.add %u, %b : tensor<400xf32>
  func.return %r : tensor<400xf32>
}
// CHECK-LABEL: func.func @neighbours(
// CHECK-DAG:     %[[W:.*]] = memref.view %ws
// CHECK:         memref.load %u
// CHECK-NEXT:    memref.store %{{.*}}, %[[W]]
// CHECK:         memref.load %u
// CHECK:         memref.store %{{.*}}, %u

// -----

// The old value is a result too: it leaves before the new one comes.

func.func @swapped(%u: tensor<400xf32> {rfx.written_by = 0 : i64}, %v: tensor<400xf32> {rfx.written_by = 1 : i64}) -> (tensor<400xf32>, tensor<400xf32>) {
  func.return %v, %u : tensor<400xf32>, tensor<400xf32>
}
// CHECK-LABEL: func.func @swapped(
// CHECK:         %[[ASIDE:.*]] = memref.view %ws
// CHECK:         memref.load %v
// CHECK-NEXT:    memref.store %{{.*}}, %[[ASIDE]]
// CHECK:         memref.load %u
// CHECK-NEXT:    memref.store %{{.*}}, %v
// CHECK:         memref.load %[[ASIDE]]
// CHECK-NEXT:    memref.store %{{.*}}, %u

// -----

// One element: its old value is read before it is overwritten.

func.func @one(%u: tensor<1xf32> {rfx.written_by = 0 : i64}, %v: tensor<1xf32>) -> (tensor<1xf32>, tensor<1xf32>) {
  %r = rfx.add %u, %v : tensor<1xf32>
  func.return %r, %u : tensor<1xf32>, tensor<1xf32>
}
// CHECK-LABEL: func.func @one(
// CHECK:         %[[R:.*]] = arith.addf
// CHECK:         %[[OLD:.*]] = memref.load %u
// CHECK:         memref.store %[[OLD]], %out1
// CHECK:         memref.store %[[R]], %u

// -----

// Nothing is written unless all requirements hold.

func.func @required(%u: tensor<400xf32> {rfx.written_by = 0 : i64}, %v: tensor<1xf32>, %i: tensor<i64>, %a: tensor<i1>, %b: tensor<i1>) -> tensor<400xf32> {
  rfx.require %a 1 : tensor<i1>
  %0 = rfx.dynamic_update_slice %u, %v at (%i) : tensor<400xf32>, tensor<1xf32>, (tensor<i64>) to tensor<400xf32>
  rfx.require %b 2 : tensor<i1>
  %r = rfx.dynamic_update_slice %0, %v at (%i) : tensor<400xf32>, tensor<1xf32>, (tensor<i64>) to tensor<400xf32>
  func.return %r : tensor<400xf32>
}
// CHECK-LABEL: func.func @required(
// CHECK-NOT:     memref.store %{{.*}}, %u
// CHECK:           arith.constant 2 : i32
// CHECK:           memref.store %{{.*}}, %[[S:.*]][]
// CHECK:         %[[STATUS:.*]] = memref.load %[[S]][]
// CHECK:         %[[OK:.*]] = arith.cmpi eq, %[[STATUS]]
// CHECK-NEXT:    scf.if %[[OK]] {
// CHECK:           memref.store %{{.*}}, %u
// CHECK:         }
// CHECK:         %[[END:.*]] = memref.load %[[S]][]
// CHECK-NEXT:    func.return %[[END]]
