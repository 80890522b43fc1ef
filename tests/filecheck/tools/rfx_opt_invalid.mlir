// RUN: rfx-opt %s --split-input-file --verify-diagnostics --parsing-diagnostics | filecheck %s

// CHECK: rfx_opt_invalid.mlir:[[# @LINE + 2]]:3: func.return:
func.func @wrong_result(%a: i32) -> i64 {
  func.return %a : i32
}

// -----

// CHECK: rfx_opt_invalid.mlir:[[# @LINE + 1]]:1: arith.addi: Expected 2 operands
"arith.addi"() : () -> ()

// -----

// CHECK: Operation gulp.op is not registered
func.func @unknown() {
  gulp.op
}
