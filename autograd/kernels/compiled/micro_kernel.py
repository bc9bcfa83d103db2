"""The inner loop of matrix multiplication, emitted as LLVM IR.

One tile of C, a few rows by a few vectors, stays in registers while k runs; a loop that LLVM
vectorises by itself does not achieve that. One generator serves float32 and float64 and every
vector width: the tile fits the host's register file.

Reference: Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).
"""

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from autograd.kernels.compiled.disk_cache import host
from autograd.kernels.compiled.jit import jit, vector_bytes

VECTOR_BYTES = vector_bytes()
# rows and vectors of the full tile: 24 accumulators of 32 registers, or 8 to 12 of 16
ROWS, VECTORS = {64: (12, 2), 32: (6, 2)}.get(VECTOR_BYTES, (4, 2))
if host()[0].startswith(("aarch64", "arm64")):
    ROWS, VECTORS = 8, 3
# a block of m rows is cut into full tiles, then into tiles of these heights
HEIGHTS = (ROWS, *(height for height in (8, 4, 2, 1) if height < ROWS))

_I64, _I32, _BYTE = ir.IntType(64), ir.IntType(32), ir.IntType(8)


@jit(inner=True)
def aligned(address):
    """The address, or the next that a whole vector can be read from at once."""
    return (address + VECTOR_BYTES - 1) // VECTOR_BYTES * VECTOR_BYTES


class Emitter:
    """Loads, stores and arithmetic on vectors of one element type at byte addresses."""

    def __init__(self, builder, element):
        self.builder = builder
        self.element = element
        self.bytes = 4 if isinstance(element, ir.FloatType) else 8
        self.lanes = VECTOR_BYTES // self.bytes
        self.vector = ir.VectorType(element, self.lanes)
        self.name = f"v{self.lanes}f{8 * self.bytes}"

    def _call(self, name, result, args):
        kind = ir.FunctionType(result, [arg.type for arg in args])
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self.builder.call(function, args)

    def at(self, address, offset, element):
        """Typed pointer `offset` bytes after a byte pointer."""
        pointer = self.builder.gep(address, [offset])
        return self.builder.bitcast(pointer, element.as_pointer())

    def load(self, address, offset, mask=None):
        pointer = self.at(address, offset, self.vector)
        if mask is None:
            return self.builder.load(pointer, align=self.bytes)
        zero = ir.Constant(self.vector, [0.0] * self.lanes)
        name = f"llvm.masked.load.{self.name}.p0"
        return self._call(name, self.vector, [pointer, _I32(self.bytes), mask, zero])

    def store(self, value, address, offset, mask=None):
        pointer = self.at(address, offset, self.vector)
        if mask is None:
            self.builder.store(value, pointer, align=self.bytes)
        else:
            name = f"llvm.masked.store.{self.name}.p0"
            self._call(name, ir.VoidType(), [value, pointer, _I32(self.bytes), mask])

    def splat(self, scalar, kind=None):
        """A vector with the scalar in every lane."""
        undefined = ir.Constant(kind or self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, _I32(0))
        lanes = ir.Constant(ir.VectorType(_I32, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, undefined, lanes)

    def below(self, count):
        """Mask of the lanes whose number is below the int64 `count`."""
        lanes = ir.VectorType(_I64, self.lanes)
        numbers = ir.Constant(lanes, list(range(self.lanes)))
        return self.builder.icmp_signed("<", numbers, self.splat(count, lanes))

    def fma(self, x, y, z):
        return self._call(f"llvm.fmuladd.{self.name}", self.vector, [x, y, z])


def _when(builder, condition, emit):
    """Emits `emit(True)` and `emit(False)` under the condition; phis of the lists they return."""
    results = {}
    with builder.if_else(condition) as branches:
        for truth, branch in zip((True, False), branches, strict=True):
            with branch:
                values = emit(truth)
                results[truth] = (values, builder.block)
    joined = []
    for pair in zip(results[True][0], results[False][0], strict=True):
        joined.append(builder.phi(pair[0].type))
        for value, (_, block) in zip(pair, results.values(), strict=True):
            joined[-1].add_incoming(value, block)
    return joined


def emit_loop(builder, count, start, body):
    """The values after `values = body(k, values)` for k below `count`, from `start` on."""
    entry = builder.block
    loop, done = builder.append_basic_block("k"), builder.append_basic_block("done")
    builder.cbranch(builder.icmp_signed(">", count, _I64(0)), loop, done)
    builder.position_at_end(loop)
    k = builder.phi(_I64)
    values = [builder.phi(first.type) for first in start]
    new = body(k, values)
    # LLVM copies no "convergent" call: unrolling would quadruple the code for nothing
    nothing = ir.InlineAsm(ir.FunctionType(ir.VoidType(), []), "", "", side_effect=True)
    builder.call(nothing, [], attrs=("convergent",))
    following = builder.add(k, _I64(1))
    k.add_incoming(_I64(0), entry)
    k.add_incoming(following, loop)
    builder.cbranch(builder.icmp_signed("<", following, count), loop, done)
    builder.position_at_end(done)
    result = [builder.phi(first.type) for first in start]
    for phis in (values, result):
        for phi, first, later in zip(phis, start, new, strict=True):
            phi.add_incoming(first, entry)
            phi.add_incoming(later, loop)
    return result


def _emit_sums(emitter, rows, vectors, k, a, b, start):
    """start + A[rows, k] B[k, vectors] in registers; a and b are (pointer, strides)."""
    builder = emitter.builder

    def add(step, sums):
        a_row, b_row = builder.gep(a[0], [builder.mul(step, a[2])]), builder.mul(step, b[1])
        right = [emitter.load(b[0], builder.add(b_row, _I64(j * VECTOR_BYTES)))
                 for j in range(vectors)]
        new = []
        for i in range(rows):
            scalar = builder.load(emitter.at(a_row, builder.mul(a[1], _I64(i)), emitter.element))
            left = emitter.splat(scalar)
            new += [emitter.fma(left, right[j], sums[i * vectors + j]) for j in range(vectors)]
        return new

    return emit_loop(builder, k, start, add)


def _emit_tile(emitter, rows, vectors, k, a, b, c, init, columns):
    """C[rows, vectors] = init + A[rows, k] B[k, vectors]; a, b, c, init are (pointer, strides)."""
    builder = emitter.builder
    tile = [(i, j) for i in range(rows) for j in range(vectors)]
    masks = [emitter.below(builder.sub(columns, _I64(j * emitter.lanes))) for j in range(vectors)]
    full = builder.icmp_signed(">=", columns, _I64(vectors * emitter.lanes))

    def place(matrix, i, j):
        return builder.add(builder.mul(matrix[1], _I64(i)), _I64(j * VECTOR_BYTES))

    def load(whole):
        return [
            emitter.load(init[0], place(init, i, j), None if whole else masks[j]) for i, j in tile
        ]

    def store(whole):
        for value, (i, j) in zip(result, tile, strict=True):
            emitter.store(value, c[0], place(c, i, j), None if whole else masks[j])
        return []

    result = _emit_sums(emitter, rows, vectors, k, a, b, _when(builder, full, load))
    _when(builder, full, store)


@intrinsic
def tile(typing, like, rows, vectors, k, a, a_row, a_step, b, b_step, c, c_row, init, init_row,
         columns):  # fmt: skip
    """C[:rows, :columns] = init + A B for one tile of `rows` (of HEIGHTS) by `vectors` vectors.

    Addresses and strides are in bytes. A is read at any two strides, B in rows of whole vectors,
    C and init in rows of which only the first `columns` are touched.
    """

    def codegen(context, builder, signature, args):
        element = context.get_value_type(signature.args[0])
        emitter = Emitter(builder, element)
        _, rows, vectors, k, a, a_row, a_step, b, b_step, c, c_row, init, init_row, columns = args
        a, b, c, init = (builder.inttoptr(x, _BYTE.as_pointer()) for x in (a, b, c, init))
        end = builder.append_basic_block("tile.end")
        choice = builder.mul(builder.sub(vectors, _I64(1)), _I64(16))
        switch = builder.switch(builder.add(choice, rows), end)
        for width in range(1, VECTORS + 1):
            for height in HEIGHTS:
                block = builder.append_basic_block(f"tile.{height}x{width}")
                switch.add_case(_I64(16 * (width - 1) + height), block)
                builder.position_at_end(block)
                _emit_tile(emitter, height, width, k, (a, a_row, a_step), (b, b_step),
                           (c, c_row), (init, init_row), columns)  # fmt: skip
                builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 13), codegen


