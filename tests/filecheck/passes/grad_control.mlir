// RUN: rfx-opt -p grad --split-input-file --verify-diagnostics %s | filecheck %s

// A branch has a branch on the same condition. What both sides need is computed there.
func.func @branch(%x: tensor<4xf64>, %c: i1) -> tensor<4xf64> {
  %k = rfx.constant dense<2.0> : tensor<4xf64>
  %y = scf.if %c -> (tensor<4xf64>) {
    %e = rfx.exp %x : tensor<4xf64>
    scf.yield %e : tensor<4xf64>
  } else {
    %m = rfx.mul %x, %k : tensor<4xf64>
    scf.yield %m : tensor<4xf64>
  }
  func.return %y : tensor<4xf64>
}
// CHECK-LABEL: func.func @branch
// CHECK-NEXT:   %k = rfx.constant dense<2.0> : tensor<4xf64>
// CHECK-NEXT:   %[[V0:[0-9]+]] = rfx.constant dense<1.0> : tensor<4xf64>
// CHECK-NEXT:   %[[V1:[0-9]+]] = scf.if %c -> (tensor<4xf64>) {
// CHECK-NEXT:     %e = rfx.exp %x : tensor<4xf64>
// CHECK-NEXT:     %[[V2:[0-9]+]] = rfx.mul %[[V0]], %e : tensor<4xf64>
// CHECK-NEXT:     scf.yield %[[V2]] : tensor<4xf64>
// CHECK-NEXT:   } else {
// CHECK-NEXT:     %[[V3:[0-9]+]] = rfx.mul %[[V0]], %k : tensor<4xf64>
// CHECK-NEXT:     scf.yield %[[V3]] : tensor<4xf64>
// CHECK-NEXT:   }
// CHECK-NEXT:   func.return %[[V1]] : tensor<4xf64>

// -----

// A loop that only scales what it carries keeps nothing.
func.func @linear(%x: tensor<4xf64>) -> tensor<4xf64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %nine = arith.constant 9 : index
  %k = rfx.constant dense<2.0> : tensor<4xf64>
  %r = scf.for %i = %zero to %nine step %one iter_args(%a = %x) -> (tensor<4xf64>) {
    %m = rfx.mul %a, %k : tensor<4xf64>
    scf.yield %m : tensor<4xf64>
  }
  func.return %r : tensor<4xf64>
}
// CHECK-LABEL: func.func @linear
// CHECK-NEXT:   %k = rfx.constant dense<2.0> : tensor<4xf64>
// CHECK-NEXT:   %[[V0:[0-9]+]] = rfx.constant dense<1.0> : tensor<4xf64>
// CHECK-NEXT:   %[[V1:[0-9]+]] = arith.constant 9 : index
// CHECK-NEXT:   %[[V2:[0-9]+]] = arith.constant 0 : index
// CHECK-NEXT:   %[[V3:[0-9]+]] = arith.constant 1 : index
// CHECK-NEXT:   %[[V4:[0-9]+]] = scf.for %[[V5:[0-9]+]] = %[[V2]] to %[[V1]] step %[[V3]] iter_args(%[[V6:[0-9]+]] = %[[V0]]) -> (tensor<4xf64>) {
// CHECK-NEXT:     %[[V7:[0-9]+]] = rfx.mul %[[V6]], %k : tensor<4xf64>
// CHECK-NEXT:     scf.yield %[[V7]] : tensor<4xf64>
// CHECK-NEXT:   }
// CHECK-NEXT:   func.return %[[V4]] : tensor<4xf64>

// -----

