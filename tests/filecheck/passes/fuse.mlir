// RUN: rfx-opt -p fuse --split-input-file %s | filecheck %s

// An elementwise chain is one map; the scalar constant is made inside.
func.func @chain(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %two = rfx.constant dense<2.0> : tensor<f32>
  %b = rfx.broadcast %two dims [] [%n] : tensor<f32> to tensor<?xf32>
  %m = rfx.mul %x, %b : tensor<?xf32>
  %t = rfx.tanh %m : tensor<?xf32>
  %e = rfx.exp %y : tensor<?xf32>
  %r = rfx.mul %t, %e : tensor<?xf32>
  func.return %r : tensor<?xf32>
}
// CHECK-LABEL: func.func @chain
// CHECK:         %r = rfx.map [%{{.*}}] (%[[X:.*]] = %x [0] : tensor<?xf32>, %[[Y:.*]] = %y [0] : tensor<?xf32>) -> ([0] : tensor<?xf32>) {
// CHECK-NEXT:      %[[TWO:.*]] = rfx.constant 2.0 : f32
// CHECK-NEXT:      %[[M:.*]] = rfx.mul %[[X]], %[[TWO]] : f32
// CHECK-NEXT:      %[[T:.*]] = rfx.tanh %[[M]] : f32
// CHECK-NEXT:      %[[E:.*]] = rfx.exp %[[Y]] : f32
// CHECK-NEXT:      %[[R:.*]] = rfx.mul %[[T]], %[[E]] : f32
// CHECK-NEXT:      rfx.yield %[[R]] : f32
// CHECK-NEXT:    }
// CHECK-NEXT:    func.return %r

// -----

// A reduction takes its producer in; what depends on its result is another nest.
func.func @softmax(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %m = rfx.reduce "maximum" %x dims [1] : tensor<4x8xf32> to tensor<4xf32>
  %b = rfx.broadcast %m dims [0] [4, 8] : tensor<4xf32> to tensor<4x8xf32>
  %s = rfx.sub %x, %b : tensor<4x8xf32>
  %e = rfx.exp %s : tensor<4x8xf32>
  %t = rfx.reduce "add" %e dims [1] : tensor<4x8xf32> to tensor<4xf32>
  %tb = rfx.broadcast %t dims [0] [4, 8] : tensor<4xf32> to tensor<4x8xf32>
  %r = rfx.div %e, %tb : tensor<4x8xf32>
  func.return %r : tensor<4x8xf32>
}
// CHECK-LABEL: func.func @softmax
// CHECK:         %m = rfx.map_reduce [4, 8] ({{.*}} = %x [0, 1] : tensor<4x8xf32>) -> ("maximum" [0] : tensor<4xf32>) {
// CHECK:         %e, %t = rfx.map_reduce [4, 8] ({{.*}}) -> ([0, 1] : tensor<4x8xf32>, "add" [0] : tensor<4xf32>) {
// CHECK:           rfx.yield %[[E:.*]], %[[E]] : f32, f32
// CHECK:         %r = rfx.map [4, 8] ({{.*}} = %t [0] : tensor<4xf32>, {{.*}} = %e [0, 1] : tensor<4x8xf32>) -> ([0, 1] : tensor<4x8xf32>) {
// CHECK:           rfx.div
// CHECK-NOT:     rfx.exp

// -----

// Siblings that share an input are one nest with two results.
func.func @siblings(%x: tensor<8xf64>) -> (tensor<8xf64>, tensor<8xf64>) {
  %s = rfx.sin %x : tensor<8xf64>
  %c = rfx.cos %x : tensor<8xf64>
  func.return %s, %c : tensor<8xf64>, tensor<8xf64>
}
// CHECK-LABEL: func.func @siblings
// CHECK-NEXT:    %s, %c = rfx.map [8] (%{{.*}} = %x [0] : tensor<8xf64>) -> ([0] : tensor<8xf64>, [0] : tensor<8xf64>) {
// CHECK-NOT:     rfx.map

// -----

// Nothing in common, another shape: two nests.
func.func @strangers(%x: tensor<8xf64>, %y: tensor<4xf64>) -> (tensor<8xf64>, tensor<4xf64>) {
  %s = rfx.sin %x : tensor<8xf64>
  %c = rfx.cos %y : tensor<4xf64>
  func.return %s, %c : tensor<8xf64>, tensor<4xf64>
}
// CHECK-LABEL: func.func @strangers
// CHECK:         rfx.map [8]
// CHECK:         rfx.map [4]

// -----

// Two reductions of different dims do not share a nest.
func.func @two_ways(%x: tensor<4x8xf64>) -> (tensor<4xf64>, tensor<8xf64>) {
  %a = rfx.reduce "add" %x dims [1] : tensor<4x8xf64> to tensor<4xf64>
  %b = rfx.reduce "add" %x dims [0] : tensor<4x8xf64> to tensor<8xf64>
  func.return %a, %b : tensor<4xf64>, tensor<8xf64>
}
// CHECK-LABEL: func.func @two_ways
// CHECK:         rfx.map_reduce [4, 8] ({{.*}}) -> ("add" [0] : tensor<4xf64>) {
// CHECK:         rfx.map_reduce [4, 8] ({{.*}}) -> ("add" [1] : tensor<8xf64>) {

