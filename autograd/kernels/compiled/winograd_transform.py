"""The linear maps of Winograd's convolution F(4x4, 3x3), emitted as LLVM IR.

Four outputs y of a filter g of three taps over six inputs d are
    y = A^T ((G g) * (B^T d)), a product of polynomials evaluated at 0, +-P, +-Q and infinity:
6 multiplications in place of 12, and in two dimensions 36 in place of 144. The points keep the
rounding errors small (they grow by about 5) and the coefficients exact in binary.

Every map here works on vectors, one lane a channel, and on both axes of a square of them.

References: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016);
Barabasz et al., Error Analysis and Improving the Accuracy of Winograd Convolution (2020).
"""

from functools import partial
from itertools import chain

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd.kernels.compiled.micro_kernel import VECTOR_BYTES, Emitter, interleave

OUTPUTS, TAPS, POINTS = 4, 3, 6  # along one axis; POINTS = OUTPUTS + TAPS - 1 inputs
P, Q = 0.75, 1.5
# one over the product of a point's distances to the other finite points, the same for its mirror
WEIGHTS = {P: 1 / (2 * P**2 * (P**2 - Q**2)), Q: 1 / (2 * Q**2 * (Q**2 - P**2))}

_I64, _BYTE = ir.IntType(64), ir.IntType(8)


class _Line(Emitter):
    """The one-dimensional maps, on lists of vectors."""

    def _times(self, x, factor):
        return self.builder.fmul(x, self._constant(factor))

    def times_added(self, x, factor, y):
        """x factor + y"""
        return self.fma(x, self._constant(factor), y)

    def _constant(self, factor):
        return ir.Constant(self.vector, [factor] * self.lanes)

    def _both(self, even, odd, factor):
        """even + factor odd and even - factor odd: the values at a point and its mirror."""
        return [self.times_added(odd, factor, even), self.times_added(odd, -factor, even)]

    def inputs(self, d):
        """B^T d: the coefficients of d at each point, without the factors that `filters` has."""
        p, q = P * P, Q * Q
        first, last = (
            self.times_added(d[i], p * q, self.times_added(d[i + 2], -(p + q), d[i + 4]))
            for i in (0, 1)
        )
        inner = []
        for point, other in ((P, q), (Q, p)):
            even, odd = (self.times_added(d[i], -other, d[i + 2]) for i in (2, 1))
            inner += self._both(even, odd, point)
        return [first, *inner, last]

    def filters(self, g):
        """G g: the polynomial g at each point, over the product of its distances to the others."""
        result = [self._times(g[0], 1 / (P * P * Q * Q))]
        for point, factor in WEIGHTS.items():
            even = self.times_added(g[2], point * point * factor, self._times(g[0], factor))
            result += self._both(even, g[1], point * factor)
        return [*result, g[2]]

    def gradients(self, y):
        """A y, the transpose of `outputs`: the polynomial y at each point."""
        result = [y[0]]
        for point in WEIGHTS:
            even, odd = (self.times_added(y[i + 2], point * point, y[i]) for i in (0, 1))
            result += self._both(even, odd, point)
        return [*result, y[3]]

    def _sums(self, m):
        """Sums and differences of the values at each point and its mirror: two pairs."""
        add, subtract = self.builder.fadd, self.builder.fsub
        return (add(m[1], m[2]), subtract(m[1], m[2])), (add(m[3], m[4]), subtract(m[3], m[4]))

    def outputs(self, m):
        """A^T m: the products at the points summed with the points' powers 0 to 3."""
        (even_p, odd_p), (even_q, odd_q) = self._sums(m)
        add = self.builder.fadd
        return [
            add(m[0], add(even_p, even_q)),
            self.times_added(odd_p, P, self._times(odd_q, Q)),
            self.times_added(even_p, P**2, self._times(even_q, Q**2)),
            self.times_added(odd_p, P**3, self.times_added(odd_q, Q**3, m[5])),
        ]

    def taps(self, m):
        """G^T m, the transpose of `filters`."""
        (even_p, odd_p), (even_q, odd_q) = self._sums(m)
        even_p, even_q = self._times(even_p, WEIGHTS[P]), self._times(even_q, WEIGHTS[Q])
        middle = self.times_added(odd_p, P * WEIGHTS[P], self._times(odd_q, Q * WEIGHTS[Q]))
        return [
            self.times_added(m[0], 1 / (P * P * Q * Q), self.builder.fadd(even_p, even_q)),
            middle,
            self.times_added(even_p, P**2, self.times_added(even_q, Q**2, m[5])),
        ]

    def square(self, line, grid):
        """A one-dimensional map along both axes of a square of vectors."""
        columns = [line(list(column)) for column in zip(*grid, strict=True)]
        return [line(list(row)) for row in zip(*columns, strict=True)]


def _emitter(context, builder, signature, args):
    """Emitter of the type of the first argument, and the other arguments."""
    return _Line(builder, context.get_value_type(signature.args[0])), args[1:]


def _pointers(builder, *addresses):
    return [builder.inttoptr(address, _BYTE.as_pointer()) for address in addresses]


def _at_most(builder, number, last):
    return builder.select(builder.icmp_signed("<", _I64(number), last), _I64(number), last)


