# RUN: python %s rfx | filecheck %s --check-prefix=RFX
# RUN: python %s loops | filecheck %s --check-prefix=LOOPS
# RUN: python %s vectors | filecheck %s --check-prefix=VECTORS
# RUN: python %s llvm | filecheck %s --check-prefix=LLVM
"""Branches of kernels at each level."""

import numpy as np
from show_program import show

x = np.ones(32, np.float32)


@show(x)
def branch(x):
    y = x
    if x > 0.0:
        y = np.sqrt(x)
    return y


# The side that is missing hands on what was there before.
# RFX-LABEL: func.func @branch
# RFX:         %[[C:.*]] = rfx.gt %[[X:[^,]*]], %{{.*}} : f32
# RFX-NEXT:    %[[Y:.*]] = scf.if %[[C]] -> (f32) {
# RFX-NEXT:      %[[R:.*]] = rfx.sqrt %[[X]]
# RFX-NEXT:      scf.yield %[[R]]
# RFX-NEXT:    } else {
# RFX-NEXT:      scf.yield %[[X]]
# RFX-NEXT:    }
# RFX-NEXT:    rfx.yield %[[Y]]
# LOOPS-LABEL: func.func @branch
# LOOPS:         %[[C:.*]] = arith.cmpf ogt
# LOOPS-NEXT:    scf.if %[[C]] -> (f32) {
# LOOPS-NEXT:      math.sqrt
# VECTORS-LABEL: func.func @branch
# VECTORS:         %[[C:.*]] = arith.cmpf ogt
# VECTORS-NOT:     scf.if
# VECTORS:         %[[R:.*]] = math.sqrt %[[X:.*]] :
# VECTORS-NEXT:    arith.select %[[C]], %[[R]], %[[X]]
# LLVM-LABEL: llvm.func @branch
# LLVM-NOT:     llvm.cond_br
# LLVM:         llvm.select


@show(x)
def chain(x):
    if x > 1.0:
        y = x * 2.0
    elif x > 0.0:
        y = x * 3.0
    else:
        y = 0.0
    return y


# RFX-LABEL: func.func @chain
# RFX:         %[[Y:.*]] = scf.if %{{.*}} -> (f32) {
# RFX:           rfx.mul
# RFX:         } else {
# RFX:           %[[E:.*]] = scf.if %{{.*}} -> (f32) {
# RFX:             rfx.mul
# RFX:           } else {
# RFX-NEXT:        %[[Z:.*]] = rfx.constant 0.0 : f32
# RFX-NEXT:        scf.yield %[[Z]]
# RFX:           scf.yield %[[E]]
# RFX:         rfx.yield %[[Y]]
# LOOPS-LABEL: func.func @chain
# LOOPS:         scf.if
# LOOPS:           arith.mulf
# LOOPS:         } else {
# LOOPS:           scf.if
# A side with branches of its own is dear: it runs if any lane wants it.
# VECTORS-LABEL: func.func @chain
# VECTORS:         %[[ANY:.*]] = vector.reduction <or>
# VECTORS-NEXT:    scf.if %[[ANY]] -> (vector<
# VECTORS-NOT:       scf.if
# VECTORS:           arith.mulf
# VECTORS-NEXT:      arith.select
# LLVM-LABEL: llvm.func @chain
# LLVM:         %[[ANY:.*]] = llvm.call_intrinsic "llvm.vector.reduce.or
# LLVM-NEXT:    llvm.cond_br %[[ANY]], ^[[THEN:.*]], ^[[ELSE:.*]]{{$}}
# LLVM:       ^[[THEN]]:
# LLVM:         llvm.br ^[[END:.*]](
# LLVM:       ^[[ELSE]]:
# LLVM:         llvm.br ^[[END]](


@show(x)
def cheap(x):
    return x if x > 0.0 else -x


# A conditional expression of a few ops computes both.
# RFX-LABEL: func.func @cheap
# RFX:         %[[C:.*]] = rfx.gt %[[X:[^,]*]],
# RFX-NEXT:    %[[N:.*]] = rfx.neg %[[X]]
# RFX-NEXT:    rfx.select %[[C]], %[[X]], %[[N]]
# LOOPS-LABEL: func.func @cheap
# LOOPS:         arith.select
# VECTORS-LABEL: func.func @cheap
# VECTORS:         arith.select
# LLVM-LABEL: llvm.func @cheap
# LLVM:         llvm.select


@show(x)
def dear(x):
    return np.sqrt(x * x + x / (x + 3.0)) if x > 0.0 else x / (x * x + x / (x - 1.0))


# RFX-LABEL: func.func @dear
# RFX:         scf.if %{{.*}} -> (f32) {
# RFX:           rfx.sqrt
# RFX:         } else {
# RFX:           rfx.div
# RFX-NOT:       rfx.select
# LOOPS-LABEL: func.func @dear
# LOOPS:         scf.if
# VECTORS-LABEL: func.func @dear
# VECTORS:         arith.select
# LLVM-LABEL: llvm.func @dear
# LLVM:         llvm.select


@show(x)
def early(x):
    if x > 1.0:
        return x
    return x * x


# What follows a return is the other side.
# RFX-LABEL: func.func @early
# RFX:         scf.if %{{.*}} -> (f32) {
# RFX-NEXT:      scf.yield
# RFX-NEXT:    } else {
# RFX-NEXT:      %[[Y:.*]] = rfx.mul
# RFX-NEXT:      scf.yield %[[Y]]
# LOOPS-LABEL: func.func @early
# LOOPS:         scf.if
# VECTORS-LABEL: func.func @early
# VECTORS:         arith.mulf
# VECTORS-NEXT:    arith.select
# LLVM-LABEL: llvm.func @early
# LLVM:         llvm.fmul
# LLVM-NEXT:    llvm.select
