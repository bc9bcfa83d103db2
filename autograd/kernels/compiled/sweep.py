"""Chains of elementwise functions in one sweep: what `autograd.compile` makes of neighbouring ops.

The kernel reads a list of instructions, as a processor does, and does each on a block of numbers
that stays in the first cache level: so a chain of any length passes memory once, and no chain has
to be compiled. Operands are blocks of arrays, or registers, which are blocks of the kernel's own.
Every function is the one that the kernel of its op uses.
"""

import numpy as np

from autograd.kernels.compiled import vector_math
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.memory import data, item, itemsize, share, vector

BLOCK = 1 << 9  # numbers of a block
WIDTH = 5  # integers of an instruction: its number, target, and up to three operands
HEAD = 4  # integers before the instructions: numbers, instructions, registers, constants
SHARED = 1 << 14  # numbers times instructions from which a second thread pays

NAMES = ("constant", "scalar", "row", "column", "copy", "add", "sub", "mul", "div", "neg", "square",
         "exp", "log", "tanh", "sigmoid", "relu", "relu_grad", "sqrt", "reciprocal", "abs",
         "safe_mul", "safe_div", "maximum", "minimum")  # fmt: skip
(CONSTANT, SCALAR, ROW, COLUMN, COPY, ADD, SUB, MUL, DIV, NEG, SQUARE, EXP, LOG, TANH, SIGMOID,
 RELU, RELU_GRAD, SQRT, RECIPROCAL, ABS, SAFE_MUL, SAFE_DIV, MAXIMUM, MINIMUM) = range(
    len(NAMES))  # fmt: skip

_exp, _log, _tanh, _sigmoid = (vector_math.exp, vector_math.log, vector_math.tanh,
                               vector_math.sigmoid)  # fmt: skip


@jit(inner=True)
def _repeated(one, code, step, x, out, start):
    """Operands that are repeated: a number, along the rows, along the columns; or copied."""
    name, inner = code[step], code[step + 4]
    if name <= SCALAR:
        for i in range(out.size):
            out[i] = x[0]
    elif name == ROW:
        place = start % inner
        for i in range(out.size):
            out[i] = x[place]
            place += 1
            if place == inner:
                place = 0
    elif name == COLUMN:
        place, left = start // inner, inner - start % inner
        for i in range(out.size):
            out[i] = x[place]
            left -= 1
            if left == 0:
                place, left = place + 1, inner
    else:
        for i in range(out.size):
            out[i] = x[i]


@jit(inner=True, exact=True)
def _of_two(name, a, b, out):
    """Functions of two numbers."""
    if name == ADD:
        for i in range(out.size):
            out[i] = a[i] + b[i]
    elif name == SUB:
        for i in range(out.size):
            out[i] = a[i] - b[i]
    elif name == MUL:
        for i in range(out.size):
            out[i] = a[i] * b[i]
    elif name == DIV:
        for i in range(out.size):
            out[i] = a[i] / b[i]
    elif name == RELU_GRAD:
        for i in range(out.size):
            x, y = a[i], b[i]  # both are read, so that the loop has no branch
            out[i] = y if y == 0 else x
    elif name == SAFE_MUL:
        for i in range(out.size):
            x, y = a[i], b[i]
            out[i] = x if x == 0 else x * y
    elif name == SAFE_DIV:
        for i in range(out.size):
            x, y = a[i], b[i]
            out[i] = x if x == 0 else x / y
    elif name == MAXIMUM:
        for i in range(out.size):
            x, y = a[i], b[i]
            out[i] = x if x > y or x != x else y
    elif name == MINIMUM:
        for i in range(out.size):
            x, y = a[i], b[i]
            out[i] = x if x < y or x != x else y