// Any other keeps what the derivative reads, a row for each iteration: 1, 3 and 5.
func.func @tape(%x: tensor<4xf64>, %k: tensor<4xf64>) -> tensor<4xf64> {
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %six = arith.constant 6 : index
  %r = scf.for %i = %one to %six step %two iter_args(%a = %x) -> (tensor<4xf64>) {
    %s = rfx.sin %a : tensor<4xf64>
    %m = rfx.mul %s, %k : tensor<4xf64>
    scf.yield %m : tensor<4xf64>
  }
  func.return %r : tensor<4xf64>
}
// CHECK-LABEL: func.func @tape
// CHECK-NEXT:   %one = arith.constant 1 : index
// CHECK-NEXT:   %two = arith.constant 2 : index
// CHECK-NEXT:   %six = arith.constant 6 : index
// CHECK-NEXT:   %[[V0:[0-9]+]] = rfx.full 0.000000e+00 : f64 [3, 4] : tensor<3x4xf64>
// CHECK-NEXT:   %r, %[[V1:[0-9]+]] = scf.for %i = %one to %six step %two iter_args(%a = %x, %[[V2:[0-9]+]] = %[[V0]]) -> (tensor<4xf64>, tensor<3x4xf64>) {
// CHECK-NEXT:     %[[V3:[0-9]+]] = arith.constant 1 : index
// CHECK-NEXT:     %[[V4:[0-9]+]] = arith.subi %i, %[[V3]] : index
// CHECK-NEXT:     %[[V5:[0-9]+]] = arith.constant 2 : index
// CHECK-NEXT:     %[[V6:[0-9]+]] = arith.floordivsi %[[V4]], %[[V5]] : index
// CHECK-NEXT:     %[[V7:[0-9]+]] = arith.index_cast %[[V6]] : index to i64
// CHECK-NEXT:     %[[V8:[0-9]+]] = tensor.from_elements %[[V7]] : tensor<i64>
// CHECK-NEXT:     %[[V9:[0-9]+]] = rfx.reshape %a [1, 4] : tensor<4xf64> to tensor<1x4xf64>
// CHECK-NEXT:     %[[V10:[0-9]+]] = rfx.constant dense<0> : tensor<i64>
// CHECK-NEXT:     %[[V11:[0-9]+]] = rfx.dynamic_update_slice %[[V2]], %[[V9]] at(%[[V8]], %[[V10]]) : tensor<3x4xf64>, tensor<1x4xf64>, (tensor<i64>, tensor<i64>) to tensor<3x4xf64>
// CHECK-NEXT:     %s = rfx.sin %a : tensor<4xf64>
// CHECK-NEXT:     %m = rfx.mul %s, %k : tensor<4xf64>
// CHECK-NEXT:     scf.yield %m, %[[V11]] : tensor<4xf64>, tensor<3x4xf64>
// CHECK-NEXT:   }
// CHECK-NEXT:   %[[V12:[0-9]+]] = rfx.constant dense<1.0> : tensor<4xf64>
// CHECK-NEXT:   %[[V13:[0-9]+]] = arith.constant 3 : index
// CHECK-NEXT:   %[[V14:[0-9]+]] = arith.constant 0 : index
// CHECK-NEXT:   %[[V15:[0-9]+]] = arith.constant 1 : index
// CHECK-NEXT:   %[[V16:[0-9]+]] = scf.for %[[V17:[0-9]+]] = %[[V14]] to %[[V13]] step %[[V15]] iter_args(%[[V18:[0-9]+]] = %[[V12]]) -> (tensor<4xf64>) {
// CHECK-NEXT:     %[[V19:[0-9]+]] = arith.constant 2 : index
// CHECK-NEXT:     %[[V20:[0-9]+]] = arith.subi %[[V19]], %[[V17]] : index
// CHECK-NEXT:     %[[V21:[0-9]+]] = arith.index_cast %[[V20]] : index to i64
// CHECK-NEXT:     %[[V22:[0-9]+]] = tensor.from_elements %[[V21]] : tensor<i64>
// CHECK-NEXT:     %[[V23:[0-9]+]] = rfx.constant dense<0> : tensor<i64>
// CHECK-NEXT:     %[[V24:[0-9]+]] = rfx.dynamic_slice %[[V1]] at(%[[V22]], %[[V23]]) : tensor<3x4xf64>, (tensor<i64>, tensor<i64>) to tensor<1x4xf64>
// CHECK-NEXT:     %[[V25:[0-9]+]] = rfx.reshape %[[V24]] [4] : tensor<1x4xf64> to tensor<4xf64>
// CHECK-NEXT:     %[[V26:[0-9]+]] = rfx.mul %[[V18]], %k : tensor<4xf64>
// CHECK-NEXT:     %[[V27:[0-9]+]] = rfx.cos %[[V25]] : tensor<4xf64>
// CHECK-NEXT:     %[[V28:[0-9]+]] = rfx.mul %[[V26]], %[[V27]] : tensor<4xf64>
// CHECK-NEXT:     scf.yield %[[V28]] : tensor<4xf64>
// CHECK-NEXT:   }
// CHECK-NEXT:   func.return %[[V16]] : tensor<4xf64>

// -----

