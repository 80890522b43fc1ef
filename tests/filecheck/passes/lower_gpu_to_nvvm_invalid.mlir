// RUN: rfx-opt -p lower-gpu-to-nvvm --split-input-file --verify-diagnostics %s | filecheck %s

"gpu.module"() <{sym_name = "kernels"}> ({
  "gpu.func"() <{function_type = () -> (), kernel}> ({
    %l = "gpu.lane_id"() : () -> index
    "gpu.return"() : () -> ()
  }) {sym_name = "k", gpu.kernel} : () -> ()
}) : () -> ()
// CHECK: gpu.lane_id: cannot be lowered to the llvm dialect
