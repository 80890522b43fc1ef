// RUN: rfx-opt -p grad --split-input-file --verify-diagnostics %s | filecheck %s

// Another map. Where an operand is broadcast, its part is summed up.
func.func @broadcast(%x: tensor<3xf64>, %y: tensor<2x3xf64>) -> tensor<2x3xf64> {
  %r = rfx.map [2, 3] (%a = %x [1] : tensor<3xf64>, %b = %y [0, 1] : tensor<2x3xf64>)
      -> ([0, 1] : tensor<2x3xf64>) {
    %m = rfx.mul %a, %b : f64
    rfx.yield %m : f64
  }
  func.return %r : tensor<2x3xf64>
}
// CHECK-LABEL: func.func @broadcast
// CHECK-NEXT:   %[[V0:[0-9]+]] = rfx.constant dense<1.0> : tensor<2x3xf64>
// CHECK-NEXT:   %[[V1:[0-9]+]] = rfx.map [2, 3] (%[[V2:[0-9]+]] = %y [0, 1] : tensor<2x3xf64>, %[[V3:[0-9]+]] = %[[V0]] [0, 1] : tensor<2x3xf64>) -> ([1, 0] : tensor<3x2xf64>) {
// CHECK-NEXT:     %[[V4:[0-9]+]] = rfx.mul %[[V3]], %[[V2]] : f64
// CHECK-NEXT:     rfx.yield %[[V4]] : f64
// CHECK-NEXT:   }
// CHECK-NEXT:   %[[V2]] = rfx.reduce "add" %[[V1]] dims [1] : tensor<3x2xf64> to tensor<3xf64>
// CHECK-NEXT:   func.return %[[V2]] : tensor<3xf64>

// -----

// Few iterations are replayed from the start of the loop.
func.func @short(%x: tensor<5xf64>) -> tensor<5xf64> {
  %r = rfx.map [5] (%a = %x [0] : tensor<5xf64>) -> ([0] : tensor<5xf64>) {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %three = arith.constant 3 : index
    %p = scf.for %i = %zero to %three step %one iter_args(%b = %a) -> (f64) {
      %s = rfx.sin %b : f64
      scf.yield %s : f64
    }
    rfx.yield %p : f64
  }
  func.return %r : tensor<5xf64>
}
// CHECK-LABEL: func.func @short
// CHECK-NEXT:   %[[V0:[0-9]+]] = rfx.constant dense<1.0> : tensor<5xf64>
// CHECK-NEXT:   %[[V1:[0-9]+]] = rfx.map [5] (%[[V2:[0-9]+]] = %x [0] : tensor<5xf64>, %[[V3:[0-9]+]] = %[[V0]] [0] : tensor<5xf64>) -> ([0] : tensor<5xf64>) {
// CHECK-NEXT:     %[[V4:[0-9]+]] = rfx.constant 3 : i64
// CHECK-NEXT:     %[[V5:[0-9]+]] = rfx.constant 0 : i64
// CHECK-NEXT:     %[[V6:[0-9]+]] = arith.index_cast %[[V4]] : i64 to index
// CHECK-NEXT:     %[[V7:[0-9]+]] = arith.constant 0 : index
// CHECK-NEXT:     %[[V8:[0-9]+]] = arith.constant 1 : index
// CHECK-NEXT:     %[[V9:[0-9]+]] = scf.for %[[V10:[0-9]+]] = %[[V7]] to %[[V6]] step %[[V8]] iter_args(%[[V11:[0-9]+]] = %[[V3]]) -> (f64) {
// CHECK-NEXT:       %[[V12:[0-9]+]] = rfx.add %[[V5]], %[[V4]] : i64
// CHECK-NEXT:       %[[V13:[0-9]+]] = arith.index_cast %[[V10]] : index to i64
// CHECK-NEXT:       %[[V14:[0-9]+]] = rfx.sub %[[V12]], %[[V13]] : i64
// CHECK-NEXT:       %[[V15:[0-9]+]] = rfx.constant 1 : i64
// CHECK-NEXT:       %[[V16:[0-9]+]] = rfx.sub %[[V14]], %[[V15]] : i64
// CHECK-NEXT:       %[[V17:[0-9]+]] = rfx.sub %[[V16]], %[[V5]] : i64
// CHECK-NEXT:       %[[V18:[0-9]+]] = arith.index_cast %[[V17]] : i64 to index
// CHECK-NEXT:       %[[V19:[0-9]+]] = arith.constant 0 : index
// CHECK-NEXT:       %[[V20:[0-9]+]] = arith.constant 1 : index
// CHECK-NEXT:       %[[V21:[0-9]+]] = scf.for %[[V22:[0-9]+]] = %[[V19]] to %[[V18]] step %[[V20]] iter_args(%[[V23:[0-9]+]] = %[[V2]]) -> (f64) {
// CHECK-NEXT:         %s = rfx.sin %[[V23]] : f64
// CHECK-NEXT:         scf.yield %s : f64
// CHECK-NEXT:       }
// CHECK-NEXT:       %[[V24:[0-9]+]] = rfx.cos %[[V21]] : f64
// CHECK-NEXT:       %[[V25:[0-9]+]] = rfx.mul %[[V11]], %[[V24]] : f64
// CHECK-NEXT:       scf.yield %[[V25]] : f64
// CHECK-NEXT:     }
// CHECK-NEXT:     rfx.yield %[[V9]] : f64
// CHECK-NEXT:   }
// CHECK-NEXT:   func.return %[[V1]] : tensor<5xf64>

