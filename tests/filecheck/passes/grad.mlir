// RUN: rfx-opt -p grad --split-input-file --verify-diagnostics %s | filecheck %s

// The gradient of sin(x)^2 is what a person would write.
func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
  %s = rfx.sin %x : tensor<4xf64>
  %r = rfx.square %s : tensor<4xf64>
  func.return %r : tensor<4xf64>
}
// CHECK-LABEL: func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
// CHECK-NEXT:    %s = rfx.sin %x : tensor<4xf64>
// CHECK-NEXT:    %[[ONE:.*]] = rfx.constant dense<1.0> : tensor<4xf64>
// CHECK-NEXT:    %[[TWO:.*]] = rfx.constant dense<2.0> : tensor<4xf64>
// CHECK-NEXT:    %[[S:.*]] = rfx.mul %[[TWO]], %s : tensor<4xf64>
// CHECK-NEXT:    %[[A:.*]] = rfx.mul %[[ONE]], %[[S]] : tensor<4xf64>
// CHECK-NEXT:    %[[C:.*]] = rfx.cos %x : tensor<4xf64>
// CHECK-NEXT:    %[[R:.*]] = rfx.mul %[[A]], %[[C]] : tensor<4xf64>
// CHECK-NEXT:    func.return %[[R]] : tensor<4xf64>

// -----

// Two uses add up; a reduction hands on its cotangent by a broadcast.
func.func @twice(%x: tensor<3xf32>) -> tensor<f32> {
  %m = rfx.mul %x, %x : tensor<3xf32>
  %r = rfx.reduce "add" %m dims [0] : tensor<3xf32> to tensor<f32>
  func.return %r : tensor<f32>
}
// CHECK-LABEL: func.func @twice
// CHECK:         %[[B:.*]] = rfx.broadcast %{{.*}} dims [] [3] : tensor<f32> to tensor<3xf32>
// CHECK-NEXT:    %[[L:.*]] = rfx.mul %[[B]], %x : tensor<3xf32>
// CHECK-NEXT:    %[[R:.*]] = rfx.mul %[[B]], %x : tensor<3xf32>
// CHECK-NEXT:    %[[S:.*]] = rfx.add %[[L]], %[[R]] : tensor<3xf32>
// CHECK-NEXT:    func.return %[[S]]

// -----

func.func @whole(%x: tensor<3xi64>) -> tensor<3xi64> {
  func.return %x : tensor<3xi64>
}
// CHECK: argument 0 is not float

// -----

// Of running sums, the running sums from the end.
func.func @running(%x: tensor<?xf64>) -> tensor<?xf64> {
  %r = rfx.scan "add" %x dim 0 : tensor<?xf64> to tensor<?xf64>
  func.return %r : tensor<?xf64>
}
// CHECK-LABEL: func.func @running
// CHECK:         %[[A:.*]] = rfx.slice %{{.*}} starts [%{{.*}}] steps [-1]
// CHECK:         %[[S:.*]] = rfx.scan "add" %[[A]] dim 0
// CHECK:         %[[R:.*]] = rfx.slice %[[S]] starts [%{{.*}}] steps [-1]
// CHECK-NEXT:    func.return %[[R]]

// -----

// Both slopes are correlations with the cotangent, the first one of %x mirrored.
func.func @correlated(%x: tensor<3xf64>) -> tensor<4xf64> {
  %r = rfx.correlate %x, %x starts [-1] [4] : tensor<3xf64>, tensor<3xf64> to tensor<4xf64>
  func.return %r : tensor<4xf64>
}
// CHECK-LABEL: func.func @correlated
// CHECK:         %[[CT:.*]] = rfx.constant dense<1.0> : tensor<4xf64>
// CHECK:         %[[M:.*]] = rfx.slice %x starts [2] steps [-1] [3]
// CHECK:         %[[A:.*]] = rfx.correlate %[[CT]], %[[M]] starts [-1] [3]
// CHECK:         %[[V:.*]] = rfx.correlate %x, %[[CT]] starts [-1] [3]
// CHECK:         rfx.add %[[A]], %[[V]]

// -----

// What is replaced has no slope, what replaces it that of its places; and back.
func.func @replaced(%x: tensor<5xf64>, %u: tensor<2xf64>) -> tensor<5xf64> {
  %0 = rfx.mul %x, %x : tensor<5xf64>
  %r = rfx.update_slice %0, %u starts [1] steps [2] : tensor<5xf64>, tensor<2xf64> to tensor<5xf64>
  func.return %r : tensor<5xf64>
}
// CHECK-LABEL: func.func @replaced
// CHECK:         %[[ONE:.*]] = rfx.constant dense<1.0>
// CHECK:         %[[NONE:.*]] = rfx.constant dense<0.0> : tensor<2xf64>
// CHECK:         rfx.update_slice %{{.*}}, %[[NONE]] starts [1] steps [2]

// -----

func.func @stepped(%x: tensor<5xf64>) -> tensor<2xf64> {
  %r = rfx.slice %x starts [1] steps [2] [2] : tensor<5xf64> to tensor<2xf64>
  func.return %r : tensor<2xf64>
}
// CHECK-LABEL: func.func @stepped
// CHECK:         %[[ZERO:.*]] = rfx.constant dense<0.0> : tensor<5xf64>
// CHECK:         rfx.update_slice %[[ZERO]], %{{.*}} starts [1] steps [2]