def _places(emitter, size, row, column):
    """Offsets of a square of vectors, `row` and `column` bytes apart."""
    down, across = (
        [emitter.builder.mul(step, _I64(i)) for i in range(size)] for step in (row, column)
    )
    return [[emitter.builder.add(y, x) for x in across] for y in down]


def _entering(size, line):
    """Intrinsic: the map from a square of size x size vectors to the 36 points."""

    @intrinsic
    def transform(typing, like, source, row, column, target, step):
        def codegen(context, builder, signature, args):
            emitter, (source, row, column, target, step) = _emitter(
                context, builder, signature, args)
            source, target = _pointers(builder, source, target)
            square = _places(emitter, size, row, column)
            grid = [[emitter.load(source, place) for place in places] for places in square]
            points = emitter.square(partial(line, emitter), grid)
            for p, value in enumerate(chain(*points)):
                emitter.store(value, target, builder.mul(step, _I64(p)))
            return context.get_dummy_value()

        return types.void(like, *[types.intp] * 5), codegen

    return transform


def _leaving(size, line):
    """Intrinsic: the map from the 36 points to a square of size x size vectors, plus an offset.

    The vector at `check` becomes NaN where one of them is NaN or infinite.
    """

    @intrinsic
    def transform(typing, like, source, step, offset, target, row, check):
        def codegen(context, builder, signature, args):
            emitter, (source, step, offset, target, row, check) = _emitter(
                context, builder, signature, args)
            source, offset, target, check = _pointers(builder, source, offset, target, check)
            square = _places(emitter, POINTS, builder.mul(step, _I64(POINTS)), step)
            points = [[emitter.load(source, place) for place in places] for places in square]
            found, added = emitter.load(check, _I64(0)), emitter.load(offset, _I64(0))
            grid = emitter.square(partial(line, emitter), points)
            places = _places(emitter, size, row, _I64(VECTOR_BYTES))
            for value, place in zip(chain(*grid), chain(*places), strict=True):
                value = builder.fadd(value, added)
                found = emitter.times_added(value, 0.0, found)
                emitter.store(value, target, place)
            emitter.store(found, check, _I64(0))
            return context.get_dummy_value()

        return types.void(like, *[types.intp] * 6), codegen

    return transform


# source, row, column, target, step: bytes between the 36 vectors of the target
transform_input = _entering(POINTS, _Line.inputs)
transform_filter = _entering(TAPS, _Line.filters)
transform_gradient = _entering(OUTPUTS, _Line.gradients)
# source, step, offset, target, row, check
transform_output = _leaving(OUTPUTS, _Line.outputs)
transform_taps = _leaving(TAPS, _Line.taps)


def _turn(emitter, source, source_row, rows, first, last, target, target_row, target_rows,
          columns):  # fmt: skip
    """Emits `turn` and gives the vectors of the source."""
    builder = emitter.builder
    source, target = _pointers(builder, source, target)
    inside = builder.and_(builder.not_(emitter.below(first)), emitter.below(last))
    written = emitter.below(columns)
    vectors = []
    for i in range(emitter.lanes):
        place = builder.mul(source_row, _at_most(builder, i, builder.sub(rows, _I64(1))))
        vectors.append(emitter.load(source, place, inside))
    turned, distance = vectors, emitter.lanes // 2
    while distance:
        turned = interleave(builder, turned, distance)
        distance //= 2
    # rows past the last go where the last is then written
    for i in reversed(range(emitter.lanes)):
        row = _at_most(builder, i, builder.sub(target_rows, _I64(1)))
        emitter.store(turned[i], target, builder.mul(target_row, row), written)
    return vectors


@intrinsic
def turn(typing, like, source, source_row, rows, first, last, target, target_row, target_rows,
         columns):  # fmt: skip
    """target[k, r] = source[r, k] for k from `first` to `last`, 0 for the other k of the vector.

    Rows from `rows` on are not read but repeat the last; of the target only the first
    `target_rows` rows and of these the first `columns` numbers are written.
    """

    def codegen(context, builder, signature, args):
        emitter, args = _emitter(context, builder, signature, args)
        _turn(emitter, *args)
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 9), codegen


@intrinsic
def turn_seen(typing, like, source, source_row, rows, first, last, target, target_row, target_rows,
              columns, peaks):  # fmt: skip
    """`turn`, which raises the vector at `peaks` to the largest magnitude of each k.

    Magnitudes are compared as integers, the bits without the sign: NaN is larger than infinity.
    """

    def codegen(context, builder, signature, args):
        emitter, (*args, peaks) = _emitter(context, builder, signature, args)
        ints = ir.VectorType(ir.IntType(8 * emitter.bytes), emitter.lanes)
        ones = ir.Constant(ints, [2 ** (8 * emitter.bytes - 1) - 1] * emitter.lanes)
        place, = _pointers(builder, peaks)
        largest = builder.bitcast(emitter.load(place, _I64(0)), ints)
        for value in _turn(emitter, *args):
            value = builder.and_(builder.bitcast(value, ints), ones)
            largest = builder.select(builder.icmp_signed(">", value, largest), value, largest)
        emitter.store(builder.bitcast(largest, emitter.vector), place, _I64(0))
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 10), codegen
