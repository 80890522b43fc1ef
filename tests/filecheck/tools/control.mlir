// A loop on tensors at every level: the map inside runs in vectors, the number that the
// loop carries stays in a register, and nothing is copied in the loop.
// RUN: rfx-opt %s | rfx-opt | filecheck %s
// RUN: rfx-opt %s -p to-fused | filecheck %s --check-prefix=FUSED
// RUN: rfx-opt %s -p to-fused,to-loops,to-scalars,to-vectors | filecheck %s --check-prefix=VECTORS
// RUN: rfx-opt %s -p cpu -t llvm-ir | filecheck %s --check-prefix=IR
// RUN: rfx-opt %s -p to-fused,to-loops,to-scalars -t c | filecheck %s --check-prefix=C
func.func @f(%x: tensor<1024xf64>, %k: tensor<f64>, %n: tensor<i64>) -> (tensor<1024xf64>, tensor<f64>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %e = tensor.extract %n[] : tensor<i64>
  %end = arith.index_cast %e : i64 to index
  %r:2 = scf.for %i = %zero to %end step %one iter_args(%a = %x, %b = %k) -> (tensor<1024xf64>, tensor<f64>) {
    %c = rfx.mul %a, %a : tensor<1024xf64>
    %d = rfx.add %b, %b : tensor<f64>
    scf.yield %c, %d : tensor<1024xf64>, tensor<f64>
  }
  func.return %r#0, %r#1 : tensor<1024xf64>, tensor<f64>
}
// CHECK:      tensor.extract %n[] : tensor<i64>
// CHECK:      scf.for %i = %zero to %end step %one iter_args(%a = %x, %b = %k) -> (tensor<1024xf64>, tensor<f64>) {

// FUSED:      scf.for
// FUSED-NEXT:   rfx.map []
// FUSED-NEXT:     rfx.add
// FUSED:        rfx.map [1024]
// FUSED-NEXT:     rfx.mul

// VECTORS:      scf.for {{.*}} -> (f64) {
// VECTORS-NEXT:   arith.addf {{.*}} : f64
// VECTORS:        "scf.parallel"
// VECTORS:          %[[V:.*]] = vector.load %out0
// VECTORS-NEXT:     %[[R:.*]] = arith.mulf %[[V]], %[[V]] : vector
// VECTORS-NEXT:     vector.store %[[R]], %out0
// VECTORS-NOT:    vector.store
// VECTORS:        scf.yield

// IR:      = phi double
// IR:      fmul <{{[0-9]+}} x double>

// C:       const int64_t [[N:v[0-9]+]] = n[0];
// C-NEXT:  const int64_t [[END:v[0-9]+]] = (int64_t)[[N]];
// C:       for (int64_t [[I:v[0-9]+]] = {{.*}}; [[I]] < [[END]];
// C-NEXT:    const double [[D:v[0-9]+]] = (double)([[K:v[0-9]+]] + [[K]]);
// C:         out0[{{.*}}] =
// C:         [[K]] = [[D]];