// -----

// A transpose of an argument is an indexing map.
func.func @transposed(%x: tensor<4x8xf64>, %y: tensor<8x4xf64>) -> tensor<8x4xf64> {
  %t = rfx.transpose %x perm [1, 0] : tensor<4x8xf64> to tensor<8x4xf64>
  %r = rfx.add %t, %y : tensor<8x4xf64>
  func.return %r : tensor<8x4xf64>
}
// CHECK-LABEL: func.func @transposed
// CHECK-NEXT:    %r = rfx.map [8, 4] (%{{.*}} = %x [1, 0] : tensor<4x8xf64>, %{{.*}} = %y [0, 1] : tensor<8x4xf64>)

// -----

// Scalar code between array code does not split the array nest.
func.func @gain(%x: tensor<8xf32>, %g: tensor<f64>) -> tensor<8xf32> {
  %a = rfx.mul %x, %x : tensor<8xf32>
  %c = rfx.convert %g : tensor<f64> to tensor<f32>
  %b = rfx.broadcast %c dims [] [8] : tensor<f32> to tensor<8xf32>
  %r = rfx.add %a, %b : tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @gain
// CHECK-NEXT:    %c = rfx.map [] (%{{.*}} = %g [] : tensor<f64>) -> ([] : tensor<f32>) {
// CHECK:         %r = rfx.map [8] (%{{.*}} = %x [0] : tensor<8xf32>, %{{.*}} = %c [] : tensor<f32>) -> ([0] : tensor<8xf32>) {
// CHECK-NOT:     rfx.map

// -----

// Each region is fused by itself. What a loop carries has the size that it starts with.
func.func @regions(%x: tensor<?xf64>, %y: tensor<?xf64>, %n: index, %c: i1) -> tensor<?xf64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = scf.for %i = %zero to %n step %one iter_args(%a = %x) -> (tensor<?xf64>) {
    %b = rfx.mul %a, %a : tensor<?xf64>
    %d = scf.if %c -> (tensor<?xf64>) {
      %e = rfx.sin %b : tensor<?xf64>
      %f = rfx.neg %e : tensor<?xf64>
      scf.yield %f : tensor<?xf64>
    } else {
      scf.yield %b : tensor<?xf64>
    }
    scf.yield %d : tensor<?xf64>
  }
  %s = rfx.reduce "add" %r dims [0] : tensor<?xf64> to tensor<f64>
  %m = tensor.dim %x, %zero : tensor<?xf64>
  %t = rfx.broadcast %s dims [] [%m] : tensor<f64> to tensor<?xf64>
  %u = rfx.sub %r, %t : tensor<?xf64>
  %v = rfx.mul %u, %x : tensor<?xf64>
  func.return %v : tensor<?xf64>
}
// CHECK-LABEL: func.func @regions
// CHECK:         %r = scf.for
// CHECK:           %b = rfx.map
// CHECK:           scf.if %c
// CHECK:             %f = rfx.map
// CHECK-NEXT:          rfx.sin
// CHECK-NEXT:          rfx.neg
// CHECK:         rfx.map_reduce
// CHECK:         %v = rfx.map
// CHECK-NEXT:      rfx.sub
// CHECK-NEXT:      rfx.mul
// CHECK-NOT:     rfx.map

// -----

// What may fail or never end stays in its order.
func.func @effects(%x: tensor<f64>, %ok: tensor<i1>) -> tensor<f64> {
  %a = rfx.exp %x : tensor<f64>
  %r = scf.while (%b = %a) : (tensor<f64>) -> tensor<f64> {
    %c = rfx.lt %b, %x : tensor<f64>
    %p = tensor.extract %c[] : tensor<i1>
    scf.condition(%p) %b : tensor<f64>
  } do {
  ^bb0(%b: tensor<f64>):
    scf.yield %b : tensor<f64>
  }
  rfx.require %ok 1 : tensor<i1>
  func.return %r : tensor<f64>
}
// CHECK-LABEL: func.func @effects
// CHECK:         rfx.exp
// CHECK:         scf.while
// CHECK:         rfx.require

// -----

// A constant that is one number everywhere, and must be in memory, is a nest.
func.func @ones() -> tensor<1000xf64> {
  %r = rfx.constant dense<1.0> : tensor<1000xf64>
  func.return %r : tensor<1000xf64>
}
// CHECK-LABEL: func.func @ones
// CHECK-NEXT:    %r = rfx.map [1000] () -> ([0] : tensor<1000xf64>) {
// CHECK-NEXT:      %[[ONE:.*]] = rfx.constant 1.0 : f64
// CHECK-NEXT:      rfx.yield %[[ONE]] : f64
