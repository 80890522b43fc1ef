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