// -----

// More are replayed from the start of a block, as many blocks as they have iterations.
func.func @blocks(%x: tensor<5xf64>) -> tensor<5xf64> {
  %r = rfx.map [5] (%a = %x [0] : tensor<5xf64>) -> ([0] : tensor<5xf64>) {
    %zero = arith.constant 0 : index
    %one = arith.constant 1 : index
    %hundred = arith.constant 100 : index
    %p = scf.for %i = %zero to %hundred step %one iter_args(%b = %a) -> (f64) {
      %s = rfx.sin %b : f64
      scf.yield %s : f64
    }
    rfx.yield %p : f64
  }
  func.return %r : tensor<5xf64>
}
// CHECK-LABEL: func.func @blocks
// CHECK:          %[[V8:[0-9]+]] = rfx.floor_div %[[V6:[0-9]+]], %[[V7:[0-9]+]] : i64
// CHECK:          %[[V12:[0-9]+]] = scf.for %[[V13:[0-9]+]] = %[[V10:[0-9]+]] to %[[V9:[0-9]+]] step %[[V11:[0-9]+]] iter_args(%[[V14:[0-9]+]] = %[[V3:[0-9]+]]) -> (f64) {
// CHECK:            %[[V20:[0-9]+]] = rfx.mul %[[V18:[0-9]+]], %[[V19:[0-9]+]] : i64
// CHECK:            %[[V23:[0-9]+]] = rfx.minimum %[[V21:[0-9]+]], %[[V22:[0-9]+]] : i64
// CHECK:            %[[V29:[0-9]+]] = scf.for %[[V30:[0-9]+]] = %[[V27:[0-9]+]] to %[[V26:[0-9]+]] step %[[V28:[0-9]+]] iter_args(%[[V31:[0-9]+]] = %[[V2:[0-9]+]]) -> (f64) {
// CHECK-NEXT:         %s = rfx.sin %[[V31]] : f64
// CHECK-NEXT:         scf.yield %s : f64
// CHECK:            %[[V33:[0-9]+]] = scf.for %[[V34:[0-9]+]] = %[[V27]] to %[[V32:[0-9]+]] step %[[V28]] iter_args(%[[V35:[0-9]+]] = %[[V14]]) -> (f64) {
// CHECK:              %[[V45:[0-9]+]] = scf.for %[[V46:[0-9]+]] = %[[V43:[0-9]+]] to %[[V42:[0-9]+]] step %[[V44:[0-9]+]] iter_args(%[[V47:[0-9]+]] = %[[V29]]) -> (f64) {
// CHECK-NEXT:           %s_1 = rfx.sin %[[V47]] : f64
// CHECK-NEXT:           scf.yield %s_1 : f64
// CHECK:              %[[V48:[0-9]+]] = rfx.cos %[[V45]] : f64
// CHECK-NEXT:         %[[V49:[0-9]+]] = rfx.mul %[[V35]], %[[V48]] : f64
// CHECK-NEXT:         scf.yield %[[V49]] : f64
// CHECK:            scf.yield %[[V33]] : f64
// CHECK:          rfx.yield %[[V12]] : f64

// -----

