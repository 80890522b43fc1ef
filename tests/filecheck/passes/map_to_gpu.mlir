// RUN: rfx-opt -p map-to-gpu --split-input-file %s | filecheck %s
// RUN: rfx-opt -p map-to-gpu --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// A thread for each iteration of a straight-line nest; sizes are computed on the host.

func.func @scale(%x: memref<?x4xf32>, %k: f64, %y: memref<?x4xf32>, %begin: index, %end: index, %ws: memref<?xi8>) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %kf = arith.truncf %k : f64 to f32
  "scf.parallel"(%begin, %end, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    "scf.parallel"(%c0, %c4, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb1(%j: index):
      %a = memref.load %x[%i, %j] : memref<?x4xf32>
      %b = arith.mulf %a, %kf : f32
      memref.store %b, %y[%i, %j] : memref<?x4xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  %ok = arith.constant 0 : i32
  func.return %ok : i32
}
// CHECK:       builtin.module attributes {gpu.container_module}
// CHECK:       "gpu.func"() <{function_type = {{.*}}, kernel}> ({
// CHECK-NEXT:  ^{{.*}}(%[[X:[^:]*]]: memref<?x4xf32>, %[[K:[^:]*]]: f32, %[[Y:[^:]*]]: memref<?x4xf32>, {{.*}}, %[[TOTAL:[^:]*]]: index):
// CHECK:         %[[BLOCK:.*]] = "gpu.block_id"
// CHECK:         %[[THREAD:.*]] = "gpu.thread_id"
// CHECK:         %[[FIRST:.*]] = arith.muli %[[BLOCK]]
// CHECK:         %[[ID:.*]] = arith.addi %[[FIRST]], %[[THREAD]]
// CHECK:         %[[IN:.*]] = arith.cmpi slt, %[[ID]], %[[TOTAL]]
// CHECK:         scf.if %[[IN]] {
// CHECK:           %[[J:.*]] = arith.remui %[[ID]]
// CHECK:           %[[ROW:.*]] = arith.divui %[[ID]]
// CHECK:           %[[I:.*]] = arith.addi %begin, %[[ROW]]
// CHECK:           %[[A:.*]] = memref.load %[[X]][%[[I]], %[[J]]]
// CHECK:           %[[B:.*]] = arith.mulf %[[A]], %[[K]]
// CHECK:           memref.store %[[B]], %[[Y]][%[[I]], %[[J]]]
// CHECK:       gpu.known_block_size = array<i32: 256, 1, 1>
// CHECK:       func.func @scale
// CHECK:         %[[KF:.*]] = arith.truncf %k
// CHECK:         "gpu.launch_func"({{.*}}) <{kernel = @scale_kernels::@scale_0

// -----

// A block of threads for each row: the lanes are shared, inner loops are dealt out with
// a barrier after each, stores are thread 0's.

func.func @rows(%x: memref<8x64xf32>, %y: memref<8xf32>, %begin: index, %end: index, %ws: memref<?xi8>) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %c8, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %lanes = memref.alloca() : memref<64xf32>
    "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb1(%l: index):
      %a = memref.load %x[%i, %l] : memref<8x64xf32>
      memref.store %a, %lanes[%l] : memref<64xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    %r = memref.load %lanes[%c1] : memref<64xf32>
    memref.store %r, %y[%i] : memref<8xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  %ok = arith.constant 0 : i32
  func.return %ok : i32
}
// CHECK:       "gpu.func"
// CHECK:         %[[ROW:.*]] = "gpu.block_id"
// CHECK-NEXT:    %[[T:.*]] = "gpu.thread_id"
// CHECK:         %[[LANES:.*]] = memref.alloca() : memref<64xf32, 3 : i64>
// CHECK:         "gpu.barrier"()
// CHECK:         scf.for %[[L:.*]] = %[[T]] to %{{.*}} step
// CHECK:           memref.load %{{.*}}[%[[ROW]], %[[L]]]
// CHECK:           memref.store %{{.*}}, %[[LANES]][%[[L]]]
// CHECK:         "gpu.barrier"()
// CHECK:         %[[R:.*]] = memref.load %[[LANES]]
// CHECK:         %[[FIRST:.*]] = arith.cmpi eq, %[[T]]
// CHECK-NEXT:    scf.if %[[FIRST]] {
// CHECK-NEXT:      memref.store %[[R]], %{{.*}}[%[[ROW]]]
// CHECK:       gpu.known_block_size = array<i32: 64, 1, 1>

// -----

// What lies between nests is a kernel of one block; its scalar reaches the next kernel
// through memory, and buffers of the function are device memory.

func.func @between(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index, %ws: memref<?xi8>) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %own = memref.alloca() : memref<8xf32>
  %first = memref.load %x[%c0] : memref<8xf32>
  %twice = arith.addf %first, %first : f32
  "scf.parallel"(%c0, %c8, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    memref.store %twice, %own[%i] : memref<8xf32>
    memref.store %twice, %y[%i] : memref<8xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  %ok = arith.constant 0 : i32
  func.return %ok : i32
}
// CHECK:       "gpu.func"
// CHECK:         %[[A:.*]] = memref.load
// CHECK:         %[[B:.*]] = arith.addf %[[A]], %[[A]]
// CHECK:         memref.store %[[B]], %{{.*}}[] : memref<f32>
// CHECK:       "gpu.func"
// CHECK:         memref.load %{{.*}}[] : memref<f32>
// CHECK:       func.func @between
// CHECK:         %[[OWN:.*]] = "gpu.alloc"{{.*}} -> memref<8xf32>
// CHECK:         %[[SLOT:.*]] = "gpu.alloc"{{.*}} -> memref<f32>
// CHECK:         "gpu.launch_func"({{.*}}, %[[SLOT]]) <{kernel = @between_kernels::@between_0
// CHECK:         "gpu.launch_func"({{.*}}) <{kernel = @between_kernels::@between_1

// -----

// A status that the device computes is copied to the host.

func.func @checked(%x: memref<8xi32>, %begin: index, %end: index, %ws: memref<?xi8>) -> i32 {
  %c0 = arith.constant 0 : index
  %first = memref.load %x[%c0] : memref<8xi32>
  func.return %first : i32
}
// CHECK:       func.func @checked
// CHECK:         %[[SLOT:.*]] = "gpu.alloc"
// CHECK:         "gpu.launch_func"
// CHECK:         %[[HERE:.*]] = memref.alloca() : memref<i32>
// CHECK-NEXT:    "gpu.memcpy"(%[[HERE]], %[[SLOT]])
// CHECK-NEXT:    %[[STATUS:.*]] = memref.load %[[HERE]][]
// CHECK-NEXT:    func.return %[[STATUS]]
