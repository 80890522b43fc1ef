// RUN: rfx-opt -p lower-to-llvm -t llvm-ir %s | filecheck %s

func.func @half_nan(%x: memref<4xf64>, %flag: i1) -> i32 {
  %c = arith.constant 2 : index
  %a = memref.load %x[%c] : memref<4xf64>
  %h = arith.constant 0.5 : f64
  %b = arith.mulf %a, %h : f64
  %r = arith.maximumf %b, %a : f64
  %s = arith.select %flag, %r, %b : f64
  memref.store %s, %x[%c] : memref<4xf64>
  %z = arith.constant 0 : i32
  func.return %z : i32
}
// CHECK:      define i32 @half_nan(ptr %0, i8 %1) #0 {
// CHECK-NEXT: b0:
// CHECK:        icmp ne i8 %1, 0
// CHECK:        getelementptr double, ptr %0, i64 2
// CHECK:        load double, ptr %{{.*}}, align 8
// CHECK:        fmul double %{{.*}}, 0x3FE0000000000000
// CHECK:        call double @llvm.maximum.f64(double %{{.*}}, double %{{.*}})
// CHECK:        select i1
// CHECK:        ret i32 0
// CHECK-NEXT: }
// CHECK:      declare double @llvm.maximum.f64(double, double)
