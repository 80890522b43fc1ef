// RUN: rfx-opt -p reduce-extrema --split-input-file %s | filecheck %s
// RUN: rfx-opt -p reduce-extrema --split-input-file %s > %t && %mlir-opt --split-input-file %t > /dev/null
// REQUIRES: mlir-opt

// The loop compares, and remembers NaN and signs; the tree after it only compares.

func.func @max(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %2 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %m, %m [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
// CHECK-LABEL: @max
// CHECK:         %[[NONE:.*]] = vector.broadcast %{{.*}} : i32 to vector<2xi32>
// CHECK-NEXT:    %[[C:.*]] = arith.constant -1 : i32
// CHECK-NEXT:    %[[ALL:.*]] = vector.broadcast %[[C]] : i32 to vector<2xi32>
// CHECK-NEXT:    %{{.*}}, %[[NAN:.*]], %[[SIGNS:.*]] = scf.for {{.*}} iter_args(%[[A:.*]] = %least8, %[[N:.*]] = %[[NONE]], %[[S:.*]] = %[[ALL]])
// CHECK-NEXT:      %[[X:.*]] = vector.load
// CHECK-NEXT:      %[[GT:.*]] = arith.cmpf ogt, %[[X]], %[[A]]
// CHECK-NEXT:      %[[B:.*]] = arith.select %[[GT]], %[[X]], %[[A]]
// CHECK-NEXT:      %[[Q0:.*]] = vector.shuffle %[[X]], %[[X]] [0, 1]
// CHECK-NEXT:      %[[Q1:.*]] = vector.shuffle %[[X]], %[[X]] [2, 3]
// CHECK-NEXT:      %[[Q2:.*]] = vector.shuffle %[[X]], %[[X]] [4, 5]
// CHECK-NEXT:      %[[Q3:.*]] = vector.shuffle %[[X]], %[[X]] [6, 7]
// CHECK-NEXT:      %[[U0:.*]] = arith.cmpf uno, %[[Q0]], %[[Q1]]
// CHECK-NEXT:      %[[U1:.*]] = arith.cmpf uno, %[[Q2]], %[[Q3]]
// CHECK-NEXT:      %[[U:.*]] = arith.ori %[[U0]], %[[U1]]
// CHECK-NEXT:      arith.bitcast %[[Q0]]
// CHECK-NEXT:      arith.andi %[[S]]
// CHECK:           %[[N1:.*]] = arith.select %[[U]], %{{.*}}, %[[N]]
// CHECK-NEXT:      scf.yield %[[B]], %[[N1]], %{{.*}}
// CHECK-NOT:     arith.maximumf
// CHECK:         %[[GT:.*]] = arith.cmpf ogt, %[[HIGH:.*]], %[[LOW:.*]] : f32
// CHECK-NEXT:    %[[Q:.*]] = arith.select %[[GT]], %[[HIGH]], %[[LOW]] : f32
// CHECK:         arith.cmpi sge, %[[SIGNS]]
// CHECK-NEXT:    %[[PLUS:.*]] = vector.reduction <or>
// CHECK-NEXT:    %[[P0:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-NEXT:    %[[M0:.*]] = arith.constant -0.000000e+00 : f32
// CHECK-NEXT:    %[[ZERO:.*]] = arith.select %[[PLUS]], %[[P0]], %[[M0]]
// CHECK-NEXT:    %[[EQUAL:.*]] = arith.cmpf oeq, %[[Q]], %[[P0]]
// CHECK-NEXT:    %[[R:.*]] = arith.select %[[EQUAL]], %[[ZERO]], %[[Q]]
// CHECK-NEXT:    arith.cmpi ne, %[[NAN]]
// CHECK-NEXT:    %[[ANY:.*]] = vector.reduction <or>
// CHECK-NEXT:    %[[NEVER:.*]] = arith.constant 0x7fc00000 : f32
// CHECK-NEXT:    %[[LAST:.*]] = arith.select %[[ANY]], %[[NEVER]], %[[R]]
// CHECK-NEXT:    func.return %[[LAST]]

// -----

// A minimum: its signs are ored, as any sign makes a zero negative.

func.func @min(%x: memref<1024xf64>) -> f64 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0x7ff0000000000000 : f64
  %least8 = vector.broadcast %least : f64 to vector<8xf64>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf64>) {
    %0 = vector.load %x[%k] : memref<1024xf64>, vector<8xf64>
    %1 = arith.minimumf %a, %0 : vector<8xf64>
    scf.yield %1 : vector<8xf64>
  }
  %2 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf64>, vector<8xf64>
  %3 = vector.shuffle %m, %m [4, 5, 6, 7] : vector<8xf64>, vector<8xf64>
  %4 = arith.minimumf %2, %3 : vector<4xf64>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf64>, vector<4xf64>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf64>, vector<4xf64>
  %7 = arith.minimumf %5, %6 : vector<2xf64>
  %8 = vector.extract %7[0] : f64 from vector<2xf64>
  %9 = vector.extract %7[1] : f64 from vector<2xf64>
  %10 = arith.minimumf %8, %9 : f64
  func.return %10 : f64
}
// CHECK-LABEL: @min
// CHECK:         scf.for
// CHECK:           arith.cmpf olt
// CHECK:           arith.ori %{{.*}}, %{{.*}} : vector<2xi64>
// CHECK-NOT:     arith.minimumf
// CHECK:         arith.cmpi slt, %{{.*}} : vector<2xi64>
// CHECK-NEXT:    %[[MINUS:.*]] = vector.reduction <or>
// CHECK-NEXT:    %[[M0:.*]] = arith.constant -0.000000e+00 : f64
// CHECK-NEXT:    %[[P0:.*]] = arith.constant 0.000000e+00 : f64
// CHECK-NEXT:    arith.select %[[MINUS]], %[[M0]], %[[P0]]