@jit(inner=True, exact=True)
def _of_one(one, name, a, out):
    """Functions of one number."""
    if name == NEG:
        for i in range(out.size):
            out[i] = -a[i]
    elif name == SQUARE:
        for i in range(out.size):
            out[i] = a[i] * a[i]
    elif name == EXP:
        for i in range(out.size):
            out[i] = _exp(a[i])
    elif name == LOG:
        for i in range(out.size):
            out[i] = _log(a[i])
    elif name == TANH:
        for i in range(out.size):
            out[i] = _tanh(a[i])
    elif name == SIGMOID:
        for i in range(out.size):
            out[i] = _sigmoid(a[i])
    elif name == RELU:
        for i in range(out.size):
            out[i] = a[i] if a[i] > 0 or a[i] != a[i] else one - one
    elif name == SQRT:
        for i in range(out.size):
            out[i] = np.sqrt(a[i])
    elif name == RECIPROCAL:
        for i in range(out.size):
            out[i] = one / a[i]
    elif name == ABS:
        for i in range(out.size):
            out[i] = abs(a[i])


@jit(inner=True)
def _block(one, arrays, place, registers, start, count):
    """The block that an operand names: of a register (from 0 on) or of an array (below)."""
    if place >= 0:
        return vector(registers + place * BLOCK * itemsize(one), count, one)
    return vector(data(item(arrays, 1 - place)) + start * itemsize(one), count, one)


@jit
def sweep(one, arrays, parts, index):
    """arrays: code, constants, and those that operands name as -1, -2, ..."""
    head = vector(data(item(arrays, 0)), HEAD, np.int64(1))
    numbers, steps, own = head[0], head[1], head[2]
    code = vector(data(item(arrays, 0)) + HEAD * 8, steps * WIDTH, np.int64(1))
    constants = vector(data(item(arrays, 1)), head[3], one)
    first, last = share(numbers, parts, index, 64), share(numbers, parts, index + 1, 64)
    work = np.empty(max(own, 1) * BLOCK, np.float64)
    registers = work.ctypes.data
    for start in range(first, last, BLOCK):
        count = min(BLOCK, last - start)
        for step in range(0, steps * WIDTH, WIDTH):
            name = code[step]
            out = _block(one, arrays, code[step + 1], registers, start, count)
            if name == CONSTANT:
                _repeated(one, code, step, constants[code[step + 2]:], out, start)
            elif name < COPY:
                x = vector(data(item(arrays, 2 + code[step + 2])), numbers, one)
                _repeated(one, code, step, x, out, start)
            else:
                a = _block(one, arrays, code[step + 2], registers, start, count)
                b = _block(one, arrays, code[step + 3], registers, start, count)
                if name == COPY:
                    _repeated(one, code, step, a, out, start)
                else:
                    _of_two(name, a, b, out)
                    _of_one(one, name, a, out)
    work[0] = 0  # Numba frees an array after its last use: this is it


@jit
def sums(one, arrays, parts, index):
    """arrays: x, [outer, length, inner], out (outer, inner): the sums over the middle."""
    plan = vector(data(item(arrays, 1)), 3, np.int64(1))
    outer, length, inner = plan[0], plan[1], plan[2]
    x = vector(data(item(arrays, 0)), outer * length * inner, one)
    out = vector(data(item(arrays, 2)), outer * inner, one)
    if inner == 1:
        for row in range(outer):
            total = 0.0
            for i in range(row * length, row * length + length):
                total += x[i]
            out[row] = total
        return
    work = np.empty(inner, np.float64)
    for row in range(outer):
        work[:] = 0.0
        for k in range(length):
            place = (row * length + k) * inner
            for i in range(inner):
                work[i] += x[place + i]
        for i in range(inner):
            out[row * inner + i] = work[i]


@jit
def collected(one, arrays, parts, index):
    """arrays: x (outer, kept, pieces, inner) in float64, [its shape], out (kept, inner): the sums
    over the first and third dimension."""
    shape = vector(data(item(arrays, 1)), 4, np.int64(1))
    outer, kept, pieces, inner = shape[0], shape[1], shape[2], shape[3]
    x = vector(data(item(arrays, 0)), outer * kept * pieces * inner, 1.0)
    out = vector(data(item(arrays, 2)), kept * inner, one)
    for k in range(kept):
        for i in range(inner):
            total = 0.0
            for n in range(outer):
                place = (n * kept + k) * pieces * inner + i
                for piece in range(pieces):
                    total += x[place + piece * inner]
            out[k * inner + i] = total
