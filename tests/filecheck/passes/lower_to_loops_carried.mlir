// RUN: rfx-opt -p fuse,lower-to-loops --split-input-file %s | filecheck %s

// A number is carried in a register, an array in memory: here that of the result, where
// each iteration computes in place. An argument is copied, since it is not ours.

func.func @in_place(%x: tensor<300xf64>, %s: tensor<i64>, %n: tensor<i64>) -> (tensor<300xf64>, tensor<i64>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %e = tensor.extract %n[] : tensor<i64>
  %end = arith.index_cast %e : i64 to index
  %r:2 = scf.for %i = %zero to %end step %one iter_args(%a = %x, %b = %s) -> (tensor<300xf64>, tensor<i64>) {
    %c = rfx.mul %a, %a : tensor<300xf64>
    %k = arith.index_cast %i : index to i64
    %t = tensor.from_elements %k : tensor<i64>
    %d = rfx.add %b, %t : tensor<i64>
    scf.yield %c, %d : tensor<300xf64>, tensor<i64>
  }
  func.return %r#0, %r#1 : tensor<300xf64>, tensor<i64>
}
// CHECK-LABEL: func.func @in_place(
// CHECK-SAME:    rfx.workspace = 0 : i64
// CHECK:         %[[N:.*]] = memref.load %n[]
// CHECK-NEXT:    %[[END:.*]] = arith.index_cast %[[N]] : i64 to index
// CHECK:         %[[S:.*]] = memref.load %s[]
// CHECK:         scf.parallel
// CHECK:           %[[V:.*]] = memref.load %x
// CHECK-NEXT:      memref.store %[[V]], %out0
// CHECK:         %[[R:.*]] = scf.for %[[I:.*]] = %{{.*}} to %[[END]] step %{{.*}} iter_args(%[[B:.*]] = %[[S]]) -> (i64) {
// CHECK-NEXT:      %[[K:.*]] = arith.index_cast %[[I]]
// CHECK-NEXT:      %[[D:.*]] = arith.addi %[[B]], %[[K]]
// CHECK:           scf.parallel
// CHECK:             %[[A:.*]] = memref.load %out0[%[[J:.*]]]
// CHECK-NEXT:        %[[C:.*]] = arith.mulf %[[A]], %[[A]]
// CHECK-NEXT:        memref.store %[[C]], %out0[%[[J]]]
// CHECK:           scf.yield %[[D]] : i64
// CHECK-NEXT:    }
// CHECK-NEXT:    memref.store %[[R]], %out1[]
// CHECK-NEXT:    arith.constant 0 : i32
// CHECK-NEXT:    func.return

// -----

// What is read at other elements than it is written at is computed elsewhere.

func.func @reversed(%x: tensor<4xf64>) -> tensor<4xf64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %five = arith.constant 5 : index
  %r = scf.for %i = %zero to %five step %one iter_args(%a = %x) -> (tensor<4xf64>) {
    %b = rfx.slice %a starts [3] steps [-1] [4] : tensor<4xf64> to tensor<4xf64>
    scf.yield %b : tensor<4xf64>
  }
  func.return %r : tensor<4xf64>
}
// CHECK-LABEL: func.func @reversed(
// CHECK:         %[[B:.*]] = memref.alloca() {{.*}} : memref<4xf64>
// CHECK:         scf.for
// CHECK:           memref.load %out0
// CHECK-NEXT:      memref.store %{{.*}}, %[[B]]
// CHECK:           memref.load %[[B]]
// CHECK-NEXT:      memref.store %{{.*}}, %out0

// -----

// So is a transpose of itself, ...

func.func @transposed(%x: tensor<4x4xf64>) -> tensor<4x4xf64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %five = arith.constant 5 : index
  %r = scf.for %i = %zero to %five step %one iter_args(%a = %x) -> (tensor<4x4xf64>) {
    %t = rfx.transpose %a perm [1, 0] : tensor<4x4xf64> to tensor<4x4xf64>
    %b = rfx.add %a, %t : tensor<4x4xf64>
    scf.yield %b : tensor<4x4xf64>
  }
  func.return %r : tensor<4x4xf64>
}
// CHECK-LABEL: func.func @transposed(
// CHECK:         %[[B:.*]] = memref.alloca() {{.*}} : memref<4x4xf64>
// CHECK:         scf.for
// CHECK:           memref.load %out0[%[[I:.*]], %[[J:.*]]]
// CHECK-NEXT:      memref.load %out0[%[[J]], %[[I]]]
// CHECK:           memref.store %{{.*}}, %[[B]]

// -----

// ... and what replaces a value that is still to be read.

