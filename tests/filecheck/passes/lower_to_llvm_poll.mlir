// RUN: rfx-opt -p 'lower-to-llvm{poll=true}' %s | filecheck %s
// RUN: rfx-opt -p lower-to-llvm %s | filecheck %s --check-prefix=PLAIN

// Loops that may be long ask now and then whether a signal has come.

func.func @long(%x: memref<4xi64>, %n: index, %ws: memref<?xi8>) -> i32 attributes {rfx.workspace = 0 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %start = memref.load %x[%c0] : memref<4xi64>
  %r = scf.while (%a = %start) : (i64) -> i64 {
    %more = arith.cmpi slt, %a, %start : i64
    scf.condition(%more) %a : i64
  } do {
  ^bb0(%a: i64):
    %next = arith.addi %a, %a : i64
    scf.yield %next : i64
  } attributes {rfx.poll}
  memref.store %r, %x[%c0] : memref<4xi64>
  %status = arith.constant 0 : i32
  func.return %status : i32
}
// PLAIN-NOT: rfx.poll
// CHECK-LABEL: llvm.func @long
// CHECK:         %[[COUNT:.*]] = llvm.alloca %{{.*}} x i64
// CHECK-NEXT:    %[[FIRST:.*]] = llvm.getelementptr %[[COUNT]][0]
// CHECK-NEXT:    llvm.store %{{.*}}, %[[FIRST]]
// CHECK:         %[[CELL:.*]] = llvm.alloca %{{.*}} x i64
// CHECK:         llvm.cond_br %{{.*}}, ^[[BODY:[^,]*]], ^
// CHECK:       ^[[BODY]]:
// CHECK-NEXT:    %[[OLD:.*]] = llvm.load %[[COUNT]]
// CHECK-NEXT:    %[[LEFT:.*]] = llvm.add %[[OLD]]
// CHECK-NEXT:    llvm.store %[[LEFT]], %[[COUNT]]
// CHECK-NEXT:    %[[DUE:.*]] = llvm.icmp "slt" %[[LEFT]]
// CHECK-NEXT:    llvm.cond_br %[[DUE]], ^[[ASK:.*]], ^[[ON:.*]]{{$}}
// CHECK:       ^[[ASK]]:
// CHECK-NEXT:    %[[STATUS:.*]] = llvm.call @rfx.poll(%[[CELL]])
// CHECK-NEXT:    %[[NEW:.*]] = llvm.load %[[CELL]]
// CHECK-NEXT:    llvm.store %[[NEW]], %[[COUNT]]
// CHECK:         %[[BAD:.*]] = llvm.icmp "ne" %[[STATUS]]
// CHECK-NEXT:    llvm.cond_br %[[BAD]], ^[[LEAVE:.*]], ^[[ON]]
// CHECK:       ^[[LEAVE]]:
// CHECK-NEXT:    llvm.return %[[STATUS]]
// CHECK:       ^[[ON]]:
// CHECK-NEXT:    llvm.add

// A counted loop looks at every 64th trip only.

func.func @counted(%x: memref<4xi64>, %n: index, %ws: memref<?xi8>) -> i32 attributes {rfx.workspace = 0 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %k = arith.index_cast %i : index to i64
    memref.store %k, %x[%c0] : memref<4xi64>
  } {rfx.poll}
  %status = arith.constant 0 : i32
  func.return %status : i32
}
// CHECK-LABEL: llvm.func @counted
// CHECK-DAG:     %[[MASK:.*]] = llvm.mlir.constant(63) : i64
// CHECK:         %[[LOW:.*]] = llvm.and %{{.*}}, %[[MASK]]
// CHECK-NEXT:    %[[RARE:.*]] = llvm.icmp "eq" %[[LOW]]
// CHECK-NEXT:    llvm.cond_br %[[RARE]], ^[[COUNT:.*]], ^[[ON:.*]]{{$}}
// CHECK:       ^[[COUNT]]:
// CHECK-NEXT:    llvm.load

// A trip that runs over an array counts as 64.

func.func @arrays(%x: memref<?xi64>, %n: index, %ws: memref<?xi8>) -> i32 attributes {rfx.workspace = 0 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %k = arith.index_cast %i : index to i64
    "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
    ^bb0(%j: index):
      memref.store %k, %x[%j] : memref<?xi64>
      scf.reduce
    }) : (index, index, index) -> ()
  } {rfx.poll}
  %status = arith.constant 0 : i32
  func.return %status : i32
}
// CHECK-LABEL: llvm.func @arrays
// CHECK-DAG:     %[[MANY:.*]] = llvm.mlir.constant(-64) : i64
// CHECK-NOT:     llvm.and
// CHECK:         %[[OLD:.*]] = llvm.load
// CHECK-NEXT:    llvm.add %[[OLD]], %[[MANY]]

// Without the attribute a loop is left alone.

func.func @short(%x: memref<4xi64>, %n: index, %ws: memref<?xi8>) -> i32 attributes {rfx.workspace = 0 : i64} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %k = arith.index_cast %i : index to i64
    memref.store %k, %x[%c0] : memref<4xi64>
  }
  %status = arith.constant 0 : i32
  func.return %status : i32
}
// CHECK-LABEL: llvm.func @short
// CHECK-NOT:     rfx.poll(%
// CHECK:       llvm.func @rfx.poll(!llvm.ptr) -> i32
