# RUN: python %s rfx | filecheck %s --check-prefix=RFX
# RUN: python %s loops | filecheck %s --check-prefix=LOOPS
# RUN: python %s vectors | filecheck %s --check-prefix=VECTORS
# RUN: python %s llvm | filecheck %s --check-prefix=LLVM
"""Loops of kernels at each level."""

import numpy as np
from show_program import show

x = np.ones(128, np.float32)
n = np.ones(32, np.int64)


@show(x)
def loop(x):
    while x > 1.0:
        x = x * 0.5
    return x


# RFX-LABEL: func.func @loop
# RFX:         %[[R:.*]] = scf.while (%[[S:.*]] = %{{.*}}) : (f32) -> f32 {
# RFX:           %[[C:.*]] = rfx.gt %[[S]]
# RFX-NEXT:      scf.condition(%[[C]]) %[[S]] : f32
# RFX:         } do {
# RFX:           %[[N:.*]] = rfx.mul
# RFX-NEXT:      scf.yield %[[N]] : f32
# RFX-NEXT:    }
# RFX-NEXT:    rfx.yield %[[R]]
# LOOPS-LABEL: func.func @loop
# LOOPS:         scf.while {{.*}} : (f32) -> f32 {
# LOOPS-NEXT:      %[[C:.*]] = arith.cmpf ogt
# LOOPS-NEXT:      scf.condition(%[[C]])
# LOOPS:         } attributes {rfx.poll}
# A lane that leaves stores its result; the loop goes on while any lane does.
# VECTORS-LABEL: func.func @loop
# VECTORS:         scf.while {{.*}} : (vector<[[W:.*]]xf32>, vector<[[W]]xi1>) ->
# VECTORS:           %[[C:.*]] = arith.cmpf ogt
# VECTORS-NEXT:      %[[ON:.*]] = arith.andi %{{.*}}, %[[C]]
# VECTORS:           scf.if %{{.*}} {
# VECTORS:             vector.maskedstore
# VECTORS:           %[[ANY:.*]] = vector.reduction <or>, %[[ON]]
# VECTORS-NEXT:      scf.condition(%[[ANY]])
# VECTORS:         } attributes {rfx.poll}
# LLVM-LABEL: llvm.func @loop
# LLVM:         llvm.br ^[[HEAD:.*]](
# LLVM:       ^[[HEAD]](
# LLVM:         llvm.cond_br %{{.*}}, ^[[BODY:[^,]*]], ^
# LLVM:       ^[[BODY]]:
# LLVM:         llvm.fmul
# LLVM-NEXT:    llvm.br ^[[HEAD]](


@show(x, max_iters=7)
def limited(x):
    while x > 1.0:
        x = x * 0.5
    return x


# RFX-LABEL: func.func @limited
# RFX:         } attributes {rfx.max_trips = 7 : i64, rfx.code = 1 : i32}
# LOOPS-LABEL: func.func @limited
# LOOPS:         } attributes {rfx.max_trips = 7 : i64, rfx.code = 1 : i32, rfx.poll}
# VECTORS-LABEL: func.func @limited
# VECTORS:         } attributes {rfx.max_trips = 7 : i64, rfx.code = 1 : i32, rfx.poll}
# LLVM-LABEL: llvm.func @limited
# LLVM-DAG:     %[[MOST:.*]] = llvm.mlir.constant(7) : i64
# LLVM-DAG:     %[[ZERO:.*]] = llvm.mlir.constant(0) : i64
# LLVM:         llvm.br ^[[HEAD:.*]](%{{.*}}, %[[MOST]] :
# LLVM:         %[[OVER:.*]] = llvm.icmp "eq" %[[LEFT:.*]], %[[ZERO]]
# LLVM-NEXT:    %[[CODE:.*]] = llvm.mlir.constant(1 : i32)
# LLVM-NEXT:    llvm.cond_br %[[OVER]], ^[[FAIL:.*]], ^
# LLVM:       ^[[FAIL]]:
# LLVM-NEXT:    llvm.return %[[CODE]]
# LLVM:         %[[LESS:.*]] = llvm.add %[[LEFT]], %
# LLVM:         llvm.br ^[[HEAD]](%{{.*}}, %[[LESS]] :


