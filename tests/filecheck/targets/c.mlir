// RUN: rfx-opt -p fuse,lower-to-loops -t c %s | filecheck %s

func.func @axpy(%a: tensor<f32> {rfx.by_value}, %x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %b = rfx.broadcast %a dims [] [%n] : tensor<f32> to tensor<?xf32>
  %m = rfx.mul %b, %x : tensor<?xf32>
  %r = rfx.add %m, %y : tensor<?xf32>
  func.return %r : tensor<?xf32>
}
// CHECK:      #include <math.h>
// CHECK:      int32_t axpy(float a, const float *x, int64_t x_d0, const float *y, int64_t y_d0, float *out0, int64_t out0_d0, int64_t begin, int64_t end, const void *ws);
// CHECK:        for (int64_t [[I:v[0-9]+]] = begin; [[I]] < end; [[I]] += INT64_C(1)) {
// CHECK:          const float {{.*}} = x[[[I]]];
// CHECK:          out0[{{.*}}] = {{.*}};
// CHECK:        return 0;

// A loop of limited trips returns its status.

func.func @limited(%x: tensor<40xi64>) -> tensor<40xi64> {
  %0 = rfx.map [40] (%v = %x [0] : tensor<40xi64>) -> ([0] : tensor<40xi64>) {
    %r = scf.while (%a = %v) : (i64) -> i64 {
      %more = rfx.lt %a, %v : i64
      scf.condition(%more) %a : i64
    } do {
    ^bb0(%a: i64):
      %next = rfx.add %a, %a : i64
      scf.yield %next : i64
    } attributes {rfx.max_trips = 7 : i64, rfx.code = 3 : i32}
    rfx.yield %r : i64
  }
  func.return %0 : tensor<40xi64>
}
// CHECK:       int32_t limited({{.*}}) {
// CHECK:         int64_t left = INT64_C(7);
// CHECK-NEXT:    for (;;) {
// CHECK:           if (!{{.*}}) break;
// CHECK-NEXT:      if (left-- == 0) return 3;