func.func @read_later(%x: tensor<4xf64>) -> tensor<4xf64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %five = arith.constant 5 : index
  %r = scf.for %i = %zero to %five step %one iter_args(%a = %x) -> (tensor<4xf64>) {
    %b = rfx.neg %a : tensor<4xf64>
    %c = rfx.scan "add" %b dim 0 : tensor<4xf64> to tensor<4xf64>
    %d = rfx.add %a, %c : tensor<4xf64>
    scf.yield %d : tensor<4xf64>
  }
  func.return %r : tensor<4xf64>
}
// CHECK-LABEL: func.func @read_later(
// CHECK:         scf.for
// CHECK:           memref.load %out0
// CHECK-NEXT:      arith.negf
// CHECK-NEXT:      memref.store %{{.*}}, %[[B:[0-9]+]]
// CHECK:           memref.load %[[B]]
// CHECK:           memref.load %out0
// CHECK:           memref.store %{{.*}}, %out0

// -----

// All that an iteration yields is read before any of it is written.

func.func @swap(%x: tensor<4xf64>, %y: tensor<4xf64>, %n: index) -> (tensor<4xf64>, tensor<4xf64>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r:2 = scf.for %i = %zero to %n step %one iter_args(%a = %x, %b = %y) -> (tensor<4xf64>, tensor<4xf64>) {
    scf.yield %b, %a : tensor<4xf64>, tensor<4xf64>
  }
  func.return %r#0, %r#1 : tensor<4xf64>, tensor<4xf64>
}
// CHECK-LABEL: func.func @swap(
// CHECK:         %[[T:.*]] = memref.alloca() {{.*}} : memref<4xf64>
// CHECK:         scf.for
// CHECK:           %[[B:.*]] = memref.load %out1
// CHECK-NEXT:      memref.store %[[B]], %[[T]]
// CHECK:           %[[A:.*]] = memref.load %out0
// CHECK-NEXT:      memref.store %[[A]], %out1
// CHECK:           %[[C:.*]] = memref.load %[[T]]
// CHECK-NEXT:      memref.store %[[C]], %out0

// -----

// An element is written without a copy, also in a loop in a loop, also in a branch, also
// if the array is made before the loops.

func.func @elements(%n: index, %c: tensor<i1>, %v: tensor<f64>) -> tensor<8x8xf64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %x = rfx.full 0.0 : f64 [8, 8] : tensor<8x8xf64>
  %p = tensor.extract %c[] : tensor<i1>
  %r = scf.for %i = %zero to %n step %one iter_args(%a = %x) -> (tensor<8x8xf64>) {
    %k = arith.index_cast %i : index to i64
    %ki = tensor.from_elements %k : tensor<i64>
    %s = scf.for %j = %zero to %n step %one iter_args(%b = %a) -> (tensor<8x8xf64>) {
      %m = arith.index_cast %j : index to i64
      %kj = tensor.from_elements %m : tensor<i64>
      %d = scf.if %p -> (tensor<8x8xf64>) {
        %e = rfx.scatter "set" %b at [0, 1](%ki, %kj) = %v : tensor<8x8xf64>, (tensor<i64>, tensor<i64>), tensor<f64> to tensor<8x8xf64>
        scf.yield %e : tensor<8x8xf64>
      } else {
        scf.yield %b : tensor<8x8xf64>
      }
      scf.yield %d : tensor<8x8xf64>
    }
    scf.yield %s : tensor<8x8xf64>
  }
  func.return %r : tensor<8x8xf64>
}
// CHECK-LABEL: func.func @elements(
// CHECK:         %[[X:.*]] = memref.collapse_shape %out0
// CHECK:         scf.parallel
// CHECK:           memref.store %{{.*}}, %[[X]]
// CHECK:         scf.for
// CHECK-NOT:       scf.parallel
// CHECK:           scf.for
// CHECK:             scf.if
// CHECK:               memref.store %{{.*}}, %out0
// CHECK-NOT:     scf.parallel

// -----

// What the update replaces is read after it, or is an argument: a copy is made first.

func.func @update_of_a_copy(%x: tensor<8xf64>, %v: tensor<1xf64>, %k: tensor<i64>) -> (tensor<8xf64>, tensor<8xf64>) {
  %a = rfx.dynamic_update_slice %x, %v at (%k) : tensor<8xf64>, tensor<1xf64>, (tensor<i64>) to tensor<8xf64>
  %b = rfx.dynamic_update_slice %a, %v at (%k) : tensor<8xf64>, tensor<1xf64>, (tensor<i64>) to tensor<8xf64>
  func.return %a, %b : tensor<8xf64>, tensor<8xf64>
}
// CHECK-LABEL: func.func @update_of_a_copy(
// CHECK:         scf.parallel
// CHECK:           memref.load %x
// CHECK:           memref.store %{{.*}}, %out0
// CHECK:         scf.parallel
// CHECK:           memref.load %out0
// CHECK:           memref.store %{{.*}}, %out1

