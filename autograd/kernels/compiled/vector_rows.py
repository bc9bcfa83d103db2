"""Rows of whole vectors, emitted as LLVM IR: a row is often shorter than the four vectors that a
loop takes at a time where LLVM vectorises it, and what is left it would do number by number.

Addresses are in bytes; `count` is a multiple of a vector's lanes.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd.kernels.compiled.micro_kernel import Emitter

_I64, _I32, _BYTE = ir.IntType(64), ir.IntType(32), ir.IntType(8)


def _vectors(emitter, count, body, carried=None):
    """Emits a loop over the vectors of a row: body(offset in bytes, carried) is the next carried;
    the last one."""
    builder = emitter.builder
    entry = builder.block
    loop, done = builder.append_basic_block("row"), builder.append_basic_block("row.done")
    end = builder.mul(count, _I64(emitter.bytes))
    builder.cbranch(builder.icmp_signed(">", end, _I64(0)), loop, done)
    builder.position_at_end(loop)
    offset = builder.phi(_I64)
    now = None if carried is None else builder.phi(carried.type)
    new = body(offset, now)
    following = builder.add(offset, _I64(emitter.lanes * emitter.bytes))
    last = builder.block
    builder.cbranch(builder.icmp_signed("<", following, end), loop, done)
    offset.add_incoming(_I64(0), entry)
    offset.add_incoming(following, last)
    builder.position_at_end(done)
    if carried is None:
        return None
    result = builder.phi(carried.type)
    for phi, later in ((now, new), (result, new)):
        phi.add_incoming(carried, entry)
        phi.add_incoming(later, last)
    return result


def _folded(emitter, vector, combine):
    """The first lane of all lanes combined, the halves with each other first."""
    builder, distance = emitter.builder, emitter.lanes // 2
    index = ir.VectorType(_I32, emitter.lanes)
    while distance:
        lanes = [(i + distance) % emitter.lanes for i in range(emitter.lanes)]
        other = builder.shuffle_vector(vector, vector, ir.Constant(index, lanes))
        vector, distance = combine(vector, other), distance // 2
    return builder.extract_element(vector, _I32(0))


def _flipped(builder, bits, lanes):
    """The bits of floats as integers that sort as the floats do, NaN beyond infinity; and back."""
    width = bits.type.element.width
    sign = ir.Constant(bits.type, [width - 1] * lanes)
    rest = ir.Constant(bits.type, [(1 << width - 1) - 1] * lanes)
    return builder.xor(bits, builder.and_(builder.ashr(bits, sign), rest))


def _begin(context, builder, signature, addresses):
    """The emitter, and pointers to the addresses."""
    emitter = Emitter(builder, context.get_value_type(signature.args[0]))
    return emitter, *[builder.inttoptr(a, _BYTE.as_pointer()) for a in addresses]


@intrinsic
def row_scores(typing, like, row, count, visible, scale):
    """row *= scale, and -inf from number `visible` on."""

    def codegen(context, builder, signature, args):
        emitter, row = _begin(context, builder, signature, args[1:2])
        hidden = ir.Constant(emitter.vector, [float("-inf")] * emitter.lanes)
        seen = builder.mul(args[3], _I64(emitter.bytes))
        scale = emitter.splat(args[4])

        def body(offset, _):
            left = builder.sdiv(builder.sub(seen, offset), _I64(emitter.bytes))
            value = builder.fmul(emitter.load(row, offset), scale)
            emitter.store(builder.select(emitter.below(left), value, hidden), row, offset)

        _vectors(emitter, args[2], body)
        return context.get_dummy_value()

    return types.void(like, types.intp, types.intp, types.intp, like), codegen


@intrinsic
def row_maximum(typing, like, row, count):
    """The largest of `count` > 0 numbers, NaN where there is one."""

    def codegen(context, builder, signature, args):
        emitter, row = _begin(context, builder, signature, args[1:2])
        whole = ir.VectorType(ir.IntType(8 * emitter.bytes), emitter.lanes)

        def larger(x, y):
            return builder.select(builder.icmp_signed(">", x, y), x, y)

        def at(offset):
            return _flipped(builder, builder.bitcast(emitter.load(row, offset), whole),
                            emitter.lanes)  # fmt: skip

        result = _vectors(emitter, args[2], lambda offset, top: larger(top, at(offset)),
                          at(_I64(0)))  # fmt: skip
        top = _folded(emitter, result, larger)
        top = builder.insert_element(ir.Constant(whole, ir.Undefined), top, _I32(0))
        top = builder.bitcast(_flipped(builder, top, emitter.lanes), emitter.vector)
        return builder.extract_element(top, _I32(0))

    return like(like, types.intp, types.intp), codegen


@intrinsic
def row_total(typing, like, row, count):
    """The sum of the numbers, lane by lane, then over the lanes."""

    def codegen(context, builder, signature, args):
        emitter, row = _begin(context, builder, signature, args[1:2])
        zero = ir.Constant(emitter.vector, [0.0] * emitter.lanes)
        sums = _vectors(emitter, args[2],
                        lambda offset, sum: builder.fadd(sum, emitter.load(row, offset)),
                        zero)  # fmt: skip
        return _folded(emitter, sums, builder.fadd)

    return like(like, types.intp, types.intp), codegen


@intrinsic
def row_slopes(typing, like, probs, slopes, count, inner, scale):
    """slopes = probs (slopes - inner) scale."""

    def codegen(context, builder, signature, args):
        emitter, probs, slopes = _begin(context, builder, signature, args[1:3])
        inner, scale = emitter.splat(args[4]), emitter.splat(args[5])

        def body(offset, _):
            distance = builder.fsub(emitter.load(slopes, offset), inner)
            slope = builder.fmul(emitter.load(probs, offset), distance)
            emitter.store(builder.fmul(slope, scale), slopes, offset)

        _vectors(emitter, args[3], body)
        return context.get_dummy_value()

    return types.void(like, types.intp, types.intp, types.intp, like, like), codegen
