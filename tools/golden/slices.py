"""Slices, splits, concatenations and choices."""
import numpy as np

from .cases import File, redraw
from .model import NONE, OPERATOR, Tensor, run
from .movement import TYPES, move, move_all, source_of
from .quantization import integers, quantization_for, random_activation


def slice():
    file = File("slice")
    for dtype in (*TYPES, "int32"):
        for shape, begin, size in (((1, 5, 6, 3), (0, 1, 2, 0), (1, 3, 2, 3)), ((2, 4, 5, 7), (1, 0, 3, 2), (1, 4, 2, 4)),
                                   ((3, 8), (1, 2), (-1, -1)), ((9,), (4,), (3,)), ((2, 3, 4), (0, 0, 0), (-1, 3, 4)),
                                   ((2, 3, 4, 2, 3), (1, 1, 0, 1, 0), (1, 2, 3, 1, 2))):
            move(file, OPERATOR.SLICE, "SliceOptions", {}, shape, dtype, np.stack([begin, size], 1).ravel(),
                 [integers(*begin), integers(*size)])
    return file


def strided_slice():
    file = File("strided_slice")
    for dtype in TYPES:
        for shape, parts, begin_mask, end_mask, shrink in (
                ((1, 6, 7, 3), ((0, 1, 1), (1, 5, 2), (0, 7, 3), (0, 3, 1)), 0, 0, 0),
                ((1, 6, 7, 3), ((0, 0, 1), (0, 0, 2), (1, 0, 2), (0, 0, 1)), 0b1011, 0b1111, 0),
                ((2, 5, 4), ((-1, -3, -1), (-1, 0, -2), (3, -9, -1)), 0, 0b100, 0),
                ((2, 5, 4), ((0, 0, -1), (0, 0, -1), (0, 0, -3)), 0b111, 0b111, 0),
                ((3, 5, 4), ((1, 2, 1), (-2, 99, 1), (-99, -1, 1)), 0, 0, 0b001),
                ((3, 5, 4), ((-1, 0, 1), (0, 5, 1), (2, 3, 1)), 0b010, 0b010, 0b101),
                ((3, 4), ((1, 2, 1), (-1, 0, 1)), 0, 0b10, 0b11),
                ((4, 6, 5), ((1, 4, 2),), 0, 0, 0),
                ((10,), ((8, 1, -3),), 0, 0, 0),
                ((2, 3, 4, 2, 3), ((0, 2, 1), (0, 3, 2), (3, 0, -1), (1, 2, 1), (0, 3, 1)), 0, 0, 0b01000)):
            begin, end, stride = zip(*parts)
            fields = {"beginMask": begin_mask, "endMask": end_mask, "shrinkAxisMask": shrink}
            move(file, OPERATOR.STRIDED_SLICE, "StridedSliceOptions", fields, shape, dtype,
                 [begin_mask, end_mask, shrink, *np.ravel(parts)],
                 [integers(*begin), integers(*end), integers(*stride)])
    return file


def split():
    file = File("split")
    for dtype in TYPES:
        for shape, axis, parts in (((1, 4, 4, 6), 3, 2), ((1, 4, 4, 6), -1, 3), ((2, 6, 3, 5), 1, 3), ((4, 3), 0, 4),
                                   ((5, 8), 1, 8), ((2, 3, 4), -2, 1)):
            move(file, OPERATOR.SPLIT, "SplitOptions", {"numSplits": parts}, shape, dtype, [axis, parts],
                 [integers(axis, shape=())], parts, source_last=True)
    return file


def split_v():
    file = File("split_v")
    for dtype in TYPES:
        for shape, axis, sizes in (((1, 4, 4, 6), 3, (2, 4)), ((1, 4, 5, 6), 2, (1, 3, 1)), ((7, 3), 0, (1, -1, 3)),
                                   ((2, 9), -1, (9,)), ((1, 36), 1, (1, 2, 3, 4, 5, 6, 7, 8))):
            move(file, OPERATOR.SPLIT_V, "SplitVOptions", {"numSplits": len(sizes)}, shape, dtype, [axis, *sizes],
                 [integers(*sizes), integers(axis, shape=())], len(sizes))
    return file


