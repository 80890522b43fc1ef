// A program with its signature goes through passes, and stays one.
// RUN: rfx-opt %s | rfx-opt | filecheck %s
// RUN: rfx-opt %s -p to-fused | filecheck %s --check-prefixes=CHECK,FUSED
// RUN: rfx-opt %s -p to-fused,to-loops | filecheck %s --check-prefixes=CHECK,LOOPS
// RUN: rfx-opt %s -p cpu -t llvm-ir | filecheck %s --check-prefix=IR

// CHECK:      builtin.module attributes {
// CHECK-SAME:   rfx.version = 1 : i64
// CHECK-SAME:   rfx.signature = "axpy(a: float, x: float32[n], y: float32[n])"
// CHECK-SAME:   rfx.outputs = ["out0: float32[n]"]
// CHECK-SAME:   rfx.result = "out0"
// FUSED:        rfx.map [
// LOOPS:      func.func @axpy(%a: f64, %x: memref<?xf32>, %y: memref<?xf32>, %out0: memref<?xf32>,
// LOOPS-SAME:   attributes {rfx.extent = 1 : i64, rfx.workspace = 0 : i64}
// LOOPS:      func.func @axpy_shapes(
// IR:         define i32 @axpy(
builtin.module attributes {
  rfx.version = 1 : i64,
  rfx.signature = "axpy(a: float, x: float32[n], y: float32[n])",
  rfx.outputs = ["out0: float32[n]"],
  rfx.result = "out0"
} {
  func.func @axpy(%a: tensor<f64> {rfx.by_value}, %x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
    %0 = rfx.convert %a : tensor<f64> to tensor<f32>
    %1 = arith.constant 0 : index
    %2 = tensor.dim %x, %1 : tensor<?xf32>
    %3 = rfx.broadcast %0 dims [] [%2] : tensor<f32> to tensor<?xf32>
    %4 = rfx.mul %3, %x : tensor<?xf32>
    %5 = rfx.add %4, %y : tensor<?xf32>
    func.return %5 : tensor<?xf32>
  }
}
