// RUN: rfx-opt -p map-to-gpu --split-input-file --verify-diagnostics %s | filecheck %s

func.func @limited(%x: memref<4xf32>, %begin: index, %end: index, %ws: memref<?xi8>) -> i32 {
  %c1 = arith.constant 1 : index
  %half = arith.constant 0.5 : f32
  "scf.parallel"(%begin, %end, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %v = memref.load %x[%i] : memref<4xf32>
    %r = scf.while (%a = %v) : (f32) -> f32 {
      %more = arith.cmpf ogt, %a, %half : f32
      scf.condition(%more) %a : f32
    } do {
    ^bb0(%a: f32):
      %next = arith.mulf %a, %half : f32
      scf.yield %next : f32
    } attributes {rfx.max_trips = 7 : i64, rfx.code = 1 : i32}
    memref.store %r, %x[%i] : memref<4xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  %ok = arith.constant 0 : i32
  func.return %ok : i32
}
// CHECK: scf.while: a kernel on a GPU has no status: max_iters= needs the CPU
