// RUN: rfx-opt -t ptx --split-input-file --verify-diagnostics %s | filecheck %s

// LLVM would end the whole process here.

"gpu.module"() <{sym_name = "kernels"}> ({
  llvm.func @k(%p: !llvm.ptr<1>, %x: f32) attributes {nvvm.kernel} {
    %y = llvm.call_intrinsic "llvm.exp.f32"(%x) : (f32) -> f32
    llvm.store %y, %p {alignment = 4 : i64} : f32, !llvm.ptr<1>
    llvm.return
  }
}) : () -> ()
// CHECK: llvm.call_intrinsic: llvm.exp.f32 has no exact PTX

// -----

// And this would be an approximation.

"gpu.module"() <{sym_name = "kernels"}> ({
  llvm.func @k(%p: !llvm.ptr<1>, %x: f32) attributes {nvvm.kernel} {
    %y = llvm.call_intrinsic "llvm.exp2.f32"(%x) : (f32) -> f32
    llvm.store %y, %p {alignment = 4 : i64} : f32, !llvm.ptr<1>
    llvm.return
  }
}) : () -> ()
// CHECK: llvm.exp2.f32 has no exact PTX

// -----

func.func @f() {
  func.return
}
// CHECK: builtin.module: there is no gpu.module

// -----

"gpu.module"() <{sym_name = "kernels"}> ({
  "gpu.func"() <{function_type = () -> ()}> ({
    "gpu.return"() : () -> ()
  }) {sym_name = "k", gpu.kernel} : () -> ()
}) : () -> ()
// CHECK: gpu.func: is no kernel; run lower-gpu-to-nvvm first
