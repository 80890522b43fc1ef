// RUN: rfx-opt -p expand-math,map-to-gpu -t msl %s | filecheck %s
// RUN: not rfx-opt -t msl %s 2>&1 | filecheck %s --check-prefix NONE

func.func @f(%x: memref<?xf32>, %k: f32, %y: memref<?xf32>, %begin: index, %end: index, %ws: memref<?xi8>) -> i32 {
  %c1 = arith.constant 1 : index
  "scf.parallel"(%begin, %end, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %a = memref.load %x[%i] : memref<?xf32>
    %b = arith.mulf %a, %k : f32
    %c = math.floor %b : f32
    %d = arith.bitcast %c : f32 to i32
    %e = arith.addi %d, %d : i32
    %g = arith.bitcast %e : i32 to f32
    memref.store %g, %y[%i] : memref<?xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  %ok = arith.constant 0 : i32
  func.return %ok : i32
}
// CHECK:      #include <metal_stdlib>
// CHECK-NEXT: #pragma clang fp contract(off)
// CHECK:      kernel void f_0(device const float *x {{\[\[}}buffer(0){{\]\]}},
// CHECK-NEXT:                 constant long &x_d0 {{\[\[}}buffer(1){{\]\]}},
// CHECK-NEXT:                 constant float &k {{\[\[}}buffer(2){{\]\]}},
// CHECK-NEXT:                 device float *y {{\[\[}}buffer(3){{\]\]}},
// CHECK-NEXT:                 constant long &y_d0 {{\[\[}}buffer(4){{\]\]}},
// CHECK:                      uint thread_ {{\[\[}}thread_position_in_threadgroup{{\]\]}},
// CHECK-NEXT:                 uint block_ {{\[\[}}threadgroup_position_in_grid{{\]\]}}) {
// CHECK:        const float c = floor(b);
// CHECK-NEXT:   const int d = as_type<int>(c);
// CHECK-NEXT:   const int e = (int)(uint)((uint)d + (uint)d);
// CHECK-NEXT:   const float g = as_type<float>(e);
// CHECK-NEXT:   y[{{.*}}] = g;

// NONE: there is no gpu.module; run map-to-gpu first
