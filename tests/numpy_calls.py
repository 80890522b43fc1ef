"""One call or more of every public function of NumPy: what the tests try.

Arguments are named by what they are: `x` a matrix of 3 by 4, `v` a vector of 4, `t` a
tensor of 2 by 3 by 4, all of the dtype under test; `i` places from 0 to 2, `b` a mask
of the shape of x. `ARRAY_CALLS` are those that take arrays, `OUTSIDE` the names that
have nothing to compute, by theme. `METHODS` are the methods and attributes of arrays.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

Call = Callable[..., Any]


def calls(**named: Call | tuple[Call, ...]) -> dict[str, tuple[Call, ...]]:
    """Every value as a tuple; `linalg_x` is the name `linalg.x`."""
    return {
        name.replace("linalg_", "linalg."): c if isinstance(c, tuple) else (c,)
        for name, c in named.items()
    }


ARRAY_CALLS = calls(
    # ---- reductions
    sum=(lambda x, v, t, i, b: np.sum(x), lambda x, v, t, i, b: np.sum(t, axis=(0, 2)),
         lambda x, v, t, i, b: np.sum(x, 1, keepdims=True, initial=2, where=b),
         lambda x, v, t, i, b: np.sum(x, dtype=np.float32)),
    prod=(lambda x, v, t, i, b: np.prod(x, axis=0), lambda x, v, t, i, b: np.prod(v)),
    max=(lambda x, v, t, i, b: np.max(x), lambda x, v, t, i, b: np.max(x, axis=-1)),
    min=(lambda x, v, t, i, b: np.min(x, 1, initial=1),
         lambda x, v, t, i, b: np.min(x, axis=0, keepdims=True)),
    amax=lambda x, v, t, i, b: np.amax(t, (0, 1)),
    amin=lambda x, v, t, i, b: np.amin(t),
    any=(lambda x, v, t, i, b: np.any(x), lambda x, v, t, i, b: np.any(b, 1)),
    all=(lambda x, v, t, i, b: np.all(x, 0), lambda x, v, t, i, b: np.all(b, where=b)),
    argmax=(lambda x, v, t, i, b: np.argmax(x),
            lambda x, v, t, i, b: np.argmax(t, 1, keepdims=True)),
    argmin=lambda x, v, t, i, b: np.argmin(x, axis=1),
    mean=(lambda x, v, t, i, b: np.mean(x), lambda x, v, t, i, b: np.mean(t, (1, 2))),
    var=lambda x, v, t, i, b: np.var(x, axis=0, ddof=1),
    std=lambda x, v, t, i, b: np.std(x, axis=1, keepdims=True),
    ptp=lambda x, v, t, i, b: np.ptp(x, axis=1),
    count_nonzero=(lambda x, v, t, i, b: np.count_nonzero(x, axis=1),
                   lambda x, v, t, i, b: np.count_nonzero(x)),
    average=(lambda x, v, t, i, b: np.average(x, 1),
             lambda x, v, t, i, b: np.average(x, 1, weights=[1, 2, 3, 4.0])),
    cumsum=(lambda x, v, t, i, b: np.cumsum(x), lambda x, v, t, i, b: np.cumsum(t, 1)),
    cumprod=lambda x, v, t, i, b: np.cumprod(x, axis=1),
    cumulative_sum=(lambda x, v, t, i, b: np.cumulative_sum(v),
                    lambda x, v, t, i, b: np.cumulative_sum(
                        x, axis=0, include_initial=True)),
    cumulative_prod=lambda x, v, t, i, b: np.cumulative_prod(x, axis=1),
    nansum=lambda x, v, t, i, b: np.nansum(x, axis=0),
    nanprod=lambda x, v, t, i, b: np.nanprod(x, axis=1),
    nanmax=lambda x, v, t, i, b: np.nanmax(x, axis=0),
    nanmin=lambda x, v, t, i, b: np.nanmin(x),
    nanargmax=lambda x, v, t, i, b: np.nanargmax(x, axis=1),
    nanargmin=lambda x, v, t, i, b: np.nanargmin(x),
    nanmean=lambda x, v, t, i, b: np.nanmean(x, axis=1),
    nanvar=lambda x, v, t, i, b: np.nanvar(x, axis=0),
    nanstd=lambda x, v, t, i, b: np.nanstd(x),
    nancumsum=lambda x, v, t, i, b: np.nancumsum(x, axis=1),
    nancumprod=lambda x, v, t, i, b: np.nancumprod(x),
    median=lambda x, v, t, i, b: np.median(x),
    nanmedian=lambda x, v, t, i, b: np.nanmedian(x),
    percentile=lambda x, v, t, i, b: np.percentile(x, 30),
    nanpercentile=lambda x, v, t, i, b: np.nanpercentile(x, 30),
    quantile=lambda x, v, t, i, b: np.quantile(x, 0.3),
    nanquantile=lambda x, v, t, i, b: np.nanquantile(x, 0.3),
    # ---- shapes and axes
    shape=lambda x, v, t, i, b: np.shape(x),
    ndim=lambda x, v, t, i, b: np.ndim(x),
    size=(lambda x, v, t, i, b: np.size(x), lambda x, v, t, i, b: np.size(x, 1)),
    reshape=(lambda x, v, t, i, b: np.reshape(x, (2, -1)),
             lambda x, v, t, i, b: np.reshape(t, -1)),
    ravel=lambda x, v, t, i, b: np.ravel(x),
    resize=lambda x, v, t, i, b: np.resize(x, (5, 3)),
    squeeze=(lambda x, v, t, i, b: np.squeeze(x[:1]),
             lambda x, v, t, i, b: np.squeeze(t[:, :1], axis=1)),
    expand_dims=(lambda x, v, t, i, b: np.expand_dims(x, (0, -1)),
                 lambda x, v, t, i, b: np.expand_dims(x, 1)),
    broadcast_to=lambda x, v, t, i, b: np.broadcast_to(v, (3, 4)),
    broadcast_arrays=lambda x, v, t, i, b: np.broadcast_arrays(x, v),
    broadcast_shapes=lambda x, v, t, i, b: np.broadcast_shapes(x.shape, v.shape),
    atleast_1d=lambda x, v, t, i, b: np.atleast_1d(v, v[0]),
    atleast_2d=lambda x, v, t, i, b: np.atleast_2d(v),
    atleast_3d=lambda x, v, t, i, b: np.atleast_3d(x, v),
    transpose=(lambda x, v, t, i, b: np.transpose(x),
               lambda x, v, t, i, b: np.transpose(t, (1, -1, 0))),
    permute_dims=lambda x, v, t, i, b: np.permute_dims(t, (2, 0, 1)),
    matrix_transpose=lambda x, v, t, i, b: np.matrix_transpose(t),
    swapaxes=lambda x, v, t, i, b: np.swapaxes(t, 0, -1),
    moveaxis=(lambda x, v, t, i, b: np.moveaxis(t, (0, 1), (-1, 0)),
              lambda x, v, t, i, b: np.moveaxis(t, -1, 0)),
    rollaxis=(lambda x, v, t, i, b: np.rollaxis(t, 2),
              lambda x, v, t, i, b: np.rollaxis(t, 0, 3)),
    flip=(lambda x, v, t, i, b: np.flip(x), lambda x, v, t, i, b: np.flip(t, (0, -1))),
    fliplr=lambda x, v, t, i, b: np.fliplr(x),
    flipud=lambda x, v, t, i, b: np.flipud(x),
    rot90=(lambda x, v, t, i, b: np.rot90(x),
           lambda x, v, t, i, b: np.rot90(t, 3, (1, 2)),
           lambda x, v, t, i, b: np.rot90(x, 2)),
    roll=(lambda x, v, t, i, b: np.roll(x, 2),
          lambda x, v, t, i, b: np.roll(x, -1, axis=-1),
          lambda x, v, t, i, b: np.roll(x, (1, 2), (0, 1))),
    # ---- joins and splits
    concatenate=(lambda x, v, t, i, b: np.concatenate([x, x[:1]]),
                 lambda x, v, t, i, b: np.concatenate((v, x), axis=None),
                 lambda x, v, t, i, b: np.concatenate(
                     [np.concatenate([x[2:, :1], x[:2, 1:2]]), x[:, :1]], axis=1),
                 lambda x, v, t, i, b: np.concatenate([x, b], 1, dtype=np.float64)),
    concat=lambda x, v, t, i, b: np.concat([x, x], axis=-1),
    stack=(lambda x, v, t, i, b: np.stack([v, v]),
           lambda x, v, t, i, b: np.stack([x, x], axis=-1)),
    unstack=lambda x, v, t, i, b: np.unstack(x, axis=1),
    hstack=(lambda x, v, t, i, b: np.hstack([v, v]),
            lambda x, v, t, i, b: np.hstack([x, x])),
    vstack=lambda x, v, t, i, b: np.vstack([v, x]),
    row_stack=lambda x, v, t, i, b: np.vstack([v, v]),
    dstack=lambda x, v, t, i, b: np.dstack([x, x]),
    column_stack=lambda x, v, t, i, b: np.column_stack([v, v, x.T]),
    append=(lambda x, v, t, i, b: np.append(x, v),
            lambda x, v, t, i, b: np.append(x, x, axis=1)),
    block=(lambda x, v, t, i, b: np.block([[x, x], [v, v]]),
           lambda x, v, t, i, b: np.block([[x[::-1], x[:, ::-1] + x], [x, x[:, :4]]])),
    split=(lambda x, v, t, i, b: np.split(x, 2, axis=1),
           lambda x, v, t, i, b: np.split(v, [1, 3])),
    array_split=lambda x, v, t, i, b: np.array_split(v, 3),
    hsplit=lambda x, v, t, i, b: np.hsplit(x, 2),
    vsplit=lambda x, v, t, i, b: np.vsplit(x, 3),
    dsplit=lambda x, v, t, i, b: np.dsplit(t, 2),
    # ---- picking
    copy=lambda x, v, t, i, b: np.copy(x),
    take=(lambda x, v, t, i, b: np.take(x, i),
          lambda x, v, t, i, b: np.take(x, [0, -1], axis=1),
          lambda x, v, t, i, b: np.take(x, 7, axis=1, mode="wrap")),
    take_along_axis=lambda x, v, t, i, b: np.take_along_axis(
        x, np.argmax(x, 1, keepdims=True), axis=1),
    repeat=(lambda x, v, t, i, b: np.repeat(x, 2),
            lambda x, v, t, i, b: np.repeat(x, [1, 0, 2], axis=0)),
    tile=(lambda x, v, t, i, b: np.tile(x, 2),
          lambda x, v, t, i, b: np.tile(v, (2, 3))),
    pad=(lambda x, v, t, i, b: np.pad(x, 1), lambda x, v, t, i, b: np.pad(v, 2, "edge"),
         lambda x, v, t, i, b: np.pad(x, ((1, 0), (2, 1)), constant_values=1),
         lambda x, v, t, i, b: [np.pad(x, ((2, 1), (0, 3)), mode=mode)
                                for mode in ("wrap", "reflect", "symmetric", "edge")],
         lambda x, v, t, i, b: np.pad(x, 6, mode="wrap"),
         lambda x, v, t, i, b: np.pad(x, 5, mode="reflect"),
         lambda x, v, t, i, b: np.pad(x, 5, mode="symmetric")),
    diagonal=(lambda x, v, t, i, b: np.diagonal(x, 1),
              lambda x, v, t, i, b: np.diagonal(t, -1, 2, 0)),
    diag=(lambda x, v, t, i, b: np.diag(v, -1), lambda x, v, t, i, b: np.diag(x, 2)),
    diagflat=lambda x, v, t, i, b: np.diagflat(v, 1),
    fill_diagonal=lambda x, v, t, i, b: (np.fill_diagonal(x, 1), x)[1],
    trace=(lambda x, v, t, i, b: np.trace(x),
           lambda x, v, t, i, b: np.trace(t, 1, 1, 2)),
    tril=lambda x, v, t, i, b: np.tril(x, -1),
    triu=(lambda x, v, t, i, b: np.triu(t, 1), lambda x, v, t, i, b: np.triu(v)),
    vander=lambda x, v, t, i, b: np.vander(v, 3),
    delete=lambda x, v, t, i, b: np.delete(x, [0, 2], axis=1),
    insert=lambda x, v, t, i, b: np.insert(v, 1, 0),
    compress=lambda x, v, t, i, b: np.compress([True, False, True], x, axis=0),
    ix_=lambda x, v, t, i, b: np.ix_(i, i),
    trim_zeros=lambda x, v, t, i, b: np.trim_zeros(v),
    extract=lambda x, v, t, i, b: np.extract(b, x),
    place=lambda x, v, t, i, b: np.place(x, b, 1),
    put=lambda x, v, t, i, b: (np.put(x, i, 1), x)[1],
    put_along_axis=lambda x, v, t, i, b: (
        np.put_along_axis(x, np.argmax(x, 1, keepdims=True), 1, 1), x)[1],
    putmask=lambda x, v, t, i, b: (np.putmask(x, b, 1), x)[1],
    copyto=lambda x, v, t, i, b: (np.copyto(x, v, where=b), x)[1],
    nonzero=lambda x, v, t, i, b: np.nonzero(x),
    argwhere=lambda x, v, t, i, b: np.argwhere(x),
    flatnonzero=lambda x, v, t, i, b: np.flatnonzero(x),
    # ---- choices and tests
    where=(lambda x, v, t, i, b: np.where(b, x, v),
           lambda x, v, t, i, b: np.where(x, 1, 0.5)),
    clip=(lambda x, v, t, i, b: np.clip(x, 0, 1), lambda x, v, t, i, b: np.clip(
        x, None, 1), lambda x, v, t, i, b: np.clip(x, min=0)),
    round=(lambda x, v, t, i, b: np.round(x), lambda x, v, t, i, b: np.round(x, 1),
           lambda x, v, t, i, b: np.round(x * 40, -1)),
    around=lambda x, v, t, i, b: np.around(x, 2),
    fix=lambda x, v, t, i, b: np.fix(x),
    select=lambda x, v, t, i, b: np.select([b, x > 0], [x, 2 * v], 7),
    choose=lambda x, v, t, i, b: np.choose(i, [v[:3], v[1:], 5]),
    piecewise=lambda x, v, t, i, b: np.piecewise(
        x, [b, x > 1], [lambda y: y * 2, 3, lambda y: y]),
    isclose=(lambda x, v, t, i, b: np.isclose(x, x[::-1], atol=1),
             lambda x, v, t, i, b: np.isclose(x, v, equal_nan=True)),
    allclose=lambda x, v, t, i, b: np.allclose(x, v),
    array_equal=(lambda x, v, t, i, b: np.array_equal(x, x[::-1]),
                 lambda x, v, t, i, b: np.array_equal(x, v)),
    array_equiv=lambda x, v, t, i, b: np.array_equiv(v, x),
    isposinf=lambda x, v, t, i, b: np.isposinf(x),
    isneginf=lambda x, v, t, i, b: np.isneginf(x),
    isreal=lambda x, v, t, i, b: np.isreal(x),
    iscomplex=lambda x, v, t, i, b: np.iscomplex(x),
    isrealobj=lambda x, v, t, i, b: np.isrealobj(x),
    iscomplexobj=lambda x, v, t, i, b: np.iscomplexobj(x),
    isscalar=lambda x, v, t, i, b: np.isscalar(x),
    isin=lambda x, v, t, i, b: np.isin(x, v),
    real=lambda x, v, t, i, b: np.real(x) + 0,
    imag=lambda x, v, t, i, b: np.imag(x),
    real_if_close=lambda x, v, t, i, b: np.real_if_close(x) + 0,
    angle=lambda x, v, t, i, b: np.angle(x, deg=True),
    nan_to_num=lambda x, v, t, i, b: np.nan_to_num(x, nan=2.0, neginf=-1),
    sinc=lambda x, v, t, i, b: np.sinc(x),
    i0=lambda x, v, t, i, b: np.i0(x),
    # ---- products
    dot=(lambda x, v, t, i, b: np.dot(x, v), lambda x, v, t, i, b: np.dot(x, 2),
         lambda x, v, t, i, b: np.dot(t, x.T)),
    vdot=lambda x, v, t, i, b: np.vdot(x, x),
    inner=lambda x, v, t, i, b: np.inner(x, v),
    outer=lambda x, v, t, i, b: np.outer(v, x),
    tensordot=(lambda x, v, t, i, b: np.tensordot(x, v, 1),
               lambda x, v, t, i, b: np.tensordot(t, x, ((1, 2), (0, 1)))),
    kron=(lambda x, v, t, i, b: np.kron(x, v), lambda x, v, t, i, b: np.kron(x, x)),
    cross=lambda x, v, t, i, b: np.cross(x[:, :3], v[:3]),
    einsum=(lambda x, v, t, i, b: np.einsum("ij,j->i", x, v),
            lambda x, v, t, i, b: np.einsum("ij,kj", x, x),
            lambda x, v, t, i, b: np.einsum("...j,ij->i...", t, x),
            lambda x, v, t, i, b: np.einsum("ii", x[:, :3]),
            lambda x, v, t, i, b: np.einsum("ii->i", x[:, :3]),
            lambda x, v, t, i, b: np.einsum("ijk,jk,k->ji", t, x, v)),
    einsum_path=lambda x, v, t, i, b: np.einsum_path("ij,j->i", x, v)[0],
    linalg_norm=(lambda x, v, t, i, b: np.linalg.norm(x),
                 lambda x, v, t, i, b: np.linalg.norm(x, axis=1),
                 lambda x, v, t, i, b: np.linalg.norm(x, np.inf, 0),
                 lambda x, v, t, i, b: np.linalg.norm(v, 3)),
    linalg_vector_norm=lambda x, v, t, i, b: np.linalg.vector_norm(x, axis=0, ord=1),
    linalg_matrix_norm=lambda x, v, t, i, b: np.linalg.matrix_norm(x),
    linalg_matrix_power=lambda x, v, t, i, b: np.linalg.matrix_power(x[:, :3], 5),
    linalg_multi_dot=lambda x, v, t, i, b: np.linalg.multi_dot([x.T, x, v]),
    linalg_outer=lambda x, v, t, i, b: np.linalg.outer(v, v),
    linalg_matmul=lambda x, v, t, i, b: np.linalg.matmul(x, v),
    linalg_vecdot=lambda x, v, t, i, b: np.linalg.vecdot(x, v),
    linalg_tensordot=lambda x, v, t, i, b: np.linalg.tensordot(x, v, axes=1),
    linalg_cross=lambda x, v, t, i, b: np.linalg.cross(x[:, :3], x[:, 1:]),
    linalg_diagonal=lambda x, v, t, i, b: np.linalg.diagonal(t, offset=1),
    linalg_trace=lambda x, v, t, i, b: np.linalg.trace(t),
    linalg_matrix_transpose=lambda x, v, t, i, b: np.linalg.matrix_transpose(x),
    linalg_inv=lambda x, v, t, i, b: np.linalg.inv(x[:, :3]),
    linalg_det=lambda x, v, t, i, b: np.linalg.det(x[:, :3]),
    linalg_slogdet=lambda x, v, t, i, b: np.linalg.slogdet(x[:, :3]),
    linalg_solve=lambda x, v, t, i, b: np.linalg.solve(x[:, :3], v[:3]),
    linalg_lstsq=lambda x, v, t, i, b: np.linalg.lstsq(x, v[:3]),
    linalg_pinv=lambda x, v, t, i, b: np.linalg.pinv(x),
    linalg_qr=lambda x, v, t, i, b: np.linalg.qr(x),
    linalg_svd=lambda x, v, t, i, b: np.linalg.svd(x),
    linalg_svdvals=lambda x, v, t, i, b: np.linalg.svdvals(x),
    linalg_eig=lambda x, v, t, i, b: np.linalg.eig(x[:, :3]),
    linalg_eigvals=lambda x, v, t, i, b: np.linalg.eigvals(x[:, :3]),
    linalg_eigh=lambda x, v, t, i, b: np.linalg.eigh(x[:, :3]),
    linalg_eigvalsh=lambda x, v, t, i, b: np.linalg.eigvalsh(x[:, :3]),
    linalg_cholesky=lambda x, v, t, i, b: np.linalg.cholesky(
        x @ x.T + 9 * np.eye(3)),
    linalg_cond=lambda x, v, t, i, b: np.linalg.cond(x),
    linalg_matrix_rank=lambda x, v, t, i, b: np.linalg.matrix_rank(x),
    linalg_tensorinv=lambda x, v, t, i, b: np.linalg.tensorinv(
        x[:, :3].reshape(3, 3, 1), 2),
    linalg_tensorsolve=lambda x, v, t, i, b: np.linalg.tensorsolve(x[:, :3], v[:3]),
    # ---- creation
    array=(lambda x, v, t, i, b: np.array([x[0], v]), lambda x, v, t, i, b: np.array(x),
           lambda x, v, t, i, b: np.array([[v[0], 2], [3, v[1]]])),
    asarray=lambda x, v, t, i, b: np.asarray([v, v], dtype=np.float64),
    asanyarray=lambda x, v, t, i, b: np.asanyarray([v[0], 1]),
    ascontiguousarray=lambda x, v, t, i, b: np.ascontiguousarray(x.T),
    asfortranarray=lambda x, v, t, i, b: np.asfortranarray(x),
    asarray_chkfinite=lambda x, v, t, i, b: np.asarray_chkfinite(i),
    require=lambda x, v, t, i, b: np.require(x),
    astype=lambda x, v, t, i, b: np.astype(x, np.float32),
    zeros=lambda x, v, t, i, b: np.zeros(x.shape) + x,
    ones=lambda x, v, t, i, b: np.ones((3, 4), np.int8) + x,
    empty=lambda x, v, t, i, b: np.empty(x.shape).shape,
    full=(lambda x, v, t, i, b: np.full((2, 4), v),
          lambda x, v, t, i, b: np.full(3, 2.5) * v[0]),
    zeros_like=(lambda x, v, t, i, b: np.zeros_like(x),
                lambda x, v, t, i, b: np.zeros_like(x, dtype=int, shape=2)),
    ones_like=lambda x, v, t, i, b: np.ones_like(x),
    empty_like=lambda x, v, t, i, b: np.empty_like(x).shape,
    full_like=lambda x, v, t, i, b: np.full_like(x, v),
    eye=lambda x, v, t, i, b: np.eye(3, 4, 1) + x,
    identity=lambda x, v, t, i, b: np.identity(3) @ x,
    arange=(lambda x, v, t, i, b: np.arange(4) + v,
            lambda x, v, t, i, b: np.arange(0.5, 2, 0.5) * x[:, 0],
            lambda x, v, t, i, b: np.arange(x.shape[0]) + 0 * i),
    linspace=(lambda x, v, t, i, b: np.linspace(0, 1, 4) + v,
              lambda x, v, t, i, b: np.linspace(v[0], v[1], 5),
              lambda x, v, t, i, b: np.linspace(v, 2, 3, endpoint=False, axis=-1),
              lambda x, v, t, i, b: np.linspace(v, 7, 4, retstep=True)),
    logspace=lambda x, v, t, i, b: np.logspace(0, v, 3),
    geomspace=lambda x, v, t, i, b: np.geomspace(1 + x * x, 9, 4),
    meshgrid=(lambda x, v, t, i, b: np.meshgrid(v, i),
              lambda x, v, t, i, b: np.meshgrid(v, i, indexing="ij", sparse=True)),
    indices=lambda x, v, t, i, b: np.indices(x.shape) * x,
    fromfunction=lambda x, v, t, i, b: np.fromfunction(
        lambda j, k: j + k * v, (3, 4)),
    tri=lambda x, v, t, i, b: np.tri(3, 4) * x,
    tril_indices=lambda x, v, t, i, b: np.tril_indices(3)[0] + v[0],
    triu_indices=lambda x, v, t, i, b: np.triu_indices(3)[1] + v[0],
    tril_indices_from=lambda x, v, t, i, b: np.tril_indices_from(x),
    triu_indices_from=lambda x, v, t, i, b: np.triu_indices_from(x),
    diag_indices=lambda x, v, t, i, b: x[np.diag_indices(3)],
    diag_indices_from=lambda x, v, t, i, b: np.diag_indices_from(x[:, :3]),
    mask_indices=lambda x, v, t, i, b: np.mask_indices(3, np.triu)[0] + v[0],
    bartlett=lambda x, v, t, i, b: np.bartlett(4) * v,
    blackman=lambda x, v, t, i, b: np.blackman(4) * v,
    hamming=lambda x, v, t, i, b: np.hamming(4) * v,
    hanning=lambda x, v, t, i, b: np.hanning(4) * v,
    kaiser=lambda x, v, t, i, b: np.kaiser(4, 2.0) * v,
    unravel_index=lambda x, v, t, i, b: np.unravel_index(i, (2, 3)),
    ravel_multi_index=lambda x, v, t, i, b: np.ravel_multi_index((i, i), (3, 4)),
    # ---- series
    diff=(lambda x, v, t, i, b: np.diff(x), lambda x, v, t, i, b: np.diff(x, 2, 0),
          lambda x, v, t, i, b: np.diff(x, prepend=0, append=v[:3, None])),
    ediff1d=lambda x, v, t, i, b: np.ediff1d(x, to_begin=v[0], to_end=v[:2]),
    gradient=(lambda x, v, t, i, b: np.gradient(x, axis=1),
              lambda x, v, t, i, b: np.gradient(x, 0.5)),
    trapezoid=(lambda x, v, t, i, b: np.trapezoid(x),
               lambda x, v, t, i, b: np.trapezoid(x, x=v),
               lambda x, v, t, i, b: np.trapezoid(x, dx=0.5, axis=0)),
    unwrap=lambda x, v, t, i, b: np.unwrap(x * 1.0, axis=1),
    searchsorted=lambda x, v, t, i, b: np.searchsorted(
        np.array([-1.0, 0, 2]), x, "right"),
    digitize=(lambda x, v, t, i, b: np.digitize(x, np.array([-1.0, 0, 2])),
              lambda x, v, t, i, b: np.digitize(x, np.array([3, 1, 0.5]), right=True)),
    interp=lambda x, v, t, i, b: np.interp(x, [-1.0, 0, 2], [3, 1.5, 4], left=-9),
    convolve=(lambda x, v, t, i, b: np.convolve(v, x[0, :3]),
              lambda x, v, t, i, b: np.convolve(v, x[0, :3], "same"),
              lambda x, v, t, i, b: np.convolve(v[:2], x[0], "valid"),
              lambda x, v, t, i, b: np.convolve(v, x[0, :2], "same")),
    correlate=(lambda x, v, t, i, b: np.correlate(v, x[0, :2]),
               lambda x, v, t, i, b: np.correlate(v[:2], x[0], "full"),
               lambda x, v, t, i, b: np.correlate(v, x[0, :2], "same"),
               lambda x, v, t, i, b: np.correlate(v[:3], x[0], "same")),
    polyval=lambda x, v, t, i, b: np.polyval([1.5, 2, -3], x),
    polyadd=lambda x, v, t, i, b: np.polyadd(v, v[:2]),
    polysub=lambda x, v, t, i, b: np.polysub(v * 1.0, v[:2]),
    polymul=lambda x, v, t, i, b: np.polymul(v, v[:2]),
    polydiv=lambda x, v, t, i, b: np.polydiv(v, v[:2]),
    polyder=lambda x, v, t, i, b: np.polyder(v),
    polyint=lambda x, v, t, i, b: np.polyint(v),
    polyfit=lambda x, v, t, i, b: np.polyfit(np.arange(4.0), v, 1),
    poly=lambda x, v, t, i, b: np.poly(v),
    roots=lambda x, v, t, i, b: np.roots(v),
    cov=(lambda x, v, t, i, b: np.cov(x), lambda x, v, t, i, b: np.cov(
        x, rowvar=False, ddof=0)),
    corrcoef=lambda x, v, t, i, b: np.corrcoef(x),
    # ---- whole rows at once
    apply_along_axis=lambda x, v, t, i, b: np.apply_along_axis(np.sum, 1, x),
    apply_over_axes=lambda x, v, t, i, b: np.apply_over_axes(np.sum, t, (0, 2)),
    sort=lambda x, v, t, i, b: np.sort(x),
    argsort=lambda x, v, t, i, b: np.argsort(x),
    lexsort=lambda x, v, t, i, b: np.lexsort((v, v)),
    partition=lambda x, v, t, i, b: np.partition(x, 1),
    argpartition=lambda x, v, t, i, b: np.argpartition(x, 1),
    sort_complex=lambda x, v, t, i, b: np.sort_complex(x),
    unique=lambda x, v, t, i, b: np.unique(x),
    unique_all=lambda x, v, t, i, b: np.unique_all(x).values,
    unique_counts=lambda x, v, t, i, b: np.unique_counts(x).values,
    unique_inverse=lambda x, v, t, i, b: np.unique_inverse(x).values,
    unique_values=lambda x, v, t, i, b: np.unique_values(x),
    union1d=lambda x, v, t, i, b: np.union1d(x, v),
    intersect1d=lambda x, v, t, i, b: np.intersect1d(x, v),
    setdiff1d=lambda x, v, t, i, b: np.setdiff1d(x, v),
    setxor1d=lambda x, v, t, i, b: np.setxor1d(x, v),
    histogram=lambda x, v, t, i, b: np.histogram(x, [0.0, 1, 2]),
    histogram2d=lambda x, v, t, i, b: np.histogram2d(v, v, 2),
    histogramdd=lambda x, v, t, i, b: np.histogramdd(v, 2)[0],
    histogram_bin_edges=lambda x, v, t, i, b: np.histogram_bin_edges(x, 3),
    bincount=lambda x, v, t, i, b: np.bincount(i, minlength=4),
    packbits=lambda x, v, t, i, b: np.packbits(b),
    unpackbits=lambda x, v, t, i, b: np.unpackbits(i.astype(np.uint8)),
    # ---- dtypes
    result_type=lambda x, v, t, i, b: np.result_type(x, i),
    common_type=lambda x, v, t, i, b: np.common_type(x).__name__,
    min_scalar_type=lambda x, v, t, i, b: np.min_scalar_type(x),
    can_cast=lambda x, v, t, i, b: np.can_cast(x.dtype, np.float64),
    may_share_memory=lambda x, v, t, i, b: np.may_share_memory(x, v),
    shares_memory=lambda x, v, t, i, b: np.shares_memory(x, v),
)  # fmt: skip

OUTSIDE = {
    "text and files": "array2string array_repr array_str base_repr binary_repr"
    " format_float_positional format_float_scientific fromfile fromregex fromstring"
    " genfromtxt load loadtxt save savetxt savez savez_compressed typename",
    "settings": "get_printoptions set_printoptions printoptions getbufsize setbufsize"
    " geterr seterr geterrcall seterrcall get_include info show_config show_runtime"
    " test",
    "dates": "busday_count busday_offset datetime_as_string datetime_data is_busday",
    "dtypes and objects": "isdtype issubdtype promote_types mintypecode isfortran"
    " iterable frompyfunc from_dlpack frombuffer fromiter nested_iters asmatrix bmat",
}  # fmt: skip
"""Functions that compute no array from arrays: they run as they are, while tracing."""


def ufunc_call(ufunc: np.ufunc) -> Call:
    """A call of a ufunc that suits its number of operands."""
    name = ufunc.__name__
    if name == "matmul":
        return lambda x, v, t, i, b: ufunc(x, x.T)
    if name == "vecmat":
        return lambda x, v, t, i, b: ufunc(v, x.T)
    if ufunc.nin == 1:
        whole = "invert" in name or "bitwise" in name
        return lambda x, v, t, i, b: ufunc(i if whole else x)
    if name == "ldexp":
        return lambda x, v, t, i, b: ufunc(x[:, 0], i)
    if {d[0] for d in ufunc.types} & set("ef"):
        return lambda x, v, t, i, b: ufunc(x, v)
    return lambda x, v, t, i, b: ufunc(i, i)


def _method(name: str, *args: Any, of: str = "x") -> Call:
    def call(x: Any, v: Any, t: Any, i: Any, b: Any) -> Any:
        owner = {"x": x, "v": v, "t": t, "i": i, "b": b}[of]
        return getattr(owner, name)(*args)

    return call


METHODS: dict[str, Call] = {
    **{name: _method(name) for name in (
        "all", "any", "argmax", "argmin", "argsort", "conj", "conjugate", "copy",
        "cumprod", "cumsum", "diagonal", "flatten", "max", "mean", "min", "nonzero",
        "prod", "ravel", "round", "squeeze", "std", "sum", "tobytes", "tolist",
        "transpose", "var", "byteswap")},
    **{name: functools.partial(lambda n, x, v, t, i, b: getattr(x, n), name)
       for name in ("T", "mT", "real", "imag", "dtype", "itemsize", "nbytes", "ndim",
                    "shape", "size", "flat", "base", "data", "device", "flags",
                    "strides", "ctypes")},
    "trace": lambda x, v, t, i, b: x.trace(), "clip": _method("clip", 0, 1),
    "astype": _method("astype", np.float32),
    "choose": _method("choose", [1, 2, 3], of="i"),
    "compress": _method("compress", [True, False]), "dot": _method("dot", 2.0),
    "item": _method("item", 3), "repeat": _method("repeat", 2),
    "reshape": _method("reshape", 4, 3), "swapaxes": _method("swapaxes", 0, 1),
    "take": _method("take", [0, 1]), "searchsorted": _method("searchsorted", 1, of="v"),
    "fill": lambda x, v, t, i, b: (x.fill(2), x)[1],
    "put": lambda x, v, t, i, b: (x.put([0, 1], 2), x)[1],
    "sort": lambda x, v, t, i, b: (x.sort(), x)[1],
    "partition": lambda x, v, t, i, b: (x.partition(1), x)[1],
    "argpartition": _method("argpartition", 1),
    "resize": lambda x, v, t, i, b: x.copy().resize((3, 4)),
    "view": _method("view", np.int8), "getfield": _method("getfield", np.int8),
    "setfield": _method("setfield", 1, np.int8),
    "setflags": _method("setflags"), "to_device": _method("to_device", "cpu"),
    "dump": _method("dump", "/dev/null"), "dumps": _method("dumps"),
    "tofile": _method("tofile", "/dev/null"),
}  # fmt: skip


def arguments(dtype: Any, seed: int = 7) -> tuple[Any, ...]:
    """The arguments of one call: small numbers, some of them equal."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    low = 0 if dtype.kind in "bu" else -4

    def numbers(*shape: int) -> Any:
        whole = rng.integers(low, 5, shape)
        half = whole + rng.integers(0, 4, shape) / 4
        return (half if dtype.kind == "f" else whole).astype(dtype)

    return (numbers(3, 4), numbers(4), numbers(2, 3, 4), np.array([0, 2, 1]),
            rng.random((3, 4)) < 0.6)  # fmt: skip
