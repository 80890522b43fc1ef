// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s | filecheck %s

// Rows are centred while they are in the cache: the mean is a scalar, and what only the
// rows themselves read is on the stack.
func.func @normal(%x: tensor<8x200xf32>) -> (tensor<8x200xf32>, tensor<8xf32>) {
  %s = rfx.reduce "add" %x dims [1] : tensor<8x200xf32> to tensor<8xf32>
  %c = rfx.reshape %s [8, 1] : tensor<8xf32> to tensor<8x1xf32>
  %n = rfx.neg %c : tensor<8x1xf32>
  %f = rfx.reshape %n [8] : tensor<8x1xf32> to tensor<8xf32>
  %m = rfx.broadcast %f dims [0] [8, 200] : tensor<8xf32> to tensor<8x200xf32>
  %d = rfx.add %x, %m : tensor<8x200xf32>
  %e = rfx.exp %d : tensor<8x200xf32>
  %v = rfx.reduce "add" %e dims [1] : tensor<8x200xf32> to tensor<8xf32>
  %w = rfx.broadcast %v dims [0] [8, 200] : tensor<8xf32> to tensor<8x200xf32>
  %r = rfx.div %e, %w : tensor<8x200xf32>
  func.return %r, %v : tensor<8x200xf32>, tensor<8xf32>
}
// CHECK-LABEL: func.func @normal(
// CHECK-SAME:    rfx.workspace = 0 : i64
// CHECK:         %[[ROWS:.*]] = arith.constant 8 : index
// CHECK:         "scf.parallel"(%{{.*}}, %[[ROWS]],
// CHECK-NEXT:    ^bb0(%[[I:.*]]: index):
// CHECK-NEXT:      %[[E:.*]] = memref.alloca() {{.*}} : memref<200xf32>
// CHECK:           memref.load %x[%[[I]], %{{.*}}] : memref<8x200xf32>
// CHECK:           %[[N:.*]] = arith.negf %{{.*}} : f32
// CHECK:           %[[D:.*]] = arith.addf %{{.*}}, %[[N]] : f32
// CHECK-NEXT:      %[[X:.*]] = math.exp %[[D]] : f32
// CHECK-NEXT:      memref.store %[[X]], %[[E]][%[[J:.*]]] : memref<200xf32>
// CHECK:           memref.store %[[V:.*]], %out1[%[[I]]] : memref<8xf32>
// CHECK:           %[[A:.*]] = memref.load %[[E]][%[[J:.*]]] : memref<200xf32>
// CHECK-NEXT:      %[[R:.*]] = arith.divf %[[A]], %[[V]] : f32
// CHECK-NEXT:      memref.store %[[R]], %out0[%[[I]], %[[J]]] : memref<8x200xf32>

// -----

// Rows that are too short for vectors: each loop over all of them.
func.func @short(%x: tensor<8x100xf32>) -> tensor<8x100xf32> {
  %s = rfx.reduce "add" %x dims [1] : tensor<8x100xf32> to tensor<8xf32>
  %m = rfx.broadcast %s dims [0] [8, 100] : tensor<8xf32> to tensor<8x100xf32>
  %d = rfx.sub %x, %m : tensor<8x100xf32>
  func.return %d : tensor<8x100xf32>
}
// CHECK-LABEL: func.func @short(
// CHECK:         rfx.workspace = 0
// CHECK:         %[[S:.*]] = memref.alloca() {{.*}} : memref<8xf32>
// CHECK:         memref.store %{{.*}}, %[[S]][%{{.*}}] : memref<8xf32>
// CHECK:         memref.load %[[S]][%{{.*}}] : memref<8xf32>

// -----

// A result that reduces the rows needs all of them.
func.func @columns(%x: tensor<8x200xf32>) -> (tensor<8xf32>, tensor<200xf32>) {
  %s = rfx.reduce "add" %x dims [1] : tensor<8x200xf32> to tensor<8xf32>
  %b = rfx.broadcast %s dims [0] [8, 200] : tensor<8xf32> to tensor<8x200xf32>
  %d = rfx.sub %x, %b : tensor<8x200xf32>
  %t = rfx.reduce "maximum" %d dims [0] : tensor<8x200xf32> to tensor<200xf32>
  func.return %s, %t : tensor<8xf32>, tensor<200xf32>
}
// CHECK-LABEL: func.func @columns(
// CHECK:         memref.store %{{.*}}, %out0[%{{.*}}] : memref<8xf32>
// CHECK:         memref.load %out0[%{{.*}}] : memref<8xf32>

// -----

// One row reads the numbers of all rows.
func.func @others(%x: tensor<200x200xf32>) -> tensor<200x200xf32> {
  %s = rfx.reduce "add" %x dims [1] : tensor<200x200xf32> to tensor<200xf32>
  %m = rfx.broadcast %s dims [1] [200, 200] : tensor<200xf32> to tensor<200x200xf32>
  %d = rfx.sub %x, %m : tensor<200x200xf32>
  func.return %d : tensor<200x200xf32>
}
// CHECK-LABEL: func.func @others(
// CHECK:         %[[S:.*]] = memref.alloca() {{.*}} : memref<200xf32>
// CHECK:         memref.store %{{.*}}, %[[S]][%{{.*}}] : memref<200xf32>
// CHECK:         memref.load %[[S]][%{{.*}}] : memref<200xf32>

// -----

// Another number of rows.
func.func @sizes(%x: tensor<8x200xf32>, %y: tensor<9x200xf32>) -> (tensor<8xf32>, tensor<9xf32>) {
  %s = rfx.reduce "add" %x dims [1] : tensor<8x200xf32> to tensor<8xf32>
  %t = rfx.reduce "add" %y dims [1] : tensor<9x200xf32> to tensor<9xf32>
  func.return %s, %t : tensor<8xf32>, tensor<9xf32>
}
// CHECK-LABEL: func.func @sizes(
// CHECK:         "scf.parallel"(%{{.*}}, %{{.*}}, %{{.*}})
// CHECK:         memref.store %{{.*}}, %out0[%{{.*}}] : memref<8xf32>
// CHECK-NEXT:    scf.reduce
// CHECK-NEXT:    })
// CHECK:         memref.store %{{.*}}, %out1[%{{.*}}] : memref<9xf32>

// -----

// Long rows have no place on the stack: the rows are still done together.
func.func @long(%x: tensor<4x5000xf32>) -> tensor<4x5000xf32> {
  %s = rfx.exp %x : tensor<4x5000xf32>
  %t = rfx.reduce "maximum" %s dims [1] : tensor<4x5000xf32> to tensor<4xf32>
  %m = rfx.broadcast %t dims [0] [4, 5000] : tensor<4xf32> to tensor<4x5000xf32>
  %d = rfx.sub %s, %m : tensor<4x5000xf32>
  func.return %d : tensor<4x5000xf32>
}
// CHECK-LABEL: func.func @long(
// CHECK-SAME:    rfx.workspace = 80000 : i64
// CHECK:         %[[V:.*]] = memref.view %ws
// CHECK:         "scf.parallel"
// CHECK-NEXT:    ^bb0(%[[I:.*]]: index):
// CHECK:         memref.store %{{.*}}, %[[V]][%[[I]], %{{.*}}] : memref<4x5000xf32>
// CHECK:         memref.load %[[V]][%[[I]], %{{.*}}] : memref<4x5000xf32>
// CHECK-NEXT:    arith.subf
// CHECK-NEXT:    memref.store %{{.*}}, %out0[%[[I]], %{{.*}}] : memref<4x5000xf32>
