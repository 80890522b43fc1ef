// RUN: rfx-opt -p cse --split-input-file %s | filecheck %s

// Constants leave branches and loops; what the second region of a loop would compute
// again is handed on.

func.func @again(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %1 = scf.while (%p = %a) : (f32) -> f32 {
      %l = rfx.constant 9.0 : f32
      %q = rfx.mul %p, %p : f32
      %c = rfx.lt %q, %l : f32
      scf.condition(%c) %p : f32
    } do {
    ^bb0(%p: f32):
      %k = rfx.constant 9.0 : f32
      %r = rfx.mul %p, %p : f32
      %2 = rfx.add %r, %k : f32
      scf.yield %2 : f32
    }
    rfx.yield %1 : f32
  }
  func.return %0 : tensor<4xf32>
}
// CHECK-LABEL: @again
// CHECK:         %[[NINE:.*]] = rfx.constant 9.0
// CHECK-NEXT:    %[[R:.*]], %{{.*}} = scf.while (%[[P:.*]] = %{{.*}}) : (f32) -> (f32, f32) {
// CHECK-NEXT:      %[[Q:.*]] = rfx.mul %[[P]], %[[P]]
// CHECK-NEXT:      %[[C:.*]] = rfx.lt %[[Q]], %[[NINE]]
// CHECK-NEXT:      scf.condition(%[[C]]) %[[P]], %[[Q]] : f32, f32
// CHECK:         ^{{.*}}(%{{.*}}: f32, %[[S:.*]]: f32):
// CHECK-NEXT:      %[[N:.*]] = rfx.add %[[S]], %[[NINE]]
// CHECK-NEXT:      scf.yield %[[N]]
// CHECK:         rfx.yield %[[R]]

// -----

// Of values that have changed in between it is not the same.

func.func @changed(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = rfx.map [4] (%a = %x [0] : tensor<4xf32>) -> ([0] : tensor<4xf32>) {
    %l = rfx.constant 9.0 : f32
    %1 = scf.while (%p = %a) : (f32) -> f32 {
      %q = rfx.mul %p, %p : f32
      %c = rfx.lt %q, %l : f32
      scf.condition(%c) %q : f32
    } do {
    ^bb0(%p: f32):
      %r = rfx.mul %p, %p : f32
      scf.yield %r : f32
    }
    rfx.yield %1 : f32
  }
  func.return %0 : tensor<4xf32>
}
// CHECK-LABEL: @changed
// CHECK:         do {
// CHECK-NEXT:    ^{{.*}}(%[[P:.*]]: f32):
// CHECK-NEXT:      rfx.mul %[[P]], %[[P]]
