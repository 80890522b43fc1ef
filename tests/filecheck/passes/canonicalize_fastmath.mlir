// RUN: rfx-opt -p "canonicalize{fastmath=true}" %s | filecheck %s

// CHECK-LABEL: @add_zero(
// CHECK-NEXT: func.return %x
func.func @add_zero(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<0.0> : tensor<4xf32>
  %0 = rfx.add %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @sub_itself(
// CHECK-NEXT: {{.*}}rfx.constant dense<0.0>
// CHECK-NEXT: func.return
func.func @sub_itself(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.sub %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @mul_zero(
// CHECK-NEXT: {{.*}}rfx.constant dense<0.0>
// CHECK-NEXT: func.return
func.func @mul_zero(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<0.0> : tensor<4xf32>
  %0 = rfx.mul %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @div_itself(
// CHECK-NEXT: {{.*}}rfx.constant dense<1.0>
// CHECK-NEXT: func.return
func.func @div_itself(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.div %x, %x : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @div_constant(
// CHECK-NEXT: {{.*}}rfx.constant dense<0.10000000149011612>
// CHECK-NEXT: {{.*}}rfx.mul %x
// CHECK-NEXT: func.return
func.func @div_constant(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<10.0> : tensor<4xf32>
  %0 = rfx.div %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @div_zero_stays(
// CHECK-NEXT: {{.*}}rfx.constant
// CHECK-NEXT: {{.*}}rfx.div %x
// CHECK-NEXT: func.return
func.func @div_zero_stays(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<0.0> : tensor<4xf32>
  %0 = rfx.div %x, %c : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}

// CHECK-LABEL: @regroup(
// CHECK-NEXT: {{.*}}rfx.constant dense<7.0>
// CHECK-NEXT: {{.*}}rfx.add %x
// CHECK-NEXT: func.return
func.func @regroup(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %c = rfx.constant dense<3.0> : tensor<4xf32>
  %d = rfx.constant dense<4.0> : tensor<4xf32>
  %1 = rfx.add %x, %c : tensor<4xf32>
  %0 = rfx.add %1, %d : tensor<4xf32>
  func.return %0 : tensor<4xf32>
}
