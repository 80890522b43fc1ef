// RUN: rfx-opt -p stream-stores --split-input-file %s | filecheck %s
// RUN: rfx-opt -p stream-stores --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// RUN: rfx-opt -p stream-stores,lower-to-llvm --split-input-file %s | filecheck %s --check-prefix=LLVM
// RUN: rfx-opt -p stream-stores,lower-to-llvm --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// RUN: rfx-opt -p stream-stores,lower-to-llvm -t llvm-ir --split-input-file %s | filecheck %s --check-prefix=IR
// REQUIRES: mlir-opt

// 8 MiB that are only written: past the cache, where the address allows it. The masked
// end is stored as before.

func.func @large(%x: memref<2097152xf32>, %y: memref<2097152xf32>) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %n = arith.constant 2097152 : index
  %m = vector.create_mask %c16 : vector<16xi1>
  "scf.parallel"(%c0, %n, %c16) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = vector.load %x[%i] : memref<2097152xf32>, vector<16xf32>
    vector.store %0, %y[%i] : memref<2097152xf32>, vector<16xf32>
    vector.maskedstore %y[%i], %m, %0 : memref<2097152xf32>, vector<16xi1>, vector<16xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @large
// CHECK:         vector.store %{{.*}}, %y[%{{.*}}] {nontemporal = true} :
// CHECK-NEXT:    vector.maskedstore %y[%{{.*}}], %{{.*}}, %{{.*}} :
// LLVM-LABEL:  @large
// LLVM:          %[[P:.*]] = llvm.getelementptr %y
// LLVM-NEXT:     %[[A:.*]] = llvm.ptrtoint %[[P]] : !llvm.ptr to i64
// LLVM-NEXT:     %[[LOW:.*]] = llvm.and %[[A]], %{{.*}} : i64
// LLVM-NEXT:     %[[ALIGNED:.*]] = llvm.icmp "eq" %[[LOW]], %{{.*}} : i64
// LLVM-NEXT:     llvm.cond_br %[[ALIGNED]], ^[[THEN:.*]], ^[[ELSE:.*]]
// LLVM:          llvm.store %[[V:.*]], %[[P]] {alignment = 64 : i64, nontemporal}
// LLVM:          llvm.store %[[V]], %[[P]] {alignment = 4 : i64
// LLVM:          "llvm.fence"() <{ordering = 7 : i64}> : () -> ()
// LLVM-NEXT:     llvm.return
// IR-LABEL:    @large
// IR:            store <16 x float> %[[V:.*]], ptr %[[P:.*]], align 64, !nontemporal !0
// IR:            store <16 x float> %[[V]], ptr %[[P]], align 4
// IR:            fence seq_cst
// IR-NEXT:       ret void
// IR:          !0 = !{i32 1}

// -----

// A size that is known at run time decides then, through views as well.

func.func @unknown(%x: memref<?xf32>, %y: memref<?x4xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %flat = memref.collapse_shape %y [[0, 1]] : memref<?x4xf32> into memref<?xf32>
  "scf.parallel"(%c0, %n, %c16) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = vector.load %x[%i] : memref<?xf32>, vector<16xf32>
    vector.store %0, %flat[%i] : memref<?xf32>, vector<16xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @unknown
// CHECK-NEXT:    %[[FOUR:.*]] = arith.constant 4 : index
// CHECK-NEXT:    %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-NEXT:    %[[DIM:.*]] = memref.dim %y, %[[ZERO]] : memref<?x4xf32>
// CHECK-NEXT:    %[[ROW:.*]] = arith.muli %[[FOUR]], %[[DIM]] : index
// CHECK:         %[[SIZE:.*]] = arith.muli %[[ROW]], %[[FOUR]] : index
// CHECK-NEXT:    %[[LARGE:.*]] = arith.constant 8388608 : index
// CHECK-NEXT:    %[[IS:.*]] = arith.cmpi sge, %[[SIZE]], %[[LARGE]] : index
// CHECK:         "scf.parallel"
// CHECK:           scf.if %[[IS]] {
// CHECK-NEXT:        vector.store %{{.*}}, %{{.*}} {nontemporal = true} :
// CHECK-NEXT:      } else {
// CHECK-NEXT:        vector.store %{{.*}}, %{{[^{]*}} :
// CHECK-NEXT:      }

// -----

// Not: what is smaller, what is read as well, a short vector, a buffer of the function.

func.func @left(%x: memref<2097151xf32>, %y: memref<2097152xf32>, %z: memref<2097152xf32>, %i: index) {
  %0 = vector.load %y[%i] : memref<2097152xf32>, vector<16xf32>
  vector.store %0, %x[%i] : memref<2097151xf32>, vector<16xf32>
  vector.store %0, %y[%i] : memref<2097152xf32>, vector<16xf32>
  %1 = vector.load %y[%i] : memref<2097152xf32>, vector<4xf32>
  vector.store %1, %z[%i] : memref<2097152xf32>, vector<4xf32>
  %own = memref.alloca() : memref<2097152xf32>
  vector.store %0, %own[%i] : memref<2097152xf32>, vector<16xf32>
  func.return
}
// CHECK-LABEL: @left
// CHECK-NOT:     nontemporal
// IR-LABEL:    @left
// IR-NOT:        fence
