// RUN: rfx-opt -p lower-gpu-to-nvvm --split-input-file %s | filecheck %s
// RUN: rfx-opt -p lower-gpu-to-nvvm --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

"gpu.module"() <{sym_name = "k"}> ({
  func.func private @helper(%a: f32) -> f32 {
    %r = math.sqrt %a : f32
    func.return %r : f32
  }
  "gpu.func"() <{function_type = (memref<?xf32>, i1) -> (), kernel}> ({
  ^bb0(%x: memref<?xf32>, %c: i1):
    %block = "gpu.block_id"() <{dimension = #gpu<dim x>}> : () -> index
    %thread = "gpu.thread_id"() <{dimension = #gpu<dim x>}> : () -> index
    %shared = memref.alloca() : memref<64xf32, 3 : i64>
    %own = memref.alloca() : memref<4xf32>
    %a = memref.load %x[%block] : memref<?xf32>
    %b = func.call @helper(%a) : (f32) -> f32
    memref.store %b, %shared[%thread] : memref<64xf32, 3 : i64>
    "gpu.barrier"() : () -> ()
    "gpu.return"() : () -> ()
  }) {sym_name = "f", gpu.known_block_size = array<i32: 64, 1, 1>, gpu.kernel} : () -> ()
}) : () -> ()
// CHECK:       "gpu.module"
// CHECK-NEXT:    llvm.mlir.global internal @f_shared0() {addr_space = 3 : i32, alignment = 64 : i64} : !llvm.array<64 x f32>
// CHECK-NEXT:    llvm.func internal @helper(%{{.*}}: f32) -> f32
// CHECK:         llvm.func @f(%{{.*}}: !llvm.ptr<1>, %{{.*}}: i64, %{{.*}}: i8) attributes {nvvm.kernel, gpu.kernel, nvvm.reqntid = array<i32: 64, 1, 1>}
// CHECK:           llvm.alloca
// CHECK:           llvm.call_intrinsic "llvm.nvvm.read.ptx.sreg.ctaid.x"() : () -> i32
// CHECK:           %[[T:.*]] = llvm.call_intrinsic "llvm.nvvm.read.ptx.sreg.tid.x"() : () -> i32
// CHECK-NEXT:      %[[THREAD:.*]] = llvm.zext %[[T]] : i32 to i64
// CHECK-NEXT:      %[[SHARED:.*]] = llvm.mlir.addressof @f_shared0 : !llvm.ptr<3>
// CHECK:           llvm.call @helper
// CHECK-NEXT:      %[[PLACE:.*]] = llvm.getelementptr %[[SHARED]][%[[THREAD]]]
// CHECK-NEXT:      llvm.store %{{.*}}, %[[PLACE]] {alignment = 4 : i64} : f32, !llvm.ptr<3>
// CHECK:           llvm.call_intrinsic "llvm.nvvm.barrier.cta.sync.aligned.all"
// CHECK:           llvm.return

// -----

// What nothing else shares is noalias; if it is only read, directly or through a view,
// it is readonly too. Dynamic sizes follow their pointer.

"gpu.module"() <{sym_name = "kernels"}> ({
  "gpu.func"() <{function_type = (memref<2x?xf32>, memref<4xf32>, f32, memref<4xf32>) -> (), kernel}> ({
  ^bb0(%x: memref<2x?xf32>, %out: memref<4xf32>, %k: f32, %other: memref<4xf32>):
    %t = "gpu.thread_id"() <{dimension = #gpu<dim y>}> : () -> index
    %flat = memref.collapse_shape %x [[0 : i64, 1 : i64]] : memref<2x?xf32> into memref<?xf32>
    %a = memref.load %flat[%t] : memref<?xf32>
    %b = memref.load %other[%t] : memref<4xf32>
    %c = arith.mulf %a, %b : f32
    memref.store %c, %out[%t] : memref<4xf32>
    "gpu.return"() : () -> ()
  }) {sym_name = "facts", gpu.kernel, arg_attrs = [{llvm.noalias}, {llvm.noalias}, {}, {}]} : () -> ()
}) : () -> ()
// CHECK:      llvm.func @facts(%x: !llvm.ptr<1> {llvm.noalias, llvm.readonly}, %{{.*}}: i64, %out: !llvm.ptr<1> {llvm.noalias}, %k: f32, %other: !llvm.ptr<1>) attributes
// CHECK:        "llvm.nvvm.read.ptx.sreg.tid.y"
// CHECK:        llvm.getelementptr %x[%{{.*}}] : (!llvm.ptr<1>, i64) -> !llvm.ptr<1>, f32