// As many iterations as an array has elements; what is read from outside adds up.
func.func @size(%x: tensor<?xf64>) -> tensor<f64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %n = tensor.dim %x, %zero : tensor<?xf64>
  %start = rfx.constant dense<1.0> : tensor<f64>
  %r = scf.for %i = %zero to %n step %one iter_args(%a = %start) -> (tensor<f64>) {
    %j = arith.index_cast %i : index to i64
    %k = tensor.from_elements %j : tensor<i64>
    %e = rfx.gather %x at [0](%k) : tensor<?xf64>, (tensor<i64>) to tensor<f64>
    %m = rfx.mul %a, %e : tensor<f64>
    scf.yield %m : tensor<f64>
  }
  func.return %r : tensor<f64>
}
// CHECK-LABEL: func.func @size
// CHECK:        %[[V0:[0-9]+]] = rfx.full 0.000000e+00 : f64 [%n] : tensor<?xf64>
// CHECK-NEXT:   %r, %[[V1:[0-9]+]] = scf.for %i = %zero to %n step %one iter_args(%a = %start, %[[V2:[0-9]+]] = %[[V0]]) -> (tensor<f64>, tensor<?xf64>) {
// CHECK:          %[[V5:[0-9]+]] = rfx.reshape %a [1] : tensor<f64> to tensor<1xf64>
// CHECK-NEXT:     %[[V6:[0-9]+]] = rfx.dynamic_update_slice %[[V2]], %[[V5]] at(%[[V4:[0-9]+]]) : tensor<?xf64>, tensor<1xf64>, (tensor<i64>) to tensor<?xf64>
// CHECK:          %e = rfx.gather %x at [0](%k) : tensor<?xf64>, (tensor<i64>) to tensor<f64>
// CHECK:          scf.yield %m, %[[V6]] : tensor<f64>, tensor<?xf64>
// CHECK:        %[[V10:[0-9]+]] = rfx.full 0.000000e+00 : f64 [%[[V9:[0-9]+]]] : tensor<?xf64>
// CHECK:        %[[V12:[0-9]+]], %[[V13:[0-9]+]] = scf.for %[[V14:[0-9]+]] = %[[V8:[0-9]+]] to %n step %[[V11:[0-9]+]] iter_args(%[[V15:[0-9]+]] = %[[V7:[0-9]+]], %[[V16:[0-9]+]] = %[[V10]]) -> (tensor<f64>, tensor<?xf64>) {
// CHECK:          %[[V22:[0-9]+]] = rfx.dynamic_slice %[[V1]] at(%[[V21:[0-9]+]]) : tensor<?xf64>, (tensor<i64>) to tensor<1xf64>
// CHECK-NEXT:     %[[V23:[0-9]+]] = rfx.reshape %[[V22]] [] : tensor<1xf64> to tensor<f64>
// CHECK:          %e_1 = rfx.gather %x at [0](%k_1) : tensor<?xf64>, (tensor<i64>) to tensor<f64>
// CHECK:          %[[V26:[0-9]+]] = rfx.scatter "add" %[[V16]] at [0](%k_1) = %[[V25:[0-9]+]] : tensor<?xf64>, (tensor<i64>), tensor<f64> to tensor<?xf64>
// CHECK-NEXT:     scf.yield %[[V24:[0-9]+]], %[[V26]] : tensor<f64>, tensor<?xf64>
// CHECK:        func.return %[[V13]] : tensor<?xf64>

// -----

// A number from outside has no bound, but its minimum with 8 has.
func.func @bound(%x: tensor<f64>, %n: tensor<i64>) -> tensor<f64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %most = rfx.constant dense<8> : tensor<i64>
  %least = rfx.minimum %n, %most : tensor<i64>
  %e = tensor.extract %least[] : tensor<i64>
  %m = arith.index_cast %e : i64 to index
  %r = scf.for %i = %zero to %m step %one iter_args(%a = %x) -> (tensor<f64>) {
    %s = rfx.sin %a : tensor<f64>
    scf.yield %s : tensor<f64>
  }
  func.return %r : tensor<f64>
}
// CHECK-LABEL: func.func @bound
// CHECK:        %[[V0:[0-9]+]] = rfx.full 0.000000e+00 : f64 [8] : tensor<8xf64>
// CHECK-NEXT:   %r, %[[V1:[0-9]+]] = scf.for %i = %zero to %m step %one iter_args(%a = %x, %[[V2:[0-9]+]] = %[[V0]]) -> (tensor<f64>, tensor<8xf64>) {
// CHECK:        %[[V10:[0-9]+]] = scf.for %[[V11:[0-9]+]] = %[[V8:[0-9]+]] to %m step %[[V9:[0-9]+]] iter_args(%[[V12:[0-9]+]] = %[[V7:[0-9]+]]) -> (tensor<f64>) {
// CHECK:        func.return %[[V10]] : tensor<f64>

// -----

// A loop without iterations, and one that nothing differentiated goes through.
func.func @idle(%x: tensor<f64>, %n: tensor<i64>) -> tensor<f64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = scf.for %i = %one to %zero step %one iter_args(%a = %x) -> (tensor<f64>) {
    %s = rfx.sin %a : tensor<f64>
    scf.yield %s : tensor<f64>
  }
  %w = scf.while (%k = %n) : (tensor<i64>) -> tensor<i64> {
    %l = rfx.convert %x : tensor<f64> to tensor<i64>
    %b = rfx.lt %k, %l : tensor<i64>
    %c = tensor.extract %b[] : tensor<i1>
    scf.condition(%c) %k : tensor<i64>
  } do {
  ^bb0(%k: tensor<i64>):
    %d = rfx.add %k, %k : tensor<i64>
    scf.yield %d : tensor<i64>
  }
  %f = rfx.convert %w : tensor<i64> to tensor<f64>
  %m = rfx.mul %r, %f : tensor<f64>
  func.return %m : tensor<f64>
}
// CHECK-LABEL: func.func @idle
// CHECK-NEXT:   %w = scf.while (%k = %n) : (tensor<i64>) -> tensor<i64> {
// CHECK:        %[[V1:[0-9]+]] = rfx.mul %[[V0:[0-9]+]], %f : tensor<f64>
// CHECK-NEXT:   func.return %[[V1]] : tensor<f64>
