// RUN: rfx-opt -p "lower-to-llvm{masked=false}" %s | filecheck %s
// RUN: rfx-opt -p "lower-to-llvm{masked=false}" %s | %mlir-opt > /dev/null
// RUN: rfx-opt -p lower-to-llvm %s | filecheck %s --check-prefix MASKED
// REQUIRES: mlir-opt

// Without mask registers, stored signs of 64 bits are shifted, not compared.

func.func @signs(%x: memref<?xi64>, %o: memref<?xi1>, %i: index) {
  %zero = arith.constant 0 : i64
  %zeros = vector.broadcast %zero : i64 to vector<4xi64>
  %v = vector.load %x[%i] : memref<?xi64>, vector<4xi64>
  %s = arith.cmpi slt, %v, %zeros : vector<4xi64>
  vector.store %s, %o[%i] : memref<?xi1>, vector<4xi1>
  func.return
}
// CHECK-LABEL: @signs
// CHECK:         %[[LAST:.*]] = llvm.mlir.constant(63
// CHECK:         %[[V:.*]] = llvm.load {{.*}} -> vector<4xi64>
// CHECK:         %[[ONE:.*]] = llvm.insertelement %[[LAST]]
// CHECK-NEXT:    %[[BY:.*]] = llvm.shufflevector %[[ONE]], %[[ONE]]
// CHECK:         %[[SIGN:.*]] = llvm.lshr %[[V]], %[[BY]] : vector<4xi64>
// CHECK:         %[[BYTES:.*]] = llvm.trunc %[[SIGN]] : vector<4xi64> to vector<4xi8>
// CHECK:         llvm.store %[[BYTES]]
// MASKED-LABEL: @signs
// MASKED:         llvm.icmp "slt"
// MASKED:         llvm.zext

// Narrower ones, another number, another predicate, one element: compared.

func.func @narrow(%x: memref<?xi32>, %o: memref<?xi1>, %i: index) {
  %zero = arith.constant 0 : i32
  %zeros = vector.broadcast %zero : i32 to vector<4xi32>
  %v = vector.load %x[%i] : memref<?xi32>, vector<4xi32>
  %s = arith.cmpi slt, %v, %zeros : vector<4xi32>
  vector.store %s, %o[%i] : memref<?xi1>, vector<4xi1>
  func.return
}
// CHECK-LABEL: @narrow
// CHECK-NOT:     llvm.lshr

func.func @others(%x: memref<?xi64>, %o: memref<?xi1>, %i: index) {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %zeros = vector.broadcast %zero : i64 to vector<4xi64>
  %ones = vector.broadcast %one : i64 to vector<4xi64>
  %v = vector.load %x[%i] : memref<?xi64>, vector<4xi64>
  %a = arith.cmpi slt, %v, %ones : vector<4xi64>
  vector.store %a, %o[%i] : memref<?xi1>, vector<4xi1>
  %b = arith.cmpi sle, %v, %zeros : vector<4xi64>
  vector.store %b, %o[%i] : memref<?xi1>, vector<4xi1>
  %c = arith.cmpi slt, %zeros, %v : vector<4xi64>
  vector.store %c, %o[%i] : memref<?xi1>, vector<4xi1>
  %w = memref.load %x[%i] : memref<?xi64>
  %d = arith.cmpi slt, %w, %zero : i64
  memref.store %d, %o[%i] : memref<?xi1>
  func.return
}
// CHECK-LABEL: @others
// CHECK-NOT:     llvm.lshr
