# RUN: python %s rfx | filecheck %s --check-prefix=RFX
# RUN: python %s loops | filecheck %s --check-prefix=LOOPS
"""Control flow of jitted functions: what is traced, and the loops it becomes."""

import numpy as np
from show_program import show

import rfxjit as rfx

x = np.ones(32, np.float32)


# A few cheap ops on numbers are computed on both sides.
@show(1.0, 2.0, compiler=rfx.jit)
def choose(a, limit):
    if a > limit:
        a = limit
    return a


# RFX-LABEL: func.func @choose
# RFX:         %[[C:.*]] = rfx.gt %a, %limit
# RFX-NEXT:    %[[R:.*]] = rfx.select %[[C]], %limit, %a
# RFX-NEXT:    func.return %[[R]]
# LOOPS-LABEL: func.func @choose
# LOOPS:         arith.select


# Arrays are carried; a name that both sides set is a result.
@show(x, 1.0, compiler=rfx.jit)
def branch(x, c):
    if c > 0:
        y = np.sin(x)
    else:
        y = x * 2
    return y


# RFX-LABEL: func.func @branch
# RFX:         %[[P:.*]] = tensor.extract
# RFX-NEXT:    %[[Y:.*]] = scf.if %[[P]] -> (tensor<32xf32>) {
# RFX-NEXT:      %[[S:.*]] = rfx.sin %x
# RFX-NEXT:      scf.yield %[[S]]
# RFX-NEXT:    } else {
# RFX:           scf.yield
# RFX-NEXT:    }
# RFX-NEXT:    func.return %[[Y]]
# LOOPS-LABEL: func.func @branch
# LOOPS:         scf.if %{{.*}} {
# LOOPS:           math.sin
# LOOPS:         } else {
# LOOPS:           arith.mulf


# `and` computes its second operand only where it is needed.
@show(x, 3, compiler=rfx.jit)
def both(x, i):
    return i < 32 and x[i] > 0


# RFX-LABEL: func.func @both
# RFX:         %[[C:.*]] = rfx.lt
# RFX:         scf.if %{{.*}} -> (tensor<i1>) {
# RFX:           rfx.gather
# RFX:         } else {
# RFX-NEXT:      scf.yield %[[C]]


# A range over an argument counts; what it assigns is carried.
@show(x, 5, compiler=rfx.jit)
def powers(x, n):
    y = x
    for _ in range(n):
        y = y * x
    return y


# RFX-LABEL: func.func @powers
# RFX:         %[[N:.*]] = arith.index_cast %{{.*}} : i64 to index
# RFX:         %[[R:.*]] = scf.for %{{.*}} to %[[N]] {{.*}} iter_args(%[[Y:.*]] = %x)
# RFX-SAME:      -> (tensor<32xf32>) {
# RFX:           %[[Z:.*]] = rfx.mul %[[Y]], %x
# RFX-NEXT:      scf.yield %[[Z]]
# RFX:         func.return %[[R]]
# LOOPS-LABEL: func.func @powers
# LOOPS:         scf.for
# LOOPS:           "scf.parallel"


# `break` is a flag that the condition reads.
@show(x, 0.5, compiler=rfx.jit)
def first(x, limit):
    for i, v in enumerate(x):
        if v > limit:
            break
    else:
        i = -1
    return i


# RFX-LABEL: func.func @first
# RFX:         scf.while (%[[K:[^ ]*]] = {{.*}}tensor<i1>
# RFX:           rfx.not
# RFX:           scf.condition
# RFX:         } do {
# RFX:           rfx.gather %x
# RFX:           rfx.gt
# RFX:           scf.yield


# An array that a loop writes to is carried under all its names, and updated in place.
@show(x, compiler=rfx.jit)
def differences(x):
    out = np.zeros_like(x)
    for i in range(1, x.shape[0]):
        out[i] = x[i] - x[i - 1]
    return out


# RFX-LABEL: func.func @differences
# RFX:         scf.for {{.*}} iter_args(%[[O:.*]] = %{{.*}}) -> (tensor<32xf32>) {
# RFX:           %[[D:.*]] = rfx.sub
# RFX:           %[[N:.*]] = rfx.dynamic_update_slice %[[O]],
# RFX:           scf.yield %[[N]]
# LOOPS-LABEL: func.func @differences
# LOOPS:         scf.for
# LOOPS:           arith.subf
# LOOPS-NOT:       scf.parallel
# LOOPS:           memref.store


# An exception under a condition is a requirement.
@show(1.0, compiler=rfx.jit)
def root(a):
    if a < 0:
        raise ValueError("negative")
    return np.sqrt(a)


# RFX-LABEL: func.func @root
# RFX:         %[[C:.*]] = rfx.lt %a
# RFX-NEXT:    %[[N:.*]] = rfx.not %[[C]]
# RFX-NEXT:    rfx.require %[[N]] 1
# RFX-NEXT:    rfx.sqrt %a


# A loop with an exit in a function that returns early: the result is carried.
@show(2.0, compiler=rfx.jit)
def search(a):
    x = a
    while True:
        if x * x < a:
            return x
        x = x * 0.5


# RFX-LABEL: func.func @search
# RFX:         %{{[^,]*}}, %[[R:[^,]*]], %{{[^ ]*}} = scf.while
# RFX:           %[[T:.*]] = rfx.lt
# RFX:           rfx.select %[[T]]
# RFX:           scf.yield %{{.*}}, %{{.*}}, %[[T]]
# RFX:         func.return %[[R]]
