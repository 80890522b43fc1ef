// RUN: rfx-opt -t c %s | filecheck %s

// What nobody reads is not written, nor what only that reads.
// CHECK-LABEL: int32_t unread(const double *x) {
// CHECK-NOT:     const double
// CHECK:         return
func.func @unread(%x: memref<4xf64>) -> i32 {
  %c = arith.constant 2 : index
  %a = memref.load %x[%c] : memref<4xf64>
  %b = arith.mulf %a, %a : f64
  %d = arith.addf %b, %a : f64
  %z = arith.constant 0 : i32
  func.return %z : i32
}

// A stack array that is only written is said to be meant.
// CHECK-LABEL: int32_t only_written(double a) {
// CHECK:         double x[4];
// CHECK-NEXT:    (void)x;
func.func @only_written(%a: f64) -> i32 {
  %c = arith.constant 2 : index
  %x = memref.alloca() : memref<4xf64>
  memref.store %a, %x[%c] : memref<4xf64>
  %z = arith.constant 0 : i32
  func.return %z : i32
}
