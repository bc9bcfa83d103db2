"""Arrays by address: how a kernel gets at any number of arrays for the price of one integer.

Passing an ndarray to Numba costs 0.1 µs and compiles the kernel anew for every layout (C, F,
strided, read-only). Instead a kernel gets the `id` of a tuple of arrays, and reads data pointer,
shape and strides from their C structs, whose layout is part of NumPy's and CPython's ABI; one
signature serves all layouts. The caller's reference to the tuple keeps the arrays alive.
"""

import ctypes

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from autograd.kernels.compiled.jit import jit

_HEAD = object.__basicsize__  # PyObject_HEAD
_ITEMS = tuple.__basicsize__  # PyTupleObject up to its items
DATA, NDIM, SHAPE, STRIDES = _HEAD, _HEAD + 8, _HEAD + 16, _HEAD + 24
DESCR, FLAGS = _HEAD + 40, _HEAD + 48
C_CONTIGUOUS, WRITEABLE = 0x1, 0x400


def _load(builder, address, offset, width=64):
    """The integer of `width` bits at an address plus an offset, as int64."""
    kind = ir.IntType(width)
    pointer = builder.inttoptr(builder.add(address, offset), kind.as_pointer())
    return builder.sext(builder.load(pointer), ir.IntType(64))


def _field(offset, width=64):
    """Reads a field of the array with the id given."""

    @intrinsic
    def read(typing, array):
        def codegen(context, builder, signature, args):
            return _load(builder, args[0], ir.IntType(64)(offset), width)

        return types.int64(types.intp), codegen

    return read


def _entry(offset):
    """Reads entry `dim` of the table that a field of the array with the id given points to."""

    @intrinsic
    def read(typing, array, dim):
        def codegen(context, builder, signature, args):
            table = _load(builder, args[0], ir.IntType(64)(offset))
            return _load(builder, table, builder.mul(args[1], ir.IntType(64)(8)))

        return types.int64(types.intp, types.intp), codegen

    return read


data = _field(DATA)  # data(array): address of the first element
ndim = _field(NDIM, 32)
descr = _field(DESCR)  # id of the dtype object
flags = _field(FLAGS, 32)
length = _entry(SHAPE)  # length(array, dim)
stride = _entry(STRIDES)  # stride(array, dim), in bytes


@intrinsic
def item(typing, arrays, index):
    """Id of one item of the tuple with this id."""

    def codegen(context, builder, signature, args):
        offset = builder.mul(args[1], ir.IntType(64)(8))
        return _load(builder, args[0], builder.add(offset, ir.IntType(64)(_ITEMS)))

    return types.int64(types.intp, types.intp), codegen


@intrinsic
def items(typing, arrays):
    """Number of items of the tuple with this id."""

    def codegen(context, builder, signature, args):
        return _load(builder, args[0], ir.IntType(64)(_HEAD))

    return types.int64(types.intp), codegen


@intrinsic
def itemsize(typing, like):
    """Bytes of one number of the type of `like`."""

    def codegen(context, builder, signature, args):
        return ir.Constant(ir.IntType(64), like.bitwidth // 8)

    return types.int64(like), codegen


def _array(context, builder, kind, address, shape):
    """A C-contiguous array over the numbers at an address, which it does not keep alive."""
    dtype = context.get_data_type(kind.dtype)
    itemsize = context.get_abi_sizeof(dtype)
    strides = [ir.IntType(64)(itemsize)]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(extent, strides[0]))
    array = context.make_array(kind)(context, builder)
    populate_array(array, builder.inttoptr(address, dtype.as_pointer()), shape, strides,
                   context.get_constant(types.intp, itemsize), None)  # fmt: skip
    return array._getvalue()


@intrinsic
def vector(typing, address, length, like):
    """1-D array over `length` contiguous numbers of the type of `like` at an address."""
    kind = types.Array(like, 1, "C")

    def codegen(context, builder, signature, args):
        return _array(context, builder, kind, args[0], [args[1]])

    return kind(types.intp, types.intp, like), codegen


@intrinsic
def matrix(typing, address, rows, columns, like):
    """2-D C-contiguous array of the type of `like` at an address."""
    kind = types.Array(like, 2, "C")

    def codegen(context, builder, signature, args):
        return _array(context, builder, kind, args[0], [args[1], args[2]])

    return kind(types.intp, types.intp, types.intp, like), codegen


@jit(inner=True)
def size(array):
    """Number of elements of the array with this id."""
    count = 1
    for dim in range(ndim(array)):
        count *= length(array, dim)
    return count


@jit(inner=True)
def at(array, number, i, j):
    """Address of element [number, i, j] of the array with this id, of [i, j] where it is 2-D."""
    batched = ndim(array) - 2
    offset = i * stride(array, batched) + j * stride(array, batched + 1)
    return data(array) + offset + (number * stride(array, 0) if batched else 0)


@jit(inner=True)
def share(total, parts, index, unit):
    """First element of part `index` of about equal `parts`, cut at multiples of `unit`."""
    return min(total, (total + unit - 1) // unit * index // parts * unit)


def _verify() -> None:
    """Compares one array's C struct with what NumPy says of it."""
    array = np.arange(24, dtype=np.float32).reshape(4, 6)[1:, ::2]
    address = id(array)

    def read(kind, at):
        return kind.from_address(at).value

    shape, strides = read(ctypes.c_int64, address + SHAPE), read(ctypes.c_int64, address + STRIDES)
    found = (
        read(ctypes.c_int64, address + DATA),
        read(ctypes.c_int32, address + NDIM),
        tuple(read(ctypes.c_int64, shape + 8 * dim) for dim in (0, 1)),
        tuple(read(ctypes.c_int64, strides + 8 * dim) for dim in (0, 1)),
        read(ctypes.c_int64, address + DESCR),
        read(ctypes.c_int32, address + FLAGS) & (C_CONTIGUOUS | WRITEABLE),
    )
    known = (array.ctypes.data, 2, array.shape, array.strides, id(array.dtype), WRITEABLE)
    if found != known:
        raise ImportError(f"this NumPy lays out arrays in an unknown way: {found}, not {known}")
    arrays = (None, array)
    if [read(ctypes.c_int64, id(arrays) + at) for at in (_HEAD, _ITEMS + 8)] != [2, address]:
        raise ImportError("this Python lays out tuples in an unknown way")


_verify()
