// RUN: rfx-opt --verify-diagnostics --parsing-diagnostics --split-input-file %s | filecheck %s

// What the stand-ins for upstream ops refuse.

func.func @f(%c: vector<2xi1>, %a: vector<4xf32>) {
  %r = arith.select %c, %a, %a : vector<2xi1>, vector<4xf32>
  func.return
}
// CHECK: the condition of a select of vector<4xf32> is i1 or vector<4xi1>, not vector<2xi1>

// -----

func.func @f(%a: f32, %b: f64) {
  %r = "arith.cmpf"(%a, %b) <{predicate = 1 : i64, fastmath = #arith.fastmath<none>}> : (f32, f64) -> i1
  func.return
}
// CHECK: both operands of a comparison have one type

// -----

func.func @f(%a: vector<4xi32>) {
  %r = "arith.cmpi"(%a, %a) <{predicate = 1 : i64}> : (vector<4xi32>, vector<4xi32>) -> i1
  func.return
}
// CHECK: a comparison of vector<4xi32> gives vector<4xi1>

// -----

func.func @f(%c: i1, %a: f32, %b: f64) {
  %r = "arith.select"(%c, %a, %b) : (i1, f32, f64) -> f32
  func.return
}
// CHECK: a select chooses between values of its own type

// -----

func.func @f(%a: vector<4xi32>) {
  %r = arith.sitofp %a : vector<4xi32> to vector<2xf32>
  func.return
}
// CHECK: a conversion keeps the number of lanes

// -----

func.func @f(%a: f32) {
  %r = arith.cmpf less, %a, %a : f32
  func.return
}
// CHECK: unknown predicate 'less'; there are false, oeq, ogt

// -----

func.func @f(%x: memref<8xf32>, %i: index) {
  memref.prefetch %x[%i], both, locality<3>, data : memref<8xf32>
  func.return
}
// CHECK: read or write
