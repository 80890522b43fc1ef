// RUN: rfx-opt -p map-to-gpu --split-input-file --verify-diagnostics %s | filecheck %s

// One thread for each iteration; the last block has threads without one.

func.func @scale(%x: memref<?xf32>, %k: f32, %out: memref<?xf32>, %begin: index, %end: index, %ws: memref<?xi8>) -> i32 {
  %one = arith.constant 1 : index
  "scf.parallel"(%begin, %end, %one) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %a = memref.load %x[%i] : memref<?xf32>
    %b = arith.mulf %a, %k : f32
    memref.store %b, %out[%i] : memref<?xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  %zero = arith.constant 0 : i32
  func.return %zero : i32
}
// CHECK:      builtin.module attributes {gpu.container_module}
// CHECK-NEXT:   func.func @scale(%x: memref<?xf32>, %k: f32, %out: memref<?xf32>, %begin: index, %end: index, %ws: memref<?xi8>) -> i32 {
// CHECK-DAG:      %[[ONE:.*]] = arith.constant 1 : index
// CHECK-DAG:      %[[THREADS:.*]] = arith.constant 256 : index
// CHECK-DAG:      %[[N:.*]] = arith.subi %end, %begin : index
// CHECK:          %[[UP:.*]] = arith.addi %{{.*}}, %{{.*}} : index
// CHECK-NEXT:     %[[B:.*]] = arith.divui %[[UP]], %[[THREADS]] : index
// CHECK-NEXT:     %[[BLOCKS:.*]] = arith.maxsi %[[B]], %[[ONE]] : index
// CHECK-NEXT:     "gpu.launch_func"(%[[BLOCKS]], %[[ONE]], %[[ONE]], %[[THREADS]], %[[ONE]], %[[ONE]], %x, %k, %out, %begin, %end) <{kernel = @{{[a-z]*}}_kernels::@scale_0
// CHECK-NEXT:     %zero = arith.constant 0 : i32
// CHECK-NEXT:     func.return %zero : i32
// CHECK:        "gpu.module"() <{sym_name = "scale_kernels"}> ({
// CHECK-NEXT:     "gpu.func"() <{function_type = (memref<?xf32>, f32, memref<?xf32>, index, index) -> (), kernel}> ({
// CHECK-NEXT:     ^bb0(%x: memref<?xf32>, %k: f32, %out: memref<?xf32>, %begin: index, %end: index):
// CHECK-NEXT:       %[[BLOCK:.*]] = "gpu.block_id"() <{dimension = #gpu<dim x>}>
// CHECK-NEXT:       %[[SIZE:.*]] = arith.constant 256 : index
// CHECK-NEXT:       %[[FIRST:.*]] = arith.muli %[[BLOCK]], %[[SIZE]] : index
// CHECK-NEXT:       %[[THREAD:.*]] = "gpu.thread_id"() <{dimension = #gpu<dim x>}>
// CHECK-NEXT:       %[[K:.*]] = arith.addi %[[FIRST]], %[[THREAD]] : index
// CHECK-NEXT:       %[[COUNT:.*]] = arith.subi %end, %begin : index
// CHECK-NEXT:       %[[INSIDE:.*]] = arith.cmpi slt, %[[K]], %[[COUNT]] : index
// CHECK-NEXT:       scf.if %[[INSIDE]] {
// CHECK-NEXT:         %[[I:.*]] = arith.addi %begin, %[[K]] : index
// CHECK-NEXT:         %a = memref.load %x[%[[I]]]
// CHECK-NEXT:         %b = arith.mulf %a, %k : f32
// CHECK-NEXT:         memref.store %b, %out[%[[I]]]
// CHECK-NEXT:       }
// CHECK-NEXT:       "gpu.return"() : () -> ()
// CHECK-NEXT:     }) {sym_name = "scale_0", gpu.known_block_size = array<i32: 256, 1, 1>, gpu.kernel, arg_attrs = [{llvm.noalias}, {}, {llvm.noalias}, {}, {}]}

// -----

// Loops directly inside each other are one; a constant between them is no obstacle.