def interleave(builder, vectors, distance):
    """One stage of the transposition: swaps the off-diagonal blocks of `distance` lanes."""
    lanes = len(vectors)
    index = ir.VectorType(_I32, lanes)
    low = [i if not i & distance else lanes + i - distance for i in range(lanes)]
    high = [i + distance if not i & distance else lanes + i for i in range(lanes)]
    result = list(vectors)
    for i in range(lanes):
        if not i & distance:
            x, y = vectors[i], vectors[i + distance]
            result[i] = builder.shuffle_vector(x, y, ir.Constant(index, low))
            result[i + distance] = builder.shuffle_vector(x, y, ir.Constant(index, high))
    return result


@intrinsic
def transpose_block(typing, like, source, source_row, rows, target, target_row):
    """target[k, r] = source[r, k] for a square of one vector's lanes; rows past the last repeat it.

    Whole vectors are stored, in order of k: lanes past `target_row` are overwritten by the next.
    """

    def codegen(context, builder, signature, args):
        emitter = Emitter(builder, context.get_value_type(signature.args[0]))
        _, source, source_row, rows, target, target_row = args
        source, target = (builder.inttoptr(x, _BYTE.as_pointer()) for x in (source, target))
        last = builder.sub(rows, _I64(1))
        vectors = []
        for i in range(emitter.lanes):
            inside = builder.icmp_signed("<", _I64(i), last)
            row = builder.select(inside, _I64(i), last)
            vectors.append(emitter.load(source, builder.mul(row, source_row)))
        distance = emitter.lanes // 2
        while distance:
            vectors = interleave(builder, vectors, distance)
            distance //= 2
        for i, value in enumerate(vectors):
            emitter.store(value, target, builder.mul(target_row, _I64(i)))
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 5), codegen
