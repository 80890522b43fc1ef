// RUN: rfx-opt -p lower-to-llvm -t llvm-ir %s | filecheck %s

// What is rare has weights, so that what is not keeps its registers; the names of
// metadata are given as they come.

func.func @rare(%x: memref<1xf64>, %flag: i1) -> i32 {
  %c = arith.constant 0 : index
  %a = memref.load %x[%c] : memref<1xf64>
  %b = scf.if %flag -> (f64) {
    %s = math.sqrt %a : f64
    scf.yield %s : f64
  } else {
    scf.yield %a : f64
  } {rfx.rare}
  %d = scf.if %flag -> (f64) {
    scf.yield %a : f64
  } else {
    scf.yield %b : f64
  }
  memref.store %d, %x[%c] : memref<1xf64>
  %z = arith.constant 0 : i32
  func.return %z : i32
}
// CHECK:      define i32 @rare(
// CHECK:        br i1 %{{.*}}, label %{{.*}}, label %{{.*}}, !prof !0
// CHECK:        br i1 %{{.*}}, label %{{.*}}, label %b{{[0-9]+}}{{$}}

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

// Innermost loops are aligned, each by a name of its own; what is around them is not.

func.func @nested(%x: memref<4xf64>, %n: index) -> i32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.load %x[%c0] : memref<4xf64>
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %i step %c1 {
      memref.store %a, %x[%j] : memref<4xf64>
    }
    scf.for %j = %c0 to %i step %c1 {
      %b = memref.load %x[%j] : memref<4xf64>
      memref.store %b, %x[%i] : memref<4xf64>
    }
  }
  %z = arith.constant 0 : i32
  func.return %z : i32
}
// CHECK-LABEL: define i32 @nested(
// CHECK:         store double
// CHECK:         br i1 %{{.*}}, label %{{.*}}, label %{{.*}}, !llvm.loop ![[FIRST:[0-9]+]]
// CHECK:         store double
// CHECK:         br i1 %{{.*}}, label %{{.*}}, label %{{.*}}, !llvm.loop ![[SECOND:[0-9]+]]
// CHECK:         br i1 %{{.*}}, label %{{.*}}, label %b{{[0-9]+}}{{$}}
// CHECK-NEXT:  b
// CHECK:      !0 = !{!"branch_weights", i32 1, i32 2000}
// CHECK:      declare double @llvm.maximum.f64(double, double)
// CHECK:       ![[ALIGN:[0-9]+]] = !{!"llvm.loop.align", i32 64}
// CHECK-NEXT:  ![[FIRST]] = distinct !{![[FIRST]], ![[ALIGN]]}
// CHECK-NEXT:  ![[SECOND]] = distinct !{![[SECOND]], ![[ALIGN]]}
