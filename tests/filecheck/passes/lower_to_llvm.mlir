// RUN: rfx-opt -p lower-to-llvm %s | filecheck %s
// RUN: rfx-opt -p lower-to-llvm %s | %mlir-opt > /dev/null
// REQUIRES: mlir-opt

func.func @scale(%x: memref<?xf32>, %k: f32, %out: memref<?xf32>, %begin: index, %end: index) -> i32 {
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
// CHECK:      llvm.func @scale(%{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: f32, %{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64, %{{.*}}: i64) -> i32 {
// CHECK:        llvm.br ^[[HEAD:.*]](%{{.*}} : i64)
// CHECK:        %[[GO:.*]] = llvm.icmp "slt"
// CHECK-NEXT:   llvm.cond_br %[[GO]]
// CHECK:        llvm.getelementptr
// CHECK:        llvm.fmul
// CHECK:        llvm.store
// CHECK:        llvm.return

func.func @collatz(%n: i64) -> i64 {
  %one = arith.constant 1 : i64
  %zero = arith.constant 0 : i64
  %r:2 = scf.while (%v = %n, %steps = %zero) : (i64, i64) -> (i64, i64) {
    %go = arith.cmpi ne, %v, %one : i64
    scf.condition(%go) %v, %steps : i64, i64
  } do {
  ^bb0(%v: i64, %steps: i64):
    %odd = arith.andi %v, %one : i64
    %is_odd = arith.cmpi ne, %odd, %zero : i64
    %next = scf.if %is_odd -> (i64) {
      %three = arith.constant 3 : i64
      %t = arith.muli %v, %three : i64
      %u = arith.addi %t, %one : i64
      scf.yield %u : i64
    } else {
      %h = arith.shrui %v, %one : i64
      scf.yield %h : i64
    }
    %more = arith.addi %steps, %one : i64
    scf.yield %next, %more : i64, i64
  }
  func.return %r#1 : i64
}
// CHECK:      llvm.func @collatz
// CHECK:        llvm.icmp "ne"
// CHECK:        llvm.lshr
