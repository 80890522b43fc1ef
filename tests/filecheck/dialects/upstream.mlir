// RUN: rfx-opt %s | rfx-opt | filecheck %s
// RUN: rfx-opt %s | %mlir-opt > /dev/null
// REQUIRES: mlir-opt

// The stand-ins for upstream ops, on vectors as upstream has them.

func.func @arith(%a: vector<4xf32>, %i: vector<4xi32>, %x: vector<4xindex>, %c: i1) {
  %0 = arith.cmpf olt, %a, %a : vector<4xf32>
  %1 = arith.cmpf ueq, %a, %a fastmath<nnan> : vector<4xf32>
  %2 = arith.cmpi ult, %i, %i : vector<4xi32>
  %3 = arith.select %2, %a, %a : vector<4xi1>, vector<4xf32>
  %4 = arith.select %c, %a, %a : vector<4xf32>
  %5 = arith.index_cast %x : vector<4xindex> to vector<4xi32>
  %6 = arith.sitofp %i : vector<4xi32> to vector<4xf32>
  %7 = arith.uitofp %i : vector<4xi32> to vector<4xf32>
  %8 = arith.fptosi %a : vector<4xf32> to vector<4xi32>
  %9 = arith.fptoui %a : vector<4xf32> to vector<4xi32>
  %10 = arith.extsi %i : vector<4xi32> to vector<4xi64>
  %11 = arith.extui %0 : vector<4xi1> to vector<4xi8>
  %12 = arith.trunci %i : vector<4xi32> to vector<4xi1>
  func.return
}
// CHECK:      arith.cmpf olt, %a, %a : vector<4xf32>
// CHECK-NEXT: arith.cmpf ueq, %a, %a fastmath<nnan> : vector<4xf32>
// CHECK-NEXT: arith.cmpi ult, %i, %i : vector<4xi32>
// CHECK-NEXT: arith.select %{{.*}}, %a, %a : vector<4xi1>, vector<4xf32>
// CHECK-NEXT: arith.select %c, %a, %a : vector<4xf32>
// CHECK-NEXT: arith.index_cast %x : vector<4xindex> to vector<4xi32>
// CHECK-NEXT: arith.sitofp %i : vector<4xi32> to vector<4xf32>
// CHECK-NEXT: arith.uitofp
// CHECK-NEXT: arith.fptosi
// CHECK-NEXT: arith.fptoui
// CHECK-NEXT: arith.extsi
// CHECK-NEXT: arith.extui
// CHECK-NEXT: arith.trunci %i : vector<4xi32> to vector<4xi1>

llvm.func @llvm(%a: vector<4xf32>, %i: vector<4xi32>, %c: i1, %k: i64) {
  %0 = llvm.fcmp "olt" %a, %a : vector<4xf32>
  %1 = llvm.select %0, %a, %a : vector<4xi1>, vector<4xf32>
  %2 = llvm.select %c, %a, %a : i1, vector<4xf32>
  %3 = llvm.fptosi %a : vector<4xf32> to vector<4xi32>
  %4 = llvm.fptoui %a : vector<4xf32> to vector<4xi32>
  %5 = llvm.uitofp %i : vector<4xi32> to vector<4xf32>
  %6 = llvm.extractelement %a[%k : i64] : vector<4xf32>
  llvm.return
}
// CHECK:      llvm.fcmp "olt" %a, %a : vector<4xf32>
// CHECK-NEXT: llvm.select %{{.*}}, %a, %a : vector<4xi1>, vector<4xf32>
// CHECK-NEXT: llvm.select %c, %a, %a : i1, vector<4xf32>
// CHECK-NEXT: llvm.fptosi
// CHECK-NEXT: llvm.fptoui
// CHECK-NEXT: llvm.uitofp
// CHECK-NEXT: llvm.extractelement %a[%k : i64] : vector<4xf32>

func.func @memory(%buffer: memref<8x?xf32>, %place: index) {
  memref.prefetch %buffer[%place, %place], read, locality<3>, data : memref<8x?xf32>
  memref.prefetch %buffer[%place, %place], write, locality<0>, instr : memref<8x?xf32>
  "llvm.fence"() <{ordering = 7 : i64}> : () -> ()
  func.return
}
// CHECK:      memref.prefetch %buffer[%place, %place], read, locality<3>, data : memref<8x?xf32>
// CHECK-NEXT: memref.prefetch %buffer[%place, %place], write, locality<0>, instr : memref<8x?xf32>
// CHECK-NEXT: "llvm.fence"() <{ordering = 7 : i64}> : () -> ()