def unpack():
    file = File("unpack")
    for dtype in TYPES:
        for shape, axis in (((3, 4, 5), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((5,), 0), ((2, 1, 3, 8), 3)):
            move(file, OPERATOR.UNPACK, "UnpackOptions", {"axis": axis, "num": shape[axis]}, shape, dtype, [axis],
                 parts=shape[axis])
    return file


def pack():
    file = File("pack")
    for dtype in TYPES:
        for shape, axis, count in (((3, 4), 0, 3), ((3, 4), 1, 2), ((3, 4), -1, 2), ((5,), 1, 4), ((2, 3, 4), 3, 2),
                                   ((1, 2, 3, 2), 2, 1), ((), 0, 3)):
            inputs = [source_of(file, shape, dtype) for _ in range(count)]
            for other in inputs:
                other.scale, other.zero_point = inputs[0].scale, inputs[0].zero_point
            output = Tensor(dtype=dtype, scale=inputs[0].scale, zero_point=inputs[0].zero_point)
            move_all(OPERATOR.PACK, "PackOptions", {"axis": axis, "valuesCount": count}, inputs, [output])
            file.add_all(inputs, [output], [axis])
    return file


def gather():
    file = File("gather")
    for dtype in (*TYPES, "int32"):
        for shape, indices, axis, batch in (((5, 4), [3, 0, 3], 0, 0), ((2, 5, 3), [[4, 1], [0, 0]], 1, 0),
                                            ((2, 3, 6), [5, 0, 2, 2], -1, 0), ((3, 4), 2, 1, 0),
                                            ((2, 5, 3), [[4, 1, 1], [0, 3, 2]], 1, 1),
                                            ((2, 3, 5, 2), [[4, 1], [0, 3]], 2, 1)):
            source = source_of(file, shape, dtype)
            output = Tensor(dtype=dtype, scale=source.scale, zero_point=source.zero_point)
            chosen = Tensor(np.array(indices, np.int32), constant=True)
            move_all(OPERATOR.GATHER, "GatherOptions", {"axis": axis, "batchDims": batch}, [source, chosen], [output])
            file.add_all([source, chosen], [output], [axis, batch])
    return file


@redraw
def concatenation_case(file, dtype, shapes, axis, different, ties=False):
    rng = file.rng
    first = random_activation(rng, shapes[0], dtype, scale=0.03125 if ties else None)
    inputs = [first]
    for shape in shapes[1:]:
        inputs.append(random_activation(rng, shape, dtype) if different else
                      random_activation(rng, shape, dtype, scale=first.scale, zero_point=first.zero_point))
    output = Tensor(dtype=dtype, scale=first.scale, zero_point=first.zero_point)
    if different:
        real = np.concatenate([tensor.real().ravel() for tensor in inputs])
        scale, zero_point = quantization_for(real, dtype, 0.9)
        output = Tensor(dtype=dtype, scale=0.0625 if ties else scale, zero_point=zero_point)
    fields = {"axis": axis, "fusedActivationFunction": NONE}
    output.data = run(OPERATOR.CONCATENATION, 2, "ConcatenationOptions", fields, inputs, output)
    file.add(inputs, output, [axis, NONE])


def concatenation():
    file = File("concatenation")
    for dtype, different in (("int8", False), ("uint8", False), ("uint8", True), ("float32", False)):
        concatenation_case(file, dtype, [(1, 3, 4, 5), (1, 3, 4, 7)], 3, different)
        concatenation_case(file, dtype, [(2, 3, 2, 5), (2, 3, 2, 1), (2, 3, 2, 16)], -1, different)
        concatenation_case(file, dtype, [(1, 2, 4, 3), (1, 3, 4, 3), (1, 1, 4, 3), (1, 2, 4, 3)], 1, different)
        concatenation_case(file, dtype, [(2, 2, 1, 3), (2, 2, 3, 3)], 2, different)
        concatenation_case(file, dtype, [(1, 2, 2, 3), (2, 2, 2, 3)], 0, different)
        concatenation_case(file, dtype, [(4, 5), (4, 3)], 1, different)
    concatenation_case(file, "uint8", [(1, 3, 4, 15), (1, 3, 4, 3)], 3, True, ties=True)
    concatenation_case(file, "uint8", [(1, 3, 4, 15), (1, 3, 2, 15)], 2, True, ties=True)
    concatenation_case(file, "int16", [(1, 3, 4, 5), (1, 3, 4, 7)], 3, False)
    return file
