// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s | filecheck %s

// One flat parallel loop that callers may split; sizes go to the shapes function.
func.func @square(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = rfx.mul %x, %x : tensor<?x4xf32>
  func.return %r : tensor<?x4xf32>
}
// CHECK-LABEL: func.func @square(%x: memref<?x4xf32>, %out0: memref<?x4xf32>, %begin: index, %end: index, %ws: memref<?xi8>) -> i32
// CHECK-SAME:    rfx.extent = -1 : i64, rfx.workspace = 0 : i64
// CHECK:         %[[X:.*]] = memref.collapse_shape %x
// CHECK:         "scf.parallel"(%begin, %end, %{{.*}})
// CHECK-NEXT:    ^bb0(%[[I:.*]]: index):
// CHECK-NEXT:      %[[A:.*]] = memref.load %[[X]][%[[I]]] : memref<?xf32>
// CHECK-NEXT:      %[[R:.*]] = arith.mulf %[[A]], %[[A]] : f32
// CHECK-NEXT:      memref.store %[[R]]
// CHECK:         func.func @square_shapes(%{{.*}}: memref<2xi64>, %{{.*}}: memref<4xi64>) -> i32

// -----

// A nest of a few elements is not split: its bounds are numbers.
func.func @few(%x: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %r = rfx.mul %x, %x : tensor<64x64xf32>
  func.return %r : tensor<64x64xf32>
}
func.func @many(%x: tensor<65x64xf32>) -> tensor<65x64xf32> {
  %r = rfx.mul %x, %x : tensor<65x64xf32>
  func.return %r : tensor<65x64xf32>
}
// CHECK-LABEL: func.func @few
// CHECK-SAME:    rfx.extent = 1 : i64
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[ALL:.*]] = arith.constant 4096 : index
// CHECK:         "scf.parallel"(%[[ZERO]], %[[ALL]], %{{.*}})
// CHECK-LABEL: func.func @many
// CHECK-SAME:    rfx.extent = 4160 : i64
// CHECK:         "scf.parallel"(%begin, %end, %{{.*}})

// -----

// One element is no loop, and a scalar by value stays in a register.
func.func @pid(%e: tensor<1xf64>, %k: tensor<f64> {rfx.by_value}) -> tensor<1xf64> {
  %b = rfx.broadcast %k dims [] [1] : tensor<f64> to tensor<1xf64>
  %r = rfx.mul %b, %e : tensor<1xf64>
  func.return %r : tensor<1xf64>
}
// CHECK-LABEL: func.func @pid(%e: memref<1xf64>, %k: f64, %out0: memref<1xf64>
// CHECK:         %[[E:.*]] = memref.load %e
// CHECK-NEXT:    %[[R:.*]] = arith.mulf %k, %[[E]] : f64
// CHECK-NEXT:    memref.store %[[R]], %out0
// CHECK-NOT:     scf.parallel

// -----

// A sum along the innermost loop: 64 lanes, folded in halves.
func.func @total(%x: tensor<100xf32>) -> tensor<f32> {
  %r = rfx.reduce "add" %x dims [0] : tensor<100xf32> to tensor<f32>
  func.return %r : tensor<f32>
}
// CHECK-LABEL: func.func @total
// CHECK:         memref.alloca() {{.*}} : memref<64xf32>
// CHECK:         scf.for
// CHECK:         arith.addf
// CHECK:         memref.store %{{.*}}, %out0[] : memref<f32>

// -----

// Integer division: no trap for 0 and -1, rounded down.
func.func @floor(%x: tensor<f64>, %a: tensor<8xi32>, %b: tensor<8xi32>) -> tensor<8xi32> {
  %r = rfx.floor_div %a, %b : tensor<8xi32>
  func.return %r : tensor<8xi32>
}
// CHECK-LABEL: func.func @floor
// CHECK:         %[[ZERO:.*]] = arith.cmpi eq, %[[B:.*]], %{{.*}} : i32
// CHECK:         %[[SAFE:.*]] = arith.select %{{.*}}, %{{.*}}, %[[B]] : i32
// CHECK:         arith.divsi %{{.*}}, %[[SAFE]] : i32

// -----

// Data movement: a reversed slice, then a scatter that drops what is outside.
func.func @moves(%x: tensor<6xf64>, %i: tensor<2xi64>, %u: tensor<2xf64>) -> tensor<6xf64> {
  %s = rfx.slice %x starts [5] steps [-1] [6] : tensor<6xf64> to tensor<6xf64>
  %r = rfx.scatter "add" %s at [0](%i) = %u : tensor<6xf64>, (tensor<2xi64>), tensor<2xf64> to tensor<6xf64>
  func.return %r : tensor<6xf64>
}
// CHECK-LABEL: func.func @moves
// CHECK:         %[[PLACE:.*]] = arith.subi %{{.*}}, %{{.*}} : index
// CHECK-NEXT:    memref.load %x[%[[PLACE]]]
// CHECK:         scf.for
// CHECK:           scf.if

// -----

// A tensor takes the place of one that is no longer read: three temporaries, two places.

func.func @places(%x: tensor<32x32xf32>) -> tensor<32x32xf32> {
  %a = rfx.slice %x starts [0, 31] steps [1, -1] [32, 32] : tensor<32x32xf32> to tensor<32x32xf32>
  %b = rfx.slice %a starts [31, 0] steps [-1, 1] [32, 32] : tensor<32x32xf32> to tensor<32x32xf32>
  %c = rfx.slice %b starts [0, 31] steps [1, -1] [32, 32] : tensor<32x32xf32> to tensor<32x32xf32>
  %d = rfx.slice %c starts [31, 0] steps [-1, 1] [32, 32] : tensor<32x32xf32> to tensor<32x32xf32>
  func.return %d : tensor<32x32xf32>
}
// CHECK-LABEL: @places
// CHECK-SAME:    rfx.workspace = 8192 : i64
// CHECK:         %[[FIRST:.*]] = arith.constant 0 : index
// CHECK:         memref.view %ws[%[[FIRST]]][]
// CHECK:         %[[SECOND:.*]] = arith.constant 4096 : index
// CHECK-NEXT:    memref.view %ws[%[[SECOND]]][]
// CHECK:         memref.view %ws[%[[FIRST]]][]
// CHECK-NOT:     memref.view

// -----

// Whole blocks of 64 lanes leave no rest: no loop of no iterations.
func.func @whole(%x: tensor<4x128xf32>) -> tensor<4xf32> {
  %r = rfx.reduce "add" %x dims [1] : tensor<4x128xf32> to tensor<4xf32>
  func.return %r : tensor<4xf32>
}
// CHECK-LABEL: func.func @whole
// CHECK:         scf.for
// CHECK:           memref.load %x
// CHECK-NOT:       memref.load %x
