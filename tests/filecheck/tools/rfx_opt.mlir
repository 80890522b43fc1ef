// RUN: rfx-opt %s | filecheck %s
// RUN: rfx-opt %s | rfx-opt | filecheck %s
// RUN: rfx-opt %s --print-op-generic | rfx-opt | filecheck %s
// RUN: xdsl-opt %s | filecheck %s

// CHECK:      func.func @axpy(%a: f64, %x: memref<?xf64>, %y: memref<?xf64>) {
// CHECK:        scf.for %i = %zero to %n step %one {
// CHECK:          %ax = arith.mulf %a, %xi : f64
// CHECK:          memref.store %sum, %y[%i] : memref<?xf64>
func.func @axpy(%a: f64, %x: memref<?xf64>, %y: memref<?xf64>) {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %n = memref.dim %x, %zero : memref<?xf64>
  scf.for %i = %zero to %n step %one {
    %xi = memref.load %x[%i] : memref<?xf64>
    %yi = memref.load %y[%i] : memref<?xf64>
    %ax = arith.mulf %a, %xi : f64
    %sum = arith.addf %ax, %yi : f64
    memref.store %sum, %y[%i] : memref<?xf64>
  }
  func.return
}