// A loop that ends on a condition runs once more to count, then as often.
func.func @condition(%x: tensor<5xf64>) -> tensor<5xf64> {
  %r = rfx.map [5] (%a = %x [0] : tensor<5xf64>) -> ([0] : tensor<5xf64>) {
    %limit = rfx.constant 10.0 : f64
    %p = scf.while (%b = %a) : (f64) -> f64 {
      %c = rfx.lt %b, %limit : f64
      scf.condition(%c) %b : f64
    } do {
    ^bb0(%b: f64):
      %s = rfx.mul %b, %b : f64
      scf.yield %s : f64
    }
    rfx.yield %p : f64
  }
  func.return %r : tensor<5xf64>
}
// CHECK-LABEL: func.func @condition
// CHECK:          %p = scf.while (%b = %a) : (f64) -> f64 {
// CHECK-NEXT:       %c = rfx.lt %b, %limit : f64
// CHECK-NEXT:       scf.condition(%c) %b : f64
// CHECK:            %s = rfx.mul %b_1, %b_1 : f64
// CHECK-NEXT:       scf.yield %s : f64
// CHECK:          rfx.yield %p : f64
// CHECK:          %[[V5:[0-9]+]], %[[V6:[0-9]+]] = scf.while (%[[V7:[0-9]+]] = %[[V2:[0-9]+]], %[[V8:[0-9]+]] = %[[V4:[0-9]+]]) : (f64, i64) -> (f64, i64) {
// CHECK-NEXT:       %c = rfx.lt %[[V7]], %limit : f64
// CHECK-NEXT:       scf.condition(%c) %[[V7]], %[[V8]] : f64, i64
// CHECK:            %s = rfx.mul %[[V9:[0-9]+]], %[[V9]] : f64
// CHECK:            scf.yield %s, %[[V12:[0-9]+]] : f64, i64
// CHECK:          %[[V18:[0-9]+]] = rfx.floor_div %[[V16:[0-9]+]], %[[V17:[0-9]+]] : i64
// CHECK:          %[[V22:[0-9]+]] = scf.for %[[V23:[0-9]+]] = %[[V20:[0-9]+]] to %[[V19:[0-9]+]] step %[[V21:[0-9]+]] iter_args(%[[V24:[0-9]+]] = %[[V3:[0-9]+]]) -> (f64) {
// CHECK:            %[[V30:[0-9]+]] = rfx.mul %[[V28:[0-9]+]], %[[V29:[0-9]+]] : i64
// CHECK:            %[[V39:[0-9]+]] = scf.for %[[V40:[0-9]+]] = %[[V37:[0-9]+]] to %[[V36:[0-9]+]] step %[[V38:[0-9]+]] iter_args(%[[V41:[0-9]+]] = %[[V2]]) -> (f64) {
// CHECK-NEXT:         %s_1 = rfx.mul %[[V41]], %[[V41]] : f64
// CHECK-NEXT:         scf.yield %s_1 : f64
// CHECK:            %[[V43:[0-9]+]] = scf.for %[[V44:[0-9]+]] = %[[V37]] to %[[V42:[0-9]+]] step %[[V38]] iter_args(%[[V45:[0-9]+]] = %[[V24]]) -> (f64) {
// CHECK:              %[[V55:[0-9]+]] = scf.for %[[V56:[0-9]+]] = %[[V53:[0-9]+]] to %[[V52:[0-9]+]] step %[[V54:[0-9]+]] iter_args(%[[V57:[0-9]+]] = %[[V39]]) -> (f64) {
// CHECK-NEXT:           %s_2 = rfx.mul %[[V57]], %[[V57]] : f64
// CHECK-NEXT:           scf.yield %s_2 : f64
// CHECK:              %[[V58:[0-9]+]] = rfx.mul %[[V45]], %[[V55]] : f64
// CHECK-NEXT:         %[[V59:[0-9]+]] = rfx.mul %[[V45]], %[[V55]] : f64
// CHECK:              scf.yield %[[V60:[0-9]+]] : f64
// CHECK:            scf.yield %[[V43]] : f64
// CHECK:          rfx.yield %[[V22]] : f64

// -----

// Sums of a map_reduce are broadcast.
func.func @sums(%x: tensor<2x3xf64>) -> tensor<3xf64> {
  %r = rfx.map_reduce [2, 3] (%a = %x [0, 1] : tensor<2x3xf64>)
      -> ("add" [1] : tensor<3xf64>) {
    %s = rfx.sin %a : f64
    rfx.yield %s : f64
  }
  func.return %r : tensor<3xf64>
}
// CHECK-LABEL: func.func @sums
// CHECK-NEXT:   %[[V0:[0-9]+]] = rfx.constant dense<1.0> : tensor<3xf64>
// CHECK-NEXT:   %[[V1:[0-9]+]] = rfx.map [2, 3] (%[[V2:[0-9]+]] = %x [0, 1] : tensor<2x3xf64>, %[[V3:[0-9]+]] = %[[V0]] [1] : tensor<3xf64>) -> ([0, 1] : tensor<2x3xf64>) {
// CHECK-NEXT:     %[[V4:[0-9]+]] = rfx.cos %[[V2]] : f64
// CHECK-NEXT:     %[[V5:[0-9]+]] = rfx.mul %[[V3]], %[[V4]] : f64
// CHECK-NEXT:     rfx.yield %[[V5]] : f64
// CHECK-NEXT:   }
// CHECK-NEXT:   func.return %[[V1]] : tensor<2x3xf64>
