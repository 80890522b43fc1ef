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
