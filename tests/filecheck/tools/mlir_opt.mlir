// What rfx-opt prints, upstream MLIR takes.
// REQUIRES: mlir-opt
// RUN: rfx-opt %s | %mlir-opt | filecheck %s

// CHECK-LABEL: func.func @half
// CHECK:         arith.divf
func.func @half(%x: f32) -> f32 {
  %two = arith.constant 2.0 : f32
  %h = arith.divf %x, %two : f32
  func.return %h : f32
}