// -----

// Values that do not fill a vector, as `vectorize` takes them in.

func.func @tail(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %n = arith.constant 5 : index
  %mask = vector.create_mask %n : vector<8xi1>
  %zero = arith.constant 0.0 : f32
  %zeros = vector.broadcast %zero : f32 to vector<8xf32>
  %y = vector.maskedload %x[%c0], %mask, %zeros : memref<1024xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
  %t0 = arith.select %mask, %m, %zeros : vector<8xi1>, vector<8xf32>
  %t1 = arith.maximumf %t0, %y : vector<8xf32>
  %t2 = arith.select %mask, %t1, %m : vector<8xi1>, vector<8xf32>
  %2 = vector.shuffle %t2, %t2 [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %t2, %t2 [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
// CHECK-LABEL: @tail
// CHECK:         %[[M:.*]], %[[N:.*]], %[[S:.*]] = scf.for
// CHECK:         %[[Y:.*]] = vector.maskedload
// CHECK:         %[[LEAST:.*]] = vector.broadcast %{{.*}} : f32 to vector<8xf32>
// CHECK-NEXT:    %[[X:.*]] = arith.select %mask, %[[Y]], %[[LEAST]]
// CHECK-NEXT:    %[[GT:.*]] = arith.cmpf ogt, %[[X]], %[[M]]
// CHECK-NEXT:    arith.select %[[GT]], %[[X]], %[[M]]
// CHECK:         arith.andi %[[S]]
// CHECK:         arith.select %{{.*}}, %{{.*}}, %[[N]]
// CHECK-NOT:     arith.maximumf
// CHECK:         func.return

// -----

// Not: a vector that no loop has made, a start that may win, a vector that is wanted as
// it is, a value that other lanes see, a mix of both kinds, halves out of order.

func.func @no_loop(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %m = vector.load %x[%c0] : memref<1024xf32>, vector<8xf32>
  %2 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %m, %m [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
func.func @start(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 1.0 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %2 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %m, %m [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
func.func @wanted(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  vector.store %m, %x[%c0] : memref<1024xf32>, vector<8xf32>
  %2 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %m, %m [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
func.func @half_wanted(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %2 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %m, %m [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  vector.store %4, %x[%c0] : memref<1024xf32>, vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
func.func @seen(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    vector.store %1, %x[%k] : memref<1024xf32>, vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %2 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %m, %m [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
func.func @itself(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %a : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %2 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %m, %m [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
func.func @mixed(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.minimumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %2 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %m, %m [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
func.func @order(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %2 = vector.shuffle %m, %m [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
func.func @short(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %2 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %m, %m [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
// CHECK-LABEL: @no_loop
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: @start
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: @wanted
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: @half_wanted
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: @seen
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: @itself
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: @mixed
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: @order
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: @short
// CHECK-NOT:     arith.cmpf

// -----

// Other masks than that of the lanes that are there.

func.func @masks(%x: memref<1024xf32>, %other: vector<8xi1>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %n = arith.constant 5 : index
  %mask = vector.create_mask %n : vector<8xi1>
  %zero = arith.constant 0.0 : f32
  %zeros = vector.broadcast %zero : f32 to vector<8xf32>
  %y = vector.maskedload %x[%c0], %mask, %zeros : memref<1024xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
  %t0 = arith.select %mask, %m, %zeros : vector<8xi1>, vector<8xf32>
  %t1 = arith.maximumf %t0, %y : vector<8xf32>
  %t2 = arith.select %other, %t1, %m : vector<8xi1>, vector<8xf32>
  %2 = vector.shuffle %t2, %t2 [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %t2, %t2 [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
func.func @tail_start(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %n = arith.constant 5 : index
  %mask = vector.create_mask %n : vector<8xi1>
  %zero = arith.constant 0.0 : f32
  %zeros = vector.broadcast %zero : f32 to vector<8xf32>
  %y = vector.maskedload %x[%c0], %mask, %zeros : memref<1024xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
  %t0 = arith.select %mask, %zeros, %m : vector<8xi1>, vector<8xf32>
  %t1 = arith.maximumf %t0, %y : vector<8xf32>
  %t2 = arith.select %mask, %t1, %m : vector<8xi1>, vector<8xf32>
  %2 = vector.shuffle %t2, %t2 [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %t2, %t2 [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
func.func @tail_kind(%x: memref<1024xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c1024 = arith.constant 1024 : index
  %least = arith.constant 0xff800000 : f32
  %least8 = vector.broadcast %least : f32 to vector<8xf32>
  %m = scf.for %k = %c0 to %c1024 step %c8 iter_args(%a = %least8) -> (vector<8xf32>) {
    %0 = vector.load %x[%k] : memref<1024xf32>, vector<8xf32>
    %1 = arith.maximumf %a, %0 : vector<8xf32>
    scf.yield %1 : vector<8xf32>
  }
  %n = arith.constant 5 : index
  %mask = vector.create_mask %n : vector<8xi1>
  %zero = arith.constant 0.0 : f32
  %zeros = vector.broadcast %zero : f32 to vector<8xf32>
  %y = vector.maskedload %x[%c0], %mask, %zeros : memref<1024xf32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
  %t0 = arith.select %mask, %m, %zeros : vector<8xi1>, vector<8xf32>
  %t1 = arith.minimumf %t0, %y : vector<8xf32>
  %t2 = arith.select %mask, %t1, %m : vector<8xi1>, vector<8xf32>
  %2 = vector.shuffle %t2, %t2 [0, 1, 2, 3] : vector<8xf32>, vector<8xf32>
  %3 = vector.shuffle %t2, %t2 [4, 5, 6, 7] : vector<8xf32>, vector<8xf32>
  %4 = arith.maximumf %2, %3 : vector<4xf32>
  %5 = vector.shuffle %4, %4 [0, 1] : vector<4xf32>, vector<4xf32>
  %6 = vector.shuffle %4, %4 [2, 3] : vector<4xf32>, vector<4xf32>
  %7 = arith.maximumf %5, %6 : vector<2xf32>
  %8 = vector.extract %7[0] : f32 from vector<2xf32>
  %9 = vector.extract %7[1] : f32 from vector<2xf32>
  %10 = arith.maximumf %8, %9 : f32
  func.return %10 : f32
}
// CHECK-LABEL: @masks
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: @tail_start
// CHECK-NOT:     arith.cmpf
// CHECK-LABEL: @tail_kind
// CHECK-NOT:     arith.cmpf
