// RUN: rfx-opt -p grad --verify-diagnostics --split-input-file %s | filecheck %s
// RUN: not rfx-opt -p "grad{argnums=2}" --split-input-file %s 2>&1 | filecheck %s --check-prefix OTHER

func.func @whole(%x: tensor<4xi64>) -> tensor<4xi64> {
  func.return %x : tensor<4xi64>
}
// CHECK: argument 0 is not float
// OTHER: there is no argument 2

// -----

func.func @branch(%x: tensor<f64>, %c: i1) -> tensor<f64> {
  %0 = scf.if %c -> (tensor<f64>) {
    scf.yield %x : tensor<f64>
  } else {
    scf.yield %x : tensor<f64>
  }
  %1 = tensor.extract %x[] : tensor<f64>
  %2 = tensor.from_elements %1 : tensor<f64>
  func.return %2 : tensor<f64>
}
// CHECK: has no derivative rule

// -----

func.func @running(%x: tensor<4xf64>) -> tensor<4xf64> {
  %r = rfx.scan "mul" %x dim 0 : tensor<4xf64> to tensor<4xf64>
  func.return %r : tensor<4xf64>
}
// CHECK: of "mul" has no derivative rule

// -----

// Nobody knows how often a loop that ends on a condition runs.
func.func @endless(%x: tensor<f64>) -> tensor<f64> {
  %limit = rfx.constant dense<10.0> : tensor<f64>
  %r = scf.while (%a = %x) : (tensor<f64>) -> tensor<f64> {
    %b = rfx.lt %a, %limit : tensor<f64>
    %c = tensor.extract %b[] : tensor<i1>
    scf.condition(%c) %a : tensor<f64>
  } do {
  ^bb0(%a: tensor<f64>):
    %s = rfx.mul %a, %a : tensor<f64>
    scf.yield %s : tensor<f64>
  } loc("newton.py":12:4)
  func.return %r : tensor<f64>
}
// CHECK: newton.py:12:4: scf.while: the derivative of a loop needs a bound of how often it runs
// CHECK: hint: loop over a fixed number or the size of an array

// -----

// A number from outside is no size of a tape.
func.func @many(%x: tensor<f64>, %n: tensor<i64>) -> tensor<f64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %e = tensor.extract %n[] : tensor<i64>
  %m = arith.index_cast %e : i64 to index
  %r = scf.for %i = %zero to %m step %one iter_args(%a = %x) -> (tensor<f64>) {
    %s = rfx.sin %a : tensor<f64>
    scf.yield %s : tensor<f64>
  }
  func.return %r : tensor<f64>
}
// CHECK: scf.for: the derivative of a loop needs a bound of how often it runs

// -----

func.func @start(%x: tensor<f64>, %n: tensor<?xf64>) -> tensor<f64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %m = tensor.dim %n, %zero : tensor<?xf64>
  %r = scf.for %i = %one to %m step %one iter_args(%a = %x) -> (tensor<f64>) {
    %s = rfx.sin %a : tensor<f64>
    scf.yield %s : tensor<f64>
  }
  func.return %r : tensor<f64>
}
// CHECK: scf.for: the derivative of a loop needs a bound of how often it runs

// -----

func.func @scalar(%x: tensor<f64>, %k: f64) -> tensor<f64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %two = arith.constant 2 : index
  %r, %s = scf.for %i = %zero to %two step %one iter_args(%a = %x, %b = %k) -> (tensor<f64>, f64) {
    %d = tensor.from_elements %b : tensor<f64>
    %m = rfx.mul %a, %d : tensor<f64>
    %c = rfx.sin %b : f64
    scf.yield %m, %c : tensor<f64>, f64
  }
  func.return %r : tensor<f64>
}
// CHECK: a loop that carries f64 has no tape

// -----

func.func @largest(%x: tensor<4xf64>) -> tensor<f64> {
  %r = rfx.map_reduce [4] (%a = %x [0] : tensor<4xf64>) -> ("maximum" [] : tensor<f64>) {
    rfx.yield %a : f64
  }
  func.return %r : tensor<f64>
}
// CHECK: rfx.map_reduce: has no derivative rule for "maximum"
