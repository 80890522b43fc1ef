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
// CHECK:        %[[GO:.*]] = llvm.icmp "slt" %begin, %end
// CHECK-NEXT:   llvm.cond_br %[[GO]], ^[[BODY:.*]](%begin : i64), ^[[AFTER:.*]]{{$}}
// CHECK:      ^[[BODY]](%[[I:.*]]: i64):
// CHECK:        llvm.getelementptr %x[%[[I]]]
// CHECK:        llvm.fmul
// CHECK:        llvm.store
// CHECK-NEXT:   %[[NEXT:.*]] = llvm.add %[[I]]
// CHECK-NEXT:   %[[MORE:.*]] = llvm.icmp "slt" %[[NEXT]], %end
// CHECK-NEXT:   llvm.cond_br %[[MORE]], ^[[BODY]](%[[NEXT]] : i64), ^[[AFTER]]
// CHECK:      ^[[AFTER]]:
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

func.func @vectors(%x: memref<?xf32>, %m: memref<?xi1>, %i: index, %n: index) -> i1 {
  %k = arith.constant 2.0 : f32
  %all = vector.broadcast %k : f32 to vector<4xf32>
  %mask = vector.create_mask %n : vector<4xi1>
  %a = vector.maskedload %x[%i], %mask, %all : memref<?xf32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  %b = arith.mulf %a, %all : vector<4xf32>
  vector.store %b, %x[%i] : memref<?xf32>, vector<4xf32>
  %c = vector.load %m[%i] : memref<?xi1>, vector<4xi1>
  vector.maskedstore %m[%i], %mask, %c : memref<?xi1>, vector<4xi1>, vector<4xi1>
  %low = vector.shuffle %b, %b [0, 1] : vector<4xf32>, vector<4xf32>
  %one = vector.extract %low[1] : f32 from vector<2xf32>
  %put = vector.insert %one, %b[3] : f32 into vector<4xf32>
  %less = arith.cmpf olt, %put, %a : vector<4xf32>
  %any = vector.reduction <or>, %less : vector<4xi1> into i1
  func.return %any : i1
}
// CHECK:      llvm.func @vectors
// CHECK:        %[[K:.*]] = llvm.mlir.constant(2.000000e+00 : f32) : f32
// CHECK:        %[[ONE:.*]] = llvm.insertelement %[[K]], %{{.*}}[%{{.*}} : i64] : vector<4xf32>
// CHECK-NEXT:   %[[ALL:.*]] = llvm.shufflevector %[[ONE]], %[[ONE]] [0, 0, 0, 0] : vector<4xf32>
// CHECK-NEXT:   %[[STEPS:.*]] = llvm.mlir.constant(dense<[0, 1, 2, 3]> : vector<4xi32>) : vector<4xi32>
// CHECK:        %[[MASK:.*]] = llvm.icmp "ult" %[[STEPS]], %{{.*}} : vector<4xi32>
// CHECK:        llvm.call_intrinsic "llvm.masked.load.v4f32.p0"(%{{.*}}, %[[MASK]], %[[ALL]])
// CHECK-NEXT:   llvm.fmul %{{.*}}, %[[ALL]] : vector<4xf32>
// CHECK:        llvm.store %{{.*}}, %{{.*}} {alignment = 4 : i64} : vector<4xf32>, !llvm.ptr
// CHECK:        %[[BYTES:.*]] = llvm.load %{{.*}} {alignment = 1 : i64} : !llvm.ptr -> vector<4xi8>
// CHECK:        llvm.icmp "ne" %[[BYTES]], %{{.*}} : vector<4xi8>
// CHECK:        %[[STORED:.*]] = llvm.zext %{{.*}} : vector<4xi1> to vector<4xi8>
// CHECK:        llvm.call_intrinsic "llvm.masked.store.v4i8.p0"(%[[STORED]], %{{.*}}, %[[MASK]])
// CHECK:        llvm.shufflevector %{{.*}}, %{{.*}} [0, 1] : vector<4xf32>
// CHECK:        llvm.extractelement %{{.*}}[%{{.*}} : i64] : vector<2xf32>
// CHECK:        llvm.insertelement
// CHECK:        llvm.fcmp "olt" %{{.*}}, %{{.*}} : vector<4xf32>
// CHECK:        llvm.call_intrinsic "llvm.vector.reduce.or.v4i1"

// The name of an intrinsic tells the types of its operands.

func.func @ldexp(%x: vector<8xf32>, %n: vector<8xi32>) -> vector<8xf32> {
  %0 = llvm.call_intrinsic "llvm.ldexp"(%x, %n) : (vector<8xf32>, vector<8xi32>) -> vector<8xf32>
  func.return %0 : vector<8xf32>
}
// CHECK-LABEL: @ldexp
// CHECK:         llvm.call_intrinsic "llvm.ldexp.v8f32.v8i32"(%x_{{.*}}, %n_{{.*}}) : (vector<8xf32>, vector<8xi32>) -> vector<8xf32>
