// RUN: rfx-opt -p lower-to-llvm --verify-diagnostics --split-input-file %s | filecheck %s

func.func @other(%v: vector<4xi1>) -> i1 {
  %0 = vector.reduction <and>, %v : vector<4xi1> into i1
  func.return %0 : i1
}
// CHECK: vector.reduction: only the or of all lanes is supported

// -----

func.func @which(%x: memref<?x?xf32>, %d: index) -> index {
  %0 = memref.dim %x, %d : memref<?x?xf32>
  func.return %0 : index
}
// CHECK: memref.dim of a dim that is not constant

// -----

func.func @any(%n: index) {
  %0 = memref.alloca(%n) : memref<?xf32>
  func.return
}
// CHECK: memref.alloca of a dynamic size

// -----

func.func @sine(%x: f32) -> f32 {
  %0 = math.sin %x : f32
  func.return %0 : f32
}
// CHECK: math.sin: cannot be lowered to the llvm dialect
