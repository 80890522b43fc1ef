// RUN: rfx-opt -p expand-math,map-to-gpu,lower-gpu-to-nvvm -t ptx %s | filecheck %s
// RUN: rfx-opt -p expand-math,map-to-gpu,lower-gpu-to-nvvm -t ptx %s > %t && %ptxas -arch=sm_90 %t -o %t.cubin
// RUN: not rfx-opt -t ptx %s 2>&1 | filecheck %s --check-prefix NONE
// RUN: not rfx-opt -p map-to-gpu,lower-gpu-to-nvvm -t ptx %s 2>&1 | filecheck %s --check-prefix MATH
// REQUIRES: ptxas

func.func @f(%x: memref<1000xf32>, %y: memref<1000xf32>, %begin: index, %end: index, %ws: memref<?xi8>) -> i32 {
  %c1 = arith.constant 1 : index
  "scf.parallel"(%begin, %end, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %a = memref.load %x[%i] : memref<1000xf32>
    %b = math.exp %a : f32
    memref.store %b, %y[%i] : memref<1000xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  %ok = arith.constant 0 : i32
  func.return %ok : i32
}
// CHECK:      .target sm_90
// CHECK:      .visible .entry f_0(
// CHECK:        mov.u32 %{{.*}}, %ctaid.x;
// CHECK:        ld.global.nc.b32
// CHECK:        fma.rn.f32
// CHECK:        st.global.b32

// NONE: there is no gpu.module; run map-to-gpu first
// MATH: math.exp: cannot be lowered to the llvm dialect
