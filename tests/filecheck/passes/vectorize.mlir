// RUN: rfx-opt -p vectorize --split-input-file %s | filecheck %s
// RUN: rfx-opt -p vectorize --split-input-file %s | rfx-opt --split-input-file > %t && %mlir-opt --split-input-file %t > /dev/null
// RUN: rfx-opt -p "vectorize{bytes=32 masked=false}" --split-input-file %s | filecheck %s --check-prefix NARROW
// REQUIRES: mlir-opt

// Full vectors, then one that is partly filled. A small body: one register.

func.func @square(%x: memref<?xf32>, %y: memref<?xf32>, %b: index, %e: index) {
  %c1 = arith.constant 1 : index
  "scf.parallel"(%b, %e, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<?xf32>
    %1 = arith.mulf %0, %0 : f32
    memref.store %1, %y[%i] : memref<?xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @square
// CHECK:         %[[MID:.*]] = arith.addi %b
// CHECK:         "scf.parallel"(%b, %[[MID]], %{{.*}})
// CHECK-NEXT:    ^{{.*}}(%[[I:.*]]: index):
// CHECK-NEXT:      %[[X:.*]] = vector.load %x[%[[I]]] : memref<?xf32>, vector<16xf32>
// CHECK-NEXT:      %[[Y:.*]] = arith.mulf %[[X]], %[[X]] : vector<16xf32>
// CHECK-NEXT:      vector.store %[[Y]], %y[%[[I]]]
// CHECK:         %[[SOME:.*]] = arith.cmpi slt, %[[MID]], %e
// CHECK-NEXT:    scf.if %[[SOME]] {
// CHECK-NEXT:      %[[REST:.*]] = arith.subi %e, %[[MID]]
// CHECK-NEXT:      %[[MASK:.*]] = vector.create_mask %[[REST]] : vector<16xi1>
// CHECK:           vector.maskedload %x[%[[MID]]], %[[MASK]]
// CHECK:           vector.maskedstore %y[%[[MID]]], %[[MASK]]

// NARROW-LABEL: @square
// NARROW:         vector.load {{.*}} vector<8xf32>
// NARROW-NOT:     mask
// NARROW:         memref.load

// -----

// A static count leaves no question open: 8 elements are one vector.

func.func @eight(%x: memref<8xf64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  "scf.parallel"(%c0, %c8, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<8xf64>
    %1 = arith.negf %0 : f64
    memref.store %1, %x[%i] : memref<8xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @eight
// CHECK-NOT:     scf.parallel
// CHECK:         %[[X:.*]] = vector.load %x[%c0] : memref<8xf64>, vector<8xf64>
// CHECK-NEXT:    %[[Y:.*]] = arith.negf %[[X]] : vector<8xf64>
// CHECK-NEXT:    vector.store %[[Y]], %x[%c0]

// -----

// Five elements, or as many as a buffer of five can take: one masked vector.

func.func @five(%x: memref<5xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<5xf64>
    %1 = arith.negf %0 : f64
    memref.store %1, %x[%i] : memref<5xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @five
// CHECK-NOT:     scf.parallel
// CHECK:         vector.create_mask %n : vector<8xi1>

// -----

// Uniform values stay scalar, indices plus uniform ones stay consecutive, an index used
// as a number becomes a vector, bools follow; where they alone are stored, four registers.

func.func @mixed(%x: memref<?x?xf32>, %y: memref<?xf32>, %o: memref<?xi1>, %k: f32, %r: index, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %two = arith.constant 2.0 : f32
    %kk = arith.mulf %k, %two : f32
    %j = arith.addi %r, %i : index
    %0 = memref.load %x[%r, %j] : memref<?x?xf32>
    %1 = arith.mulf %0, %kk : f32
    %2 = memref.load %y[%r] : memref<?xf32>
    %3 = arith.addf %1, %2 : f32
    %4 = arith.index_cast %i : index to i32
    %5 = arith.sitofp %4 : i32 to f32
    %6 = arith.cmpf olt, %5, %3 : f32
    memref.store %6, %o[%i] : memref<?xi1>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @mixed
// CHECK:       ^{{.*}}(%[[I:.*]]: index):
// CHECK:         %[[KK:.*]] = arith.mulf %k, %{{.*}} : f32
// CHECK:         %[[J:.*]] = arith.addi %r, %[[I]] : index
// CHECK:         vector.load %x[%r, %[[J]]] : memref<?x?xf32>, vector<64xf32>
// CHECK:         %[[ALL:.*]] = vector.broadcast %[[KK]] : f32 to vector<64xf32>
// CHECK:         %[[ONE:.*]] = memref.load %y[%r]
// CHECK:         vector.broadcast %[[ONE]]
// CHECK:         vector.broadcast %[[I]] : index to vector<64xindex>
// CHECK:         arith.constant dense<[0, 1, 2, {{.*}}]> : vector<64xindex>
// CHECK:         arith.index_cast %{{.*}} : vector<64xindex> to vector<64xi32>
// CHECK:         arith.cmpf olt, %{{.*}}, %{{.*}} : vector<64xf32>
// CHECK:         vector.store %{{.*}}, %o[%[[I]]] : memref<?xi1>, vector<64xi1>

// -----

// Both sides of a branch, then a select; a rare side only if any lane takes it.

func.func private @exact(f32) -> f32
func.func @branch(%x: memref<64xf32>, %y: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %limit = arith.constant 9.0 : f32
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<64xf32>
    %1 = arith.cmpf ogt, %0, %limit : f32
    %2 = scf.if %1 -> (f32) {
      %3 = arith.mulf %0, %0 : f32
      scf.yield %3 : f32
    } else {
      %4 = arith.negf %0 : f32
      scf.yield %4 : f32
    }
    %5 = scf.if %1 -> (f32) {
      %6 = func.call @exact(%2) : (f32) -> f32
      scf.yield %6 : f32
    } else {
      scf.yield %2 : f32
    } {rfx.rare}
    memref.store %5, %y[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: func.func @branch
// CHECK:         %[[BIG:.*]] = arith.cmpf ogt, %[[X:.*]], %{{.*}} : vector<[[W:.*]]xf32>
// CHECK:         %[[NEG:.*]] = arith.negf %[[X]]
// CHECK:         %[[SQ:.*]] = arith.mulf %[[X]], %[[X]]
// CHECK:         %[[CHOSEN:.*]] = arith.select %[[BIG]], %[[SQ]], %[[NEG]]
// CHECK:         %[[ANY:.*]] = vector.reduction <or>, %[[BIG]]
// CHECK:         scf.if %[[ANY]] -> (vector<[[W]]xf32>) {
// CHECK:           scf.for
// CHECK:             scf.if
// CHECK:               func.call @exact
// CHECK:           arith.select %[[BIG]], %{{.*}}, %[[CHOSEN]]
// CHECK:         } else {
// CHECK-NEXT:      scf.yield %[[CHOSEN]]
// CHECK-NEXT:    }{{ ?}}{rfx.rare}

// -----

// A call of uniform values is one call.
func.func private @exact(f32) -> f32
func.func @uniform_call(%x: memref<f32>, %y: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[] : memref<f32>
    %1 = func.call @exact(%0) : (f32) -> f32
    memref.store %1, %y[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: func.func @uniform_call
// CHECK:         %[[X:.*]] = memref.load
// CHECK-NEXT:    %[[CALLED:.*]] = func.call @exact(%[[X]])
// CHECK-NEXT:    vector.broadcast %[[CALLED]]

// -----

// A loop that lanes leave at different times: it runs while any does, and who leaves puts
// down its results. What all lanes count together stays a scalar.

func.func @halvings(%x: memref<?xf32>, %y: memref<?xi32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %half = arith.constant 0.5 : f32
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %0 = memref.load %x[%i] : memref<?xf32>
    %1:2 = scf.while (%v = %0, %k = %zero) : (f32, i32) -> (f32, i32) {
      %big = arith.cmpf ogt, %v, %half : f32
      scf.condition(%big) %v, %k : f32, i32
    } do {
    ^bb1(%v: f32, %k: i32):
      %2 = arith.mulf %v, %half : f32
      %3 = arith.addi %k, %one : i32
      scf.yield %2, %3 : f32, i32
    }
    memref.store %1#1, %y[%i] : memref<?xi32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @halvings
// CHECK:         memref.alloca() {{.*}}: memref<64xi32>
// CHECK:         %[[ALL:.*]] = vector.broadcast %{{.*}} : i1 to vector<64xi1>
// CHECK:         scf.while (%[[V:.*]] = %{{.*}}, %[[K:.*]] = %{{.*}}, %[[ON:.*]] = %[[ALL]]) : (vector<64xf32>, i32, vector<64xi1>)
// CHECK:           %[[BIG:.*]] = arith.cmpf ogt, %[[V]]
// CHECK-NEXT:      %[[GO:.*]] = arith.andi %[[ON]], %[[BIG]]
// CHECK:           %[[NOT:.*]] = arith.xori %[[BIG]]
// CHECK-NEXT:      %[[LEFT:.*]] = arith.andi %[[ON]], %[[NOT]]
// CHECK-NEXT:      %[[SOME:.*]] = vector.reduction <or>, %[[LEFT]]
// CHECK-NEXT:      scf.if %[[SOME]] {
// CHECK-NEXT:        %[[KS:.*]] = vector.broadcast %[[K]] : i32 to vector<64xi32>
// CHECK:             vector.maskedstore %[[SLOT:.*]][{{.*}}], %[[LEFT]], %[[KS]]
// CHECK:           %[[ANY:.*]] = vector.reduction <or>, %[[GO]]
// CHECK-NEXT:      scf.condition(%[[ANY]])
// CHECK:           arith.mulf
// CHECK:           arith.addi %{{.*}} : i32
// CHECK:         %[[DONE:.*]] = vector.load %[[SLOT]]
// CHECK:         vector.store %[[DONE]], %y

// -----

// Left alone: moving scattered elements is not worth vectors, ...

func.func @transpose(%x: memref<64x64xf32>, %y: memref<64x64xf32>, %j: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i, %j] : memref<64x64xf32>
    memref.store %0, %y[%j, %i] : memref<64x64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @transpose
// CHECK-NOT:     vector

// -----

// ... a store that does not move with the loop has no vector form, ...

func.func @last(%x: memref<64xf32>, %y: memref<1xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<64xf32>
    memref.store %0, %y[%c0] : memref<1xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @last
// CHECK-NOT:     vector

// -----

// ... nor has memory of its own, nor a step other than one.

func.func @own(%x: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %own = memref.alloca() : memref<f32>
    %0 = memref.load %x[%i] : memref<64xf32>
    memref.store %0, %x[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %c64, %c2) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb1(%i: index):
    %0 = memref.load %x[%i] : memref<64xf32>
    %1 = arith.negf %0 : f32
    memref.store %1, %x[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @own
// CHECK-NOT:     vector

// -----

// Backwards: the same vectors, with their lanes in reverse; twice backwards is forwards.

func.func @backwards(%x: memref<?xf64>, %y: memref<?xf64>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  "scf.parallel"(%c0, %n, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %p = arith.subi %n, %i : index
    %0 = memref.load %x[%p] : memref<?xf64>
    %q = arith.subi %n, %p : index
    memref.store %0, %y[%q] : memref<?xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @backwards
// CHECK:         ^{{.*}}(%[[I:.*]]: index):
// CHECK-NEXT:      %[[P:.*]] = arith.subi %n, %[[I]]
// CHECK-NEXT:      %[[C7:.*]] = arith.constant 7
// CHECK-NEXT:      %[[FIRST:.*]] = arith.subi %[[P]], %[[C7]]
// CHECK-NEXT:      %[[X:.*]] = vector.load %x[%[[FIRST]]] : memref<?xf64>, vector<8xf64>
// CHECK-NEXT:      %[[R:.*]] = vector.shuffle %[[X]], %[[X]] [7, 6, 5, 4, 3, 2, 1, 0]
// CHECK-NEXT:      %[[Q:.*]] = arith.subi %n, %[[P]]
// CHECK-NEXT:      vector.store %[[R]], %y[%[[Q]]]
// CHECK:         %[[MASK:.*]] = vector.create_mask
// CHECK:         %[[TURNED:.*]] = vector.shuffle %[[MASK]], %[[MASK]] [7, 6, 5, 4, 3, 2, 1, 0]
// CHECK:         %[[LAST:.*]] = vector.maskedload %x[%{{.*}}], %[[TURNED]]
// CHECK:         vector.shuffle %[[LAST]], %[[LAST]] [7, 6, 5, 4, 3, 2, 1, 0]
// CHECK:         vector.maskedstore %y[%{{.*}}], %[[MASK]]

// -----

// An intrinsic is the same on vectors.

func.func @ldexp(%x: memref<64xf32>, %n: memref<64xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  "scf.parallel"(%c0, %c64, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<64xf32>
    %1 = memref.load %n[%i] : memref<64xi32>
    %2 = llvm.call_intrinsic "llvm.ldexp"(%0, %1) : (f32, i32) -> f32
    memref.store %2, %x[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @ldexp
// CHECK:         llvm.call_intrinsic "llvm.ldexp"(%{{.*}}, %{{.*}}) : (vector<64xf32>, vector<64xi32>) -> vector<64xf32>

// -----

// What is the same for the whole loop is spread over the lanes in front of it.

func.func @front(%x: memref<?xf32>, %k: f32, %b: index, %e: index) {
  %c1 = arith.constant 1 : index
  "scf.parallel"(%b, %e, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<?xf32>
    %1 = arith.mulf %0, %k : f32
    %2 = arith.addf %1, %k : f32
    memref.store %2, %x[%i] : memref<?xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @front
// CHECK:         %[[K:.*]] = vector.broadcast %k : f32 to vector<16xf32>
// CHECK:         "scf.parallel"
// CHECK:           arith.mulf %{{.*}}, %[[K]] : vector<16xf32>
// CHECK-NEXT:      arith.addf %{{.*}}, %[[K]] : vector<16xf32>
// CHECK:           scf.reduce
// CHECK:         scf.if
// CHECK:           vector.broadcast %k : f32 to vector<16xf32>

// -----

// A few iterations under a mask fill the stack buffer that they go to.

func.func @rest(%x: memref<64xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c26 = arith.constant 26 : index
  %c32 = arith.constant 32 : index
  %acc = memref.alloca() : memref<64xf32>
  "scf.parallel"(%c0, %c26, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<64xf32>
    memref.store %0, %acc[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  "scf.parallel"(%c0, %c32, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %acc[%i] : memref<64xf32>
    memref.store %0, %x[%i] : memref<64xf32>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @rest
// CHECK:         %[[MASK:.*]] = vector.create_mask %{{.*}} : vector<64xi1>
// CHECK:         vector.maskedstore %acc[%c0], %[[MASK]], %{{.*}} : memref<64xf32>, vector<64xi1>, vector<64xf32>
// CHECK:         vector.load %acc[%c0] : memref<64xf32>, vector<32xf32>

// -----

// Little but loads and a store, of what is in L2: four vectors of 32 bytes in turn.

func.func @plain(%x: memref<65536xf64>, %y: memref<65536xf64>, %b: index, %e: index) {
  %c1 = arith.constant 1 : index
  "scf.parallel"(%b, %e, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<65536xf64>
    %1 = arith.mulf %0, %0 : f64
    memref.store %1, %y[%i] : memref<65536xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @plain
// CHECK:         %[[MASK:.*]] = arith.constant -16 : index
// CHECK:         "scf.parallel"(%b, %[[MID:.*]], %{{.*}})
// CHECK-NEXT:    ^{{.*}}(%[[I:.*]]: index):
// CHECK-NEXT:      vector.load %x[%[[I]]] : memref<65536xf64>, vector<4xf64>
// CHECK-NEXT:      arith.mulf
// CHECK-NEXT:      vector.store %{{.*}}, %y[%[[I]]]
// CHECK-NEXT:      %[[FOUR:.*]] = arith.constant 4 : index
// CHECK-NEXT:      %[[J:.*]] = arith.addi %[[I]], %[[FOUR]]
// CHECK-NEXT:      vector.load %x[%[[J]]]
// CHECK-COUNT-2:   vector.load
// CHECK-NOT:       vector.load
// CHECK:           vector.create_mask %{{.*}} : vector<16xi1>

// Without masks, single vectors, then single elements.

// NARROW-LABEL: @plain
// NARROW-COUNT-4: vector.load {{.*}} vector<4xf64>
// NARROW:         arith.constant -4 : index
// NARROW:         vector.load {{.*}} vector<4xf64>
// NARROW:         memref.load

// -----

// Not what is in L1, what is stored past the cache, three arguments, or more ops.

func.func @small(%x: memref<4095xf64>, %y: memref<4095xf64>, %b: index, %e: index) {
  %c1 = arith.constant 1 : index
  "scf.parallel"(%b, %e, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<4095xf64>
    %1 = arith.mulf %0, %0 : f64
    memref.store %1, %y[%i] : memref<4095xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @small
// CHECK:         vector.load {{.*}} vector<8xf64>

func.func @large(%x: memref<1048576xf64>, %y: memref<1048576xf64>, %b: index, %e: index) {
  %c1 = arith.constant 1 : index
  "scf.parallel"(%b, %e, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<1048576xf64>
    %1 = arith.mulf %0, %0 : f64
    memref.store %1, %y[%i] : memref<1048576xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @large
// CHECK:         vector.load {{.*}} vector<8xf64>

func.func @three(%x: memref<65536xf64>, %y: memref<65536xf64>, %z: memref<65536xf64>, %w: memref<65536xf64>, %b: index, %e: index) {
  %c1 = arith.constant 1 : index
  "scf.parallel"(%b, %e, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<65536xf64>
    %1 = memref.load %y[%i] : memref<65536xf64>
    %2 = memref.load %z[%i] : memref<65536xf64>
    %3 = arith.mulf %0, %1 : f64
    %4 = arith.addf %3, %2 : f64
    memref.store %4, %w[%i] : memref<65536xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @three
// CHECK:         vector.load {{.*}} vector<8xf64>

func.func @more(%x: memref<65536xf64>, %y: memref<65536xf64>, %b: index, %e: index) {
  %c1 = arith.constant 1 : index
  "scf.parallel"(%b, %e, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<65536xf64>
    %1 = arith.mulf %0, %0 : f64
    %2 = arith.addf %1, %0 : f64
    %3 = arith.mulf %2, %0 : f64
    memref.store %3, %y[%i] : memref<65536xf64>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @more
// CHECK:         vector.load {{.*}} vector<8xf64>

// -----

// Bools of 64 bits: four registers with masks; without, as many as fill one when stored.

func.func @bools(%x: memref<?xf64>, %o: memref<?xi1>, %b: index, %e: index) {
  %c1 = arith.constant 1 : index
  "scf.parallel"(%b, %e, %c1) <{operandSegmentSizes = array<i32: 1, 1, 1, 0>}> ({
  ^bb0(%i: index):
    %0 = memref.load %x[%i] : memref<?xf64>
    %1 = arith.cmpf uno, %0, %0 : f64
    memref.store %1, %o[%i] : memref<?xi1>
    scf.reduce
  }) : (index, index, index) -> ()
  func.return
}
// CHECK-LABEL: @bools
// CHECK:         vector.load {{.*}} vector<32xf64>
// NARROW-LABEL: @bools
// NARROW:         vector.load {{.*}} vector<32xf64>
