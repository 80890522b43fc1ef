// RUN: rfx-opt -p lower-to-loops --split-input-file %s | filecheck %s
// RUN: rfx-opt -p lower-to-loops --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// Few taps are written out; where none hangs over an end, there is nothing else.
func.func @inside(%a: tensor<9xf32>, %v: tensor<2xf32>) -> tensor<8xf32> {
  %r = rfx.correlate %a, %v starts [0] [8] : tensor<9xf32>, tensor<2xf32> to tensor<8xf32>
  func.return %r : tensor<8xf32>
}
// CHECK-LABEL: func.func @inside(
// CHECK-NOT:     scf.for
// CHECK:         "scf.parallel"(%{{c0|[0-9]+}}, %{{.*}}, %{{.*}})
// CHECK-NEXT:    ^{{.*}}(%[[I:.*]]: index):
// CHECK-NEXT:      %[[A0:.*]] = memref.load %a[%[[I]]]
// CHECK-NEXT:      %[[V0:.*]] = memref.load %v[%[[K0:.*]]]
// CHECK-NEXT:      %[[P0:.*]] = arith.mulf %[[A0]], %[[V0]]
// CHECK-NEXT:      %[[S0:.*]] = arith.addf %{{.*}}, %[[P0]]
// CHECK-NEXT:      %[[J:.*]] = arith.addi %[[I]], %[[K1:.*]] : index
// CHECK-NEXT:      %[[A1:.*]] = memref.load %a[%[[J]]]
// CHECK-NEXT:      %[[V1:.*]] = memref.load %v[%[[K1]]]
// CHECK-NEXT:      %[[P1:.*]] = arith.mulf %[[A1]], %[[V1]]
// CHECK-NEXT:      %[[S1:.*]] = arith.addf %[[S0]], %[[P1]]
// CHECK-NEXT:      memref.store %[[S1]], %out0[%[[I]]]
// CHECK-NOT:     scf.for
// CHECK:         func.return

// -----

// Taps that hang over an end are left out: each is added where it is inside.
func.func @over_ends(%a: tensor<9xi32>, %v: tensor<3xi32>) -> tensor<11xi32> {
  %r = rfx.correlate %a, %v starts [-2] [11] : tensor<9xi32>, tensor<3xi32> to tensor<11xi32>
  func.return %r : tensor<11xi32>
}
// CHECK-LABEL: func.func @over_ends(
// CHECK:         "scf.parallel"
// CHECK:         scf.for %[[B:.*]] = 
// CHECK:           arith.select
// CHECK:           "scf.parallel"(%[[P:.*]], %[[Q:.*]], %{{.*}})
// CHECK:             memref.store %{{.*}}, %out0
// CHECK:           scf.for %[[T:.*]] =
// CHECK:             %[[K:.*]] = arith.addi %[[T]]
// CHECK:             %[[LAST:.*]] = arith.minsi %{{.*}}, %[[Q]]
// CHECK-NEXT:        %[[FROM:.*]] = arith.maxsi %[[LAST]], %[[P]]
// CHECK:             %[[TO:.*]] = arith.maxsi %{{.*}}, %[[FROM]]
// CHECK:             "scf.parallel"(%[[FROM]], %[[TO]], %{{.*}})
// CHECK:               memref.load %out0
// CHECK:               memref.load %v[%[[K]]]
// CHECK:               arith.muli
// CHECK:               arith.addi
// CHECK:               memref.store

// -----

// Many taps stay in a register; in a block, those that are inside for all its places.
func.func @any_size(%a: tensor<?xf64>, %v: tensor<?xf64>) -> tensor<?xf64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = tensor.dim %a, %c0 : tensor<?xf64>
  %r = rfx.correlate %a, %v starts [%c1] [%s] : tensor<?xf64>, tensor<?xf64> to tensor<?xf64>
  func.return %r : tensor<?xf64>
}
// CHECK-LABEL: func.func @any_size(
// CHECK:         "scf.parallel"
// CHECK:           scf.for %{{.*}} iter_args(%[[S:.*]] = %{{.*}}) -> (f64)
// CHECK:             arith.mulf
// CHECK:             %[[N:.*]] = arith.addf %[[S]]
// CHECK:             scf.yield %[[N]]
// CHECK:         scf.for
// CHECK:           "scf.parallel"
// CHECK:           scf.for
// CHECK:             "scf.parallel"
// CHECK:           "scf.parallel"
// CHECK:             scf.for %{{.*}} iter_args
// CHECK:           scf.for
// CHECK:             "scf.parallel"
