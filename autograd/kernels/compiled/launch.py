"""How a kernel is started: by one call for small work, on the thread pool for large.

Every kernel has the signature `kernel(one, arrays, parts, index)`: a number of the type to
compute in, the id of a tuple of arrays, and which of how many parts of the work to do. The one
`prange` of the library is here, so each kernel is compiled once, without a parallel twin.
"""

import numpy as np
from llvmlite import ir
from numba import prange, types
from numba.extending import intrinsic

from autograd import threads
from autograd.kernels.compiled.jit import jit

ONE = {np.dtype(np.float32): np.float32(1), np.dtype(np.float64): np.float64(1)}

_addresses: dict[tuple, int] = {}


@intrinsic
def _call(typing, address, one, arrays, parts, index):
    def codegen(context, builder, signature, args):
        kind = ir.FunctionType(ir.VoidType(), [arg.type for arg in args[1:]])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    return types.void(types.intp, one, types.intp, types.intp, types.intp), codegen


@jit(parallel=True)
def _share_out(address, one, arrays, parts):
    for index in prange(parts):
        _call(address, one, arrays, parts, index)


def _address(kernel, one) -> int:
    """Address of the kernel's machine code for the type of `one`."""
    kind = types.float32 if type(one) is np.float32 else types.float64
    signature = types.void(kind, types.intp, types.intp, types.intp)
    result = kernel.get_compile_result(signature)
    return result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name)


def launch(kernel, one, arrays, parallel):
    """Runs the kernel; `parallel` allows the thread pool, if it is free."""
    parts = threads.acquire_pool() if parallel else 1
    if parts == 1:
        kernel(one, id(arrays), 1, 0)
        return
    try:
        key = kernel, type(one)
        if key not in _addresses:
            _addresses[key] = _address(kernel, one)
        _share_out(_addresses[key], one, id(arrays), parts)
    finally:
        threads.release_pool()
