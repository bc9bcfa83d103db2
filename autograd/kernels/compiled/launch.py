"""How a kernel is started: by one call for small work, on the thread pool for large.

Every kernel has the signature `kernel(one, arrays, parts, index)`: a number of the type to
compute in, the id of a tuple of arrays, and which of how many parts of the work to do. The one
`prange` of the library is here, so each kernel is compiled once, without a parallel twin.

The pool is taken and given back in machine code, where no interrupt comes between. Kernels raise
in two ways: by `raise`, and where they allocate; both before they write what they also read, since
a part that failed on the pool is done again.
"""

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.core.cgutils import unpack_tuple
from numba.core.compiler_lock import global_compiler_lock
from numba.extending import intrinsic

from autograd import threads
from autograd.kernels.compiled import background
from autograd.kernels.compiled.jit import jit

ONE = {np.dtype(np.float32): np.float32(1), np.dtype(np.float64): np.float64(1)}

_addresses: dict[tuple, int] = {}
_taken = np.zeros(1, np.int64)  # 1 while a kernel runs on the pool
_POOL = _taken.ctypes.data


def _call_at(returns, finish):
    """An intrinsic that calls the kernel at an address and finishes with the call's status."""

    @intrinsic
    def call(typing, address, one, arrays, parts, index):
        kinds = (one, types.intp, types.intp, types.intp)

        def codegen(context, builder, signature, args):
            convention = context.call_conv
            kind = convention.get_function_type(types.void, kinds)
            kernel = builder.inttoptr(args[0], kind.as_pointer())
            status, _ = convention.call_function(builder, kernel, types.void, kinds, args[1:])
            return finish(context, builder, status)

        return returns(types.intp, *kinds), codegen

    return call


def _propagate(context, builder, status):
    with builder.if_then(status.is_error, likely=False):
        context.call_conv.return_status_propagate(builder, status)
    return context.get_dummy_value()


_failed = _call_at(types.boolean, lambda context, builder, status: status.is_error)
_call = _call_at(types.void, _propagate)  # raises what the kernel raises


@intrinsic
def _swap(typing, address, value):
    """Stores an integer at an address and gives what stood there, all at once."""

    def codegen(context, builder, signature, args):
        place = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.atomic_rmw("xchg", place, args[1], "seq_cst")

    return types.int64(types.intp, types.int64), codegen


def _calling(result):
    """An intrinsic that calls the kernel at an address with any number of integers after `one`, and
    gives what it gives; it must not raise."""

    @intrinsic
    def call(typing, address, one, *numbers):
        kinds = (one, *[types.intp] * len(numbers))

        def codegen(context, builder, signature, args):
            convention = context.call_conv
            kind = convention.get_function_type(result, kinds)
            kernel = builder.inttoptr(args[0], kind.as_pointer())
            given = zip(unpack_tuple(builder, args[2]), signature.args[2], strict=True)
            rest = [context.cast(builder, x, before, types.intp) for x, before in given]
            _, found = convention.call_function(builder, kernel, result, kinds, [args[1], *rest])
            return found if result == types.intp else context.get_dummy_value()

        return result(types.intp, one, types.StarArgTuple(numbers)), codegen

    return call


call, ask = _calling(types.void), _calling(types.intp)


@jit(parallel=True)
def _share_out(address, one, arrays, parts, pool):
    """Runs the kernel on the pool; false where another thread is at it.

    An exception cannot leave the pool's threads: a part that failed is done again by the caller.
    """
    failed = np.empty(parts, np.bool_)
    if _swap(pool, 1):
        return False
    for index in prange(parts):
        failed[index] = _failed(address, one, arrays, parts, index)
    _swap(pool, 0)
    for index in range(parts):
        if failed[index]:
            _call(address, one, arrays, parts, index)
    return True


def address(kernel, one, count=3, tells=False) -> int:
    """Address of the kernel's machine code for the type of `one` and `count` integers; it `tells`
    an integer, or nothing."""
    kind = types.float32 if type(one) is np.float32 else types.float64
    signature = (types.intp if tells else types.void)(kind, *[types.intp] * count)
    result = kernel.overloads.get(signature.args)
    if result is None:
        background.need(kernel, signature.args)
        with global_compiler_lock:  # which whoever compiles in the background holds for seconds
            result = kernel.get_compile_result(signature)
    return result.library.get_pointer_to_function(result.fndesc.llvm_func_name)


def launch(kernel, one, arrays, parallel):
    """Runs the kernel; `parallel` allows the thread pool, if it is free."""
    parts = threads.parts() if parallel else 1
    if parts > 1:
        key = kernel, type(one)
        try:
            if key not in _addresses:
                _addresses[key] = address(kernel, one)
            if _share_out(_addresses[key], one, id(arrays), parts, _POOL):
                return
        except background.NotCompiledError:  # then this thread does it all, if it can
            pass
    kernel(one, id(arrays), 1, 0)
