"""Columns of an image: for each tap of a filter the numbers it meets, one for each result.

An image is copied with its padding. Results are counted on through all images of a block, so that
whole vectors of them are at work however small the images are; runs are those side by side in
both copy and result.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from autograd.kernels.compiled.conv_plan import (
    ACROSS,
    AREA,
    CHANNELS,
    COPY,
    GROUPS,
    LINE,
    LINES,
    PIXELS,
    RUN,
    STEP,
    VALUES,
    WIDTH,
)
from autograd.kernels.compiled.jit import jit
from autograd.kernels.compiled.memory import itemsize, vector
from autograd.kernels.compiled.micro_kernel import VECTOR_BYTES, VECTORS, Emitter

FROM, AT, COUNT, TO, ENTRY = range(5)  # of a run: place in the copy, result's number, length, place


@intrinsic
def copy_vector(typing, like, source, target, count):
    """Copies the first `count` numbers of a vector between two addresses."""

    def codegen(context, builder, signature, args):
        emitter = Emitter(builder, context.get_value_type(signature.args[0]))
        zero, mask = ir.IntType(64)(0), emitter.below(args[3])
        source, target = (builder.inttoptr(x, ir.IntType(8).as_pointer()) for x in args[1:3])
        emitter.store(emitter.load(source, zero, mask), target, zero, mask)
        return context.get_dummy_value()

    return types.void(like, *[types.intp] * 3), codegen


@jit(inner=True)
def copy_images(one, source, plan, group, images, target):
    """Copies one group of some images, one behind the other; the zeros around them stay."""
    image = plan[CHANNELS] * plan[VALUES] * itemsize(one)
    copied = plan[CHANNELS] * plan[COPY] * itemsize(one)
    for n in range(images):
        _copy_image(one, source + (n * plan[GROUPS] + group) * image, plan, target + n * copied)


@jit(inner=True)
def _copy_image(one, source, plan, target):
    size, across = itemsize(one), plan[ACROSS]
    lines = plan[plan[LINE] : plan[LINE] + 3 * plan[LINES]]
    for _ in range(plan[CHANNELS]):
        for line in range(0, lines.size, 3):
            count = lines[line + 2]
            row = vector(source + lines[line] * size, (count - 1) * across + 1, one)
            copied = vector(target + lines[line + 1] * size, count, one)
            if across == 1:
                for w in range(count):
                    copied[w] = row[w]
            elif across == 2:
                for w in range(count):
                    copied[w] = row[2 * w]
            else:
                for w in range(count):
                    copied[w] = row[w * across]
        source += plan[VALUES] * size
        target += plan[COPY] * size


@jit(inner=True)
def find_runs(plan, phase, first, count, cut, image, result, runs):
    """Writes the runs of `count` results from `first` on, cut at multiples of `cut`, and gives
    their number.  Images lie `image` apart in the copy, `result` apart in the result."""
    begin, width, step = plan[phase + RUN], plan[phase + WIDTH], plan[phase + STEP]
    number, done = 0, 0
    while done < count:
        n, pixel = (first + done) // plan[phase + PIXELS], (first + done) % plan[phase + PIXELS]
        line, w = begin + 2 * (pixel // width), pixel % width
        long = min(width - w, count - done, cut - done % cut)
        runs[number + FROM] = n * image + plan[line] + w
        runs[number + AT] = done
        runs[number + COUNT] = long
        runs[number + TO] = n * result + plan[line + 1] + w * step
        number += ENTRY
        done += long
    return number


@jit(inner=True)
def find_pieces(one, runs, number, cut, panel, pieces):
    """Writes for each vector of the runs where it is read and written, in bytes, and gives their
    number; results from a multiple of `cut` on go to a panel of their own, `panel` bytes on."""
    size, found = itemsize(one), 0
    lanes = VECTOR_BYTES // size
    for run in range(0, number, ENTRY):
        at = runs[run + AT]
        target = at // cut * panel + at % cut * size
        for lane in range(0, runs[run + COUNT], lanes):
            pieces[found] = (runs[run + FROM] + lane) * size
            pieces[found + 1] = target + lane * size
            found += 2
    return found


@jit(inner=True)
def fill_columns(one, copy, taps, pieces, found, target, step):
    """target[tap, result] = copy at the tap's place.

    Whole vectors are written in ascending order: what one writes too much the next overwrites.
    """
    size = itemsize(one)
    lanes = VECTOR_BYTES // size
    for tap in range(taps.size):
        place, row = copy + taps[tap] * size, target + tap * step
        for piece in range(0, found, 2):
            copy_vector(one, place + pieces[piece], row + pieces[piece + 1], lanes)


@jit(inner=True)
def spread(one, plan, phase, runs, number, rows, source, target):
    """Puts results, panel by panel (rows, a tile's width), to their places in the rows of the
    image at `target`, `area` numbers each."""
    size, step = itemsize(one), plan[phase + STEP]
    lanes = VECTOR_BYTES // size
    wide = VECTORS * lanes
    for run in range(0, number, ENTRY):
        at, count = runs[run + AT], runs[run + COUNT]
        values = source + (at // wide * rows * wide + at % wide) * size
        place = target + runs[run + TO] * size
        for _ in range(rows):
            if step == 1:
                for lane in range(0, count, lanes):
                    copy_vector(one, values + lane * size, place + lane * size, count - lane)
            else:
                found = vector(values, count, one)
                line = vector(place, (count - 1) * step + 1, one)
                for w in range(count):
                    line[w * step] = found[w]
            values += wide * size
            place += plan[AREA] * size