func.func @nested(%x: memref<3x5xf32>, %out: memref<3x5xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  "scf.parallel"(%c0, %c3, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %c5 = arith.constant 5 : index
    "scf.parallel"(%c0, %c5, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      %a = memref.load %x[%i, %j] : memref<3x5xf32>
      memref.store %a, %out[%i, %j] : memref<3x5xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: func.func @nested
// CHECK-COUNT-1: gpu.launch_func
// CHECK:         %[[K:.*]] = arith.addi
// CHECK:         %[[FIVE:.*]] = arith.constant 5 : index
// CHECK-NEXT:    %[[ALL:.*]] = arith.constant 15 : index
// CHECK:         arith.cmpi slt, %[[K]], %[[ALL]] : index
// CHECK-NEXT:    scf.if
// CHECK-NEXT:      %[[J:.*]] = arith.remui %[[K]], %[[FIVE]] : index
// CHECK-NEXT:      %[[I:.*]] = arith.divui %[[K]], %[[FIVE]] : index
// CHECK-NEXT:      memref.load %x[%[[I]], %[[J]]]

// -----

// A loop whose bound depends on the one around it is shared by a block.

func.func @triangle(%out: memref<9x9xf32>, %value: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  "scf.parallel"(%c0, %c9, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    "scf.parallel"(%c0, %i, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      memref.store %value, %out[%i, %j] : memref<9x9xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: func.func @triangle
// CHECK:         %[[I:.*]] = "gpu.block_id"()
// CHECK:         %[[T:.*]] = "gpu.thread_id"()
// CHECK:         %[[STEP:.*]] = arith.constant 256 : index
// CHECK:           scf.for %[[J:.*]] = %[[T]] to %[[I]] step %[[STEP]] {
// CHECK-NEXT:        memref.store %value, %out[%[[I]], %[[J]]]

// -----

// One block for each row: lanes are threads, the stack buffer is shared, barriers lie
// between writing and reading, and the first thread stores the result.

func.func @rows(%x: memref<?x64xf32>, %n: index, %out: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %lanes = memref.alloca() : memref<64xf32>
    "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%l: index):
      %a = memref.load %x[%i, %l] : memref<?x64xf32>
      memref.store %a, %lanes[%l] : memref<64xf32>
      scf.reduce
    }) : (index, index, index) -> ()
    %first = memref.load %lanes[%c0] : memref<64xf32>
    memref.store %first, %out[%i] : memref<?xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: func.func @rows
// CHECK:         %[[ROWS:.*]] = arith.maxsi %n,
// CHECK-NEXT:    %[[BLOCKS:.*]] = arith.maxsi %[[ROWS]],
// CHECK-NEXT:    "gpu.launch_func"(%[[BLOCKS]],
// CHECK:         %[[ROW:.*]] = "gpu.block_id"()
// CHECK:         %[[LANES:.*]] = memref.alloca() : memref<64xf32, 3 : i64>
// CHECK-NEXT:    %[[T:.*]] = "gpu.thread_id"()
// CHECK:         %[[LANE:.*]] = arith.cmpi slt, %[[T]], %{{.*}} : index
// CHECK-NEXT:    scf.if %[[LANE]] {
// CHECK-NEXT:      %a = memref.load %x[%[[ROW]], %[[T]]]
// CHECK-NEXT:      memref.store %a, %[[LANES]][%[[T]]]
// CHECK-NEXT:    }
// CHECK-NEXT:    "gpu.barrier"()
// CHECK-NEXT:    %first = memref.load %[[LANES]]
// CHECK-NEXT:    "gpu.barrier"()
// CHECK-NEXT:    %[[ONLY:.*]] = arith.cmpi eq, %[[T]], %{{.*}} : index
// CHECK-NEXT:    scf.if %[[ONLY]] {
// CHECK-NEXT:      memref.store %first, %out[%[[ROW]]]
// CHECK:         gpu.known_block_size = array<i32: 64, 1, 1>

// -----

// What is not parallel is one thread. Its scalars and buffers go through memory to the
// next kernel, and to the host; arithmetic on them is repeated. Shapes stay on the host.

func.func @scalars(%x: memref<f32>, %out: memref<?xf32>, %n: index) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %two = arith.constant 2.0 : f32
  %buffer = memref.alloca() : memref<2xf32>
  %a = memref.load %x[] : memref<f32>
  %b = arith.mulf %a, %two : f32
  memref.store %b, %buffer[%c0] : memref<2xf32>
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %c = memref.load %buffer[%c0] : memref<2xf32>
    %d = arith.addf %b, %c : f32
    memref.store %d, %out[%i] : memref<?xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  %less = arith.cmpf olt, %a, %two : f32
  %status = arith.extui %less : i1 to i32
  func.return %status : i32
}
func.func @scalars_shapes(%in: memref<1xi64>, %out: memref<3xi64>) -> i32 {
  %zero = arith.constant 0 : i32
  func.return %zero : i32
}
// CHECK-LABEL: func.func @scalars(
// CHECK-NEXT:    %[[BUFFER:.*]] = "gpu.alloc"() <{operandSegmentSizes = array<i32: 0, 0, 0>}> : () -> memref<2xf32>
// CHECK-NEXT:    %[[A:.*]] = "gpu.alloc"() <{operandSegmentSizes = array<i32: 0, 0, 0>, hostShared}> : () -> memref<f32>
// CHECK-NEXT:    %[[ONE:.*]] = arith.constant 1 : index
// CHECK-NEXT:    "gpu.launch_func"(%[[ONE]], %[[ONE]], %[[ONE]], %[[ONE]], %[[ONE]], %[[ONE]], %x, %[[BUFFER]], %[[A]]) <{kernel = @{{[a-z]*}}_kernels::@scalars_0
// CHECK:         "gpu.launch_func"(%{{.*}}, %out, %n, %[[BUFFER]], %[[A]]) <{kernel = @{{[a-z]*}}_kernels::@scalars_1
// CHECK-NEXT:    %[[HERE:.*]] = memref.load %[[A]][] : memref<f32>
// CHECK:         %less = arith.cmpf olt, %[[HERE]], %two : f32
// CHECK:         "gpu.dealloc"(%[[A]])
// CHECK-NEXT:    "gpu.dealloc"(%[[BUFFER]])
// CHECK-NEXT:    func.return %status : i32
// CHECK:       ^bb0(%x: memref<f32>, %[[P:.*]]: memref<2xf32>, %[[Q:.*]]: memref<f32>):
// CHECK-NEXT:    %a = memref.load %x[] : memref<f32>
// CHECK-NEXT:    %two = arith.constant 2.000000e+00 : f32
// CHECK-NEXT:    %b = arith.mulf %a, %two : f32
// CHECK:         memref.store %b, %[[P]]
// CHECK-NEXT:    memref.store %a, %[[Q]][] : memref<f32>
// CHECK-NEXT:    "gpu.return"
// CHECK:         sym_name = "scalars_0", gpu.known_block_size = array<i32: 1, 1, 1>
// CHECK:         %[[AGAIN:.*]] = memref.load %{{.*}}[] : memref<f32>
// CHECK:         arith.mulf %[[AGAIN]], %two : f32
// CHECK:       func.func @scalars_shapes
// CHECK-NOT:     gpu.launch_func

// -----

// Helpers are the kernels'.

func.func @calls(%out: memref<f32>, %x: f32) {
  %y = func.call @helper(%x) : (f32) -> f32
  memref.store %y, %out[] : memref<f32>
  func.return
}
func.func private @helper(%x: f32) -> f32 {
  func.return %x : f32
}
// CHECK-LABEL: func.func @calls
// CHECK:       "gpu.module"
// CHECK:         func.func private @helper(%{{.*}}: f32) -> f32
// CHECK:         %y = func.call @helper(%{{.*}}) : (f32) -> f32

// -----

func.func @returns_a_buffer(%x: memref<4xf32>) -> memref<4xf32> {
  func.return %x : memref<4xf32>
}
// CHECK: func.func: a host function returns scalars, no buffers

// -----

func.func @rfx_level(%x: tensor<4xf32>, %out: memref<4xf32>) {
  %y = rfx.sin %x : tensor<4xf32>
  func.return
}
// CHECK: rfx.sin: is not an op of the loops level

// -----

func.func @has_results(%n: index, %start: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = "scf.parallel"(%c0, %n, %c1, %start) <{operandSegmentSizes = array<i32: 1, 1, 1, 1>}> ({
  ^bb0(%i: index):
    "scf.reduce"(%start) ({
    ^bb0(%a: f32, %b: f32):
      scf.reduce.return %a : f32
    }) : (f32) -> ()
  }) : (index, index, index, f32) -> f32
  func.return
}
// CHECK: scf.parallel: a parallel loop with results

// -----

func.func @dynamic_stack(%n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %buffer = memref.alloca(%n) : memref<?xf32>
  memref.store %x, %buffer[%c0] : memref<?xf32>
  func.return
}
// CHECK: memref.alloca: a stack buffer of dynamic size
