// RUN: rfx-opt -p lower-to-loops %s | filecheck %s

// Branches and loops of a region keep their structure; unsigned types lose their sign.

func.func @control(%x: tensor<40xui8>, %n: tensor<i64> {rfx.by_value}) -> tensor<40xui8> {
  %0 = rfx.map [40] (%a = %x [0] : tensor<40xui8>, %m = %n [] : tensor<i64>) -> ([0] : tensor<40xui8>) {
    %three = rfx.constant 3 : ui8
    %small = rfx.lt %a, %three : ui8
    %1 = scf.if %small -> (ui8) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %end = arith.index_cast %m : i64 to index
      %2 = scf.for %i = %c0 to %end step %c1 iter_args(%s = %a) -> (ui8) {
        %3 = rfx.add %s, %three : ui8
        scf.yield %3 : ui8
      }
      scf.yield %2 : ui8
    } else {
      %2 = scf.while (%s = %a) : (ui8) -> ui8 {
        %more = rfx.gt %s, %three : ui8
        scf.condition(%more) %s : ui8
      } do {
      ^bb0(%s: ui8):
        %3 = rfx.sub %s, %three : ui8
        scf.yield %3 : ui8
      }
      scf.yield %2 : ui8
    }
    rfx.yield %1 : ui8
  }
  func.return %0 : tensor<40xui8>
}
// CHECK-LABEL: func.func @control(%x: memref<40xi8>, %n: i64
// CHECK:         scf.parallel
// CHECK:           %[[A:.*]] = memref.load %x
// CHECK:           %[[S:.*]] = arith.cmpi ult, %[[A]], %{{.*}} : i8
// CHECK-NEXT:      %[[R:.*]] = scf.if %[[S]] -> (i8) {
// CHECK:             %[[END:.*]] = arith.index_cast %n : i64 to index
// CHECK-NEXT:        %[[F:.*]] = scf.for %{{.*}} = %{{.*}} to %[[END]] {{.*}}-> (i8) {
// CHECK-NEXT:          arith.addi
// CHECK:             scf.yield %[[F]] : i8
// CHECK-NEXT:      } else {
// CHECK-NEXT:        %[[W:.*]] = scf.while (%{{.*}} = %[[A]]) : (i8) -> i8 {
// CHECK-NEXT:          arith.cmpi ugt
// CHECK:             scf.yield %[[W]] : i8
// CHECK:           memref.store %[[R]]

// What a branch of cheap sides was folded to, on numbers, after the nests were made.
func.func @folded(%c: tensor<i1>, %x: tensor<f64>, %y: tensor<f64>) -> tensor<f64> {
  %r = rfx.select %c, %x, %y : tensor<f64>
  func.return %r : tensor<f64>
}
// CHECK-LABEL: func.func @folded
// CHECK:         arith.select %{{.*}}, %{{.*}}, %{{.*}} : f64