@show(x, 5)
def counted(x, k):
    y = x
    for _ in range(k):
        y = y * x
    return y


# RFX-LABEL: func.func @counted
# RFX:         %[[N:.*]] = rfx.maximum %{{.*}} : i64
# RFX:         %[[END:.*]] = arith.index_cast %[[N]]
# RFX:         scf.for %{{.*}} = %{{.*}} to %[[END]] {{.*}} -> (f32) {
# LOOPS-LABEL: func.func @counted
# LOOPS:         scf.for
# LOOPS:         } {rfx.poll}
# VECTORS-LABEL: func.func @counted
# VECTORS:         scf.for {{.*}} -> (vector<{{.*}}xf32>) {
# VECTORS-NEXT:      arith.mulf
# LLVM-LABEL: llvm.func @counted
# LLVM:         llvm.fmul
# LLVM:         llvm.cond_br


@show(x)
def few(x):
    for _ in range(8):
        x = x * x
    return x


# A few trips are no reason to look for signals.
# RFX-LABEL: func.func @few
# LOOPS-LABEL: func.func @few
# LOOPS:         scf.for
# LOOPS-NOT:     rfx.poll
# VECTORS-LABEL: func.func @few
# LLVM-LABEL: llvm.func @few


@show(x[:32], n)
def downwards(x, n):
    for i in range(n, 0, -2):
        x = x + i
    return x


# The trips are counted upwards: exact at the ends of int64, too.
# RFX-LABEL: func.func @downwards
# RFX:         rfx.floor_div %{{.*}} : ui64
# RFX:         scf.for
# RFX:           %[[K:.*]] = rfx.mul %{{.*}} : i64
# RFX-NEXT:      %[[I:.*]] = rfx.add %{{.*}}, %[[K]] : i64
# RFX-NEXT:      rfx.convert %[[I]] : i64 to f32
# LOOPS-LABEL: func.func @downwards
# LOOPS:         scf.for
# Lanes that count differently: a loop with a condition.
# VECTORS-LABEL: func.func @downwards
# VECTORS-NOT:     scf.for
# VECTORS:         scf.while
# VECTORS:           arith.cmpi slt
# LLVM-LABEL: llvm.func @downwards


@show(x)
def leaves(x):
    for _ in range(9):
        if x > 4.0:
            break
        x = x * 2.0
    return x


# The first exit is part of the condition.
# RFX-LABEL: func.func @leaves
# RFX:         scf.while {{.*}} : (i64, f32) -> (i64, f32, i1) {
# RFX:           %[[IN:.*]] = rfx.lt
# RFX:           %[[EXIT:.*]] = rfx.gt
# RFX:           %[[STAY:.*]] = rfx.not %[[EXIT]]
# RFX-NEXT:      %[[ON:.*]] = rfx.and %[[IN]], %[[STAY]]
# RFX-NEXT:      scf.condition(%[[ON]])
# LOOPS-LABEL: func.func @leaves
# LOOPS:         scf.while {{.*}} : (i64, f32) -> (i64, f32) {
# LOOPS-NOT:     scf.if
# LOOPS:         memref.store
# The counter is the same in all lanes: it stays a scalar.
# VECTORS-LABEL: func.func @leaves
# VECTORS:         scf.while {{.*}} : (i64, vector<
# LLVM-LABEL: llvm.func @leaves


@show(x)
def leaves_later(x):
    for _ in range(9):
        x = x * 2.0
        if x > 4.0:
            if x > 9.0:
                break
            x = x - 3.0
    return x


