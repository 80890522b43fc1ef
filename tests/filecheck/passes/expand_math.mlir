// RUN: rfx-opt %s -p expand-math | filecheck %s
// RUN: rfx-opt %s -p expand-math,expand-math | filecheck %s
// RUN: rfx-opt %s -p 'expand-math{fma=false}' | filecheck %s --check-prefix NOFMA
// RUN: rfx-opt %s -p 'expand-math{ldexp=true}' | filecheck %s --check-prefix LDEXP

// A branch-free function: no scf.if, the result takes the place of the op.
// CHECK-LABEL: func.func @exp(%x: f32) -> f32 {
// CHECK-NOT:     scf.if
// CHECK:         math.fma
// CHECK:         %y = arith.mulf
// CHECK-NEXT:    func.return %y : f32
// NOFMA-LABEL: func.func @exp(
// NOFMA-NOT:     math.fma
// NOFMA:         func.return
// LDEXP-LABEL: func.func @exp(
// LDEXP-NOT:     arith.shli
// LDEXP:         %[[N:.*]] = arith.subi
// LDEXP-NEXT:    %y = llvm.call_intrinsic "llvm.ldexp"(%{{.*}}, %[[N]]) : (f32, i32) -> f32
// LDEXP-NEXT:    func.return %y : f32
func.func @exp(%x: f32) -> f32 {
  %y = math.exp %x : f32
  func.return %y : f32
}

// Special values are set right in one rare branch.
// CHECK-LABEL: func.func @log2(
// CHECK:         %[[FAST:.*]] = math.fma
// CHECK:         %[[RARE:.*]] = arith.cmpi uge
// CHECK-NEXT:    %y = scf.if %[[RARE]] -> (f64) {
// CHECK:           arith.select
// CHECK:         } else {
// CHECK-NEXT:      scf.yield %{{.*}} : f64
// CHECK-NEXT:    }{rfx.rare}
// CHECK-NEXT:    func.return %y : f64
func.func @log2(%x: f64) -> f64 {
  %y = math.log2 %x : f64
  func.return %y : f64
}

// Huge angles go to one function, whoever needs it.
// CHECK-LABEL: func.func @turn(
// CHECK:         func.call @rfx_sin_huge_f32(%x, %{{.*}}) : (f32, f32) -> f32
// CHECK:         func.call @rfx_sin_huge_f32(%x, %{{.*}}) : (f32, f32) -> f32
// CHECK:         func.return
func.func @turn(%x: f32) -> (f32, f32) {
  %s = math.sin %x : f32
  %c = math.cos %x : f32
  func.return %s, %c : f32, f32
}

// The sine of f64 takes away multiples of pi; beside the cosine of the same angle it
// shares the reduction by pi/2.
// CHECK-LABEL: func.func @alone(
// CHECK:         arith.constant 0.31830988618379069 : f64
// CHECK-LABEL: func.func @pair(
// CHECK:         arith.constant 0.63661977236758138 : f64
// CHECK-NOT:     arith.constant 0.31830988618379069 : f64
// CHECK:         func.return
// CHECK-LABEL: func.func @strangers(
// CHECK:         arith.constant 0.31830988618379069 : f64
// CHECK:         arith.constant 0.63661977236758138 : f64
func.func @alone(%x: f64) -> f64 {
  %s = math.sin %x : f64
  func.return %s : f64
}
func.func @pair(%x: f64) -> (f64, f64) {
  %s = math.sin %x : f64
  %c = math.cos %x : f64
  func.return %s, %c : f64, f64
}
func.func @strangers(%x: f64, %y: f64) -> (f64, f64) {
  %s = math.sin %x : f64
  %c = math.cos %y : f64
  func.return %s, %c : f64, f64
}

// f16 goes through f32.
// CHECK-LABEL: func.func @half(
// CHECK-NEXT:    %[[X:.*]] = arith.extf %x : f16 to f32
// CHECK-NEXT:    %[[ROOT:.*]] = math.sqrt %[[X]] : f32
// CHECK-NEXT:    %[[ONE:.*]] = arith.constant 1.000000e+00 : f32
// CHECK-NEXT:    %[[Y:.*]] = arith.divf %[[ONE]], %[[ROOT]] : f32
// CHECK-NEXT:    %y = arith.truncf %[[Y]] : f32 to f16
func.func @half(%x: f16) -> f16 {
  %y = math.rsqrt %x : f16
  func.return %y : f16
}

// Inside regions, constants of the enclosing block are used again.
// CHECK-LABEL: func.func @nested(
// CHECK:         arith.constant 0.125838593 : f32
// CHECK:         scf.if %c
// CHECK-NOT:       0.125838593
// CHECK:         func.return
func.func @nested(%x: f32, %c: i1) -> f32 {
  %y = math.log2 %x : f32
  %r = scf.if %c -> (f32) {
    %z = math.log2 %y : f32
    scf.yield %z : f32
  } else {
    scf.yield %x : f32
  }
  func.return %r : f32
}

// One instruction each, integers, vectors: all stay.
// CHECK-LABEL: func.func @stay(
// CHECK-NEXT:    %0 = math.sqrt %x : f32
// CHECK-NEXT:    %1 = math.absf %0 : f32
// CHECK-NEXT:    %2 = math.copysign %1, %x : f32
// CHECK-NEXT:    %3 = math.floor %2 : f32
// CHECK-NEXT:    %4 = math.fma %3, %x, %x : f32
// CHECK-NEXT:    %5 = math.ctpop %n : i32
// CHECK-NEXT:    %6 = math.exp %v : vector<8xf32>
// CHECK-NEXT:    func.return
func.func @stay(%x: f32, %n: i32, %v: vector<8xf32>) -> (f32, i32, vector<8xf32>) {
  %0 = math.sqrt %x : f32
  %1 = math.absf %0 : f32
  %2 = math.copysign %1, %x : f32
  %3 = math.floor %2 : f32
  %4 = math.fma %3, %x, %x : f32
  %5 = math.ctpop %n : i32
  %6 = math.exp %v : vector<8xf32>
  func.return %4, %5, %6 : f32, i32, vector<8xf32>
}

// CHECK-COUNT-1: func.func private @rfx_sin_huge_f32(%{{.*}}: f32, %{{.*}}: f32) -> f32 {
// CHECK-NOT:     func.func private @rfx_sin_huge_f32
// CHECK-COUNT-1: func.func private @rfx_sin_huge_f64(%{{.*}}: f64, %{{.*}}: f64) -> f64 {
// CHECK-NOT:     func.func private