// -----

// Each side of a branch computes into the memory of the result.

func.func @branch(%x: tensor<8xf64>, %c: tensor<i1>) -> tensor<8xf64> {
  %p = tensor.extract %c[] : tensor<i1>
  %r = scf.if %p -> (tensor<8xf64>) {
    %a = rfx.neg %x : tensor<8xf64>
    scf.yield %a : tensor<8xf64>
  } else {
    scf.yield %x : tensor<8xf64>
  }
  func.return %r : tensor<8xf64>
}
// CHECK-LABEL: func.func @branch(
// CHECK:         %[[C:.*]] = memref.load %c[]
// CHECK:         scf.if %[[C]] {
// CHECK:           arith.negf
// CHECK-NEXT:      memref.store %{{.*}}, %out0
// CHECK:         } else {
// CHECK:           memref.load %x
// CHECK-NEXT:      memref.store %{{.*}}, %out0

// -----

// A while ends when something has failed, and a for does not begin: its bounds may be
// anything. What the condition hands on is where it is.

func.func @failing(%x: tensor<300xf32>, %k: tensor<i64>, %most: tensor<i64>) -> tensor<300xf32> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r:2 = scf.while (%a = %x, %i = %k) : (tensor<300xf32>, tensor<i64>) -> (tensor<300xf32>, tensor<i64>) {
    %c = rfx.lt %i, %most : tensor<i64>
    %p = tensor.extract %c[] : tensor<i1>
    scf.condition(%p) %a, %i : tensor<300xf32>, tensor<i64>
  } do {
  ^bb0(%a: tensor<300xf32>, %i: tensor<i64>):
    %c = rfx.gt %i, %k : tensor<i64>
    rfx.require %c 3 : tensor<i1>
    %b = rfx.neg %a : tensor<300xf32>
    scf.yield %b, %i : tensor<300xf32>, tensor<i64>
  }
  %e = tensor.extract %r#1[] : tensor<i64>
  %end = arith.index_cast %e : i64 to index
  %s = scf.for %j = %zero to %end step %one iter_args(%a = %r#0) -> (tensor<300xf32>) {
    %b = rfx.sqrt %a : tensor<300xf32>
    scf.yield %b : tensor<300xf32>
  }
  func.return %s : tensor<300xf32>
}
// CHECK-LABEL: func.func @failing(
// CHECK:         %[[STATUS:.*]] = memref.alloca() {{.*}} : memref<i32>
// CHECK:         %[[W:.*]] = scf.while (%[[I:.*]] = %{{.*}}) : (i64) -> i64 {
// CHECK:           %[[C:.*]] = arith.cmpi slt, %[[I]]
// CHECK:           %[[S:.*]] = memref.load %[[STATUS]][]
// CHECK:           %[[OK:.*]] = arith.cmpi eq, %[[S]]
// CHECK-NEXT:      %[[GO:.*]] = arith.andi %[[C]], %[[OK]]
// CHECK-NEXT:      scf.condition(%[[GO]]) %[[I]] : i64
// CHECK:           memref.load %out0
// CHECK-NEXT:      arith.negf
// CHECK-NEXT:      memref.store %{{.*}}, %out0
// CHECK:           memref.store %{{.*}}, %[[STATUS]][]
// CHECK:         %[[E:.*]] = arith.index_cast %[[W]]
// CHECK:         memref.load %[[STATUS]][]
// CHECK:         %[[END:.*]] = arith.select %{{.*}}, %[[E]], %[[ZERO:.*]] : index
// CHECK:         scf.for %{{.*}} = %[[ZERO]] to %[[END]]
// CHECK:           math.sqrt

// -----

// What is older than a loop and read inside keeps its memory while the loop runs.

func.func @lifetimes(%x: tensor<300xf64>, %n: index) -> tensor<f64> {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %start = rfx.constant dense<0.0> : tensor<f64>
  %y = rfx.scan "add" %x dim 0 : tensor<300xf64> to tensor<300xf64>
  %r = scf.for %i = %zero to %n step %one iter_args(%s = %start) -> (tensor<f64>) {
    %a = rfx.scan "mul" %y dim 0 : tensor<300xf64> to tensor<300xf64>
    %b = rfx.scan "maximum" %a dim 0 : tensor<300xf64> to tensor<300xf64>
    %c = rfx.scan "minimum" %b dim 0 : tensor<300xf64> to tensor<300xf64>
    %t = rfx.reduce "maximum" %c dims [0] : tensor<300xf64> to tensor<f64>
    %u = rfx.maximum %s, %t : tensor<f64>
    scf.yield %u : tensor<f64>
  }
  func.return %r : tensor<f64>
}
// CHECK-LABEL: func.func @lifetimes(
// CHECK-SAME:    rfx.workspace = 7296 : i64