# Any other exit sets a flag, which the condition reads.
# RFX-LABEL: func.func @leaves_later
# RFX:         scf.while ({{.*}}, %[[OUT:[^,]*]] = %{{[^,]*}}) : (i64, f32, i1)
# RFX:           %[[STAY:.*]] = rfx.not %[[OUT]]
# RFX:           rfx.and %[[STAY]], %{{.*}} : i1
# LOOPS-LABEL: func.func @leaves_later
# LOOPS:         scf.while
# VECTORS-LABEL: func.func @leaves_later
# LLVM-LABEL: llvm.func @leaves_later


@show(x)
def skips(x):
    for _ in range(9):
        x = x * 2.0
        if x > 4.0:
            continue
        x = x + 1.0
    return x


# What follows a continue is the other side.
# RFX-LABEL: func.func @skips
# RFX:         scf.for
# RFX:           scf.if %{{.*}} -> (f32) {
# RFX-NEXT:        scf.yield
# RFX-NEXT:      } else {
# RFX:             rfx.add
# LOOPS-LABEL: func.func @skips
# LOOPS:         scf.for
# LOOPS:           scf.if
# VECTORS-LABEL: func.func @skips
# VECTORS:         scf.for
# VECTORS:           arith.select
# LLVM-LABEL: llvm.func @skips


@show(x)
def returns(x):
    for i in range(9):
        if x > 4.0:
            return i
        x = x * 2.0
    return -1


# RFX-LABEL: func.func @returns
# RFX:         %{{.*}}, %{{.*}}, %[[I:.*]], %[[OUT:.*]] = scf.while
# RFX:         %[[R:.*]] = scf.if %[[OUT]] -> (i64) {
# RFX-NEXT:      scf.yield %[[I]]
# RFX:         scf.if %[[OUT]] -> (i64) {
# RFX-NEXT:      scf.yield %[[R]]
# RFX-NEXT:    } else {
# RFX:           rfx.constant -1 : i64
# LOOPS-LABEL: func.func @returns
# VECTORS-LABEL: func.func @returns
# LLVM-LABEL: llvm.func @returns


@show(x)
def otherwise(x):
    while x > 1.0:
        x = x * 0.5
        if x == 3.0:
            break
    else:
        x = x + 1.0
    return x


# RFX-LABEL: func.func @otherwise
# RFX:         %[[X:.*]], %[[BROKEN:.*]] = scf.while
# RFX:         scf.if %[[BROKEN]] -> (f32) {
# RFX:         scf.if %[[BROKEN]] -> (f32) {
# RFX-NEXT:      scf.yield
# RFX-NEXT:    } else {
# RFX:           rfx.add
# LOOPS-LABEL: func.func @otherwise
# LOOPS:         scf.while
# LOOPS:         scf.if
# LOOPS-NOT:     scf.if
# LOOPS:         memref.store
# A flag has a byte for each lane in memory.
# VECTORS-LABEL: func.func @otherwise
# VECTORS:         vector.maskedstore {{.*}} vector<{{.*}}xi8>
# LLVM-LABEL: llvm.func @otherwise


@show(x, 5)
def nested(x, k):
    for _ in range(k):
        while x > 1.0:
            x = x * 0.5
        x = x + 2.0
    return x


# RFX-LABEL: func.func @nested
# RFX:         scf.for
# RFX:           %[[X:.*]] = scf.while
# RFX:           %[[Y:.*]] = rfx.add %[[X]]
# RFX-NEXT:      scf.yield %[[Y]]
# LOOPS-LABEL: func.func @nested
# LOOPS:         scf.for
# LOOPS:           scf.while
# LOOPS:           } attributes {rfx.poll}
# LOOPS:         } {rfx.poll}
# VECTORS-LABEL: func.func @nested
# VECTORS:         scf.for
# VECTORS:           scf.while
# LLVM-LABEL: llvm.func @nested
