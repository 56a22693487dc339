"""Transposition, padding and blocks."""
import numpy as np

from .cases import File
from .model import OPERATOR, Tensor, run
from .movement import TYPES, move
from .quantization import integers, limits, random_activation


def transpose():
    file = File("transpose")
    for dtype in TYPES:
        for shape, order in (((1, 4, 5, 3), (0, 3, 1, 2)), ((2, 3, 4, 5), (0, 2, 3, 1)), ((2, 3, 4, 5), (3, 1, 0, 2)),
                             ((4, 7), (1, 0)), ((6,), (0,)), ((2, 3, 4), (0, 2, 1)), ((2, 3, 4), (0, 1, 2)),
                             ((2, 3, 2, 4, 3), (4, 2, 0, 3, 1)), ((2, 1, 3, 2, 2, 3), (0, 2, 5, 1, 4, 3))):
            move(file, OPERATOR.TRANSPOSE, "TransposeOptions", {}, shape, dtype, order, [integers(*order)])
    return file


def pad_case(file, dtype, paddings, shape, with_value):
    source = random_activation(file.rng, shape, dtype)
    output = Tensor(dtype=dtype, scale=source.scale, zero_point=source.zero_point)
    inputs = [source, integers(*paddings, shape=(-1, 2))]
    value = None
    if with_value:
        stored = np.array([-3.5 if dtype == "float32" else file.rng.integers(*limits(dtype))]).astype(dtype)
        value = Tensor(stored, scale=source.scale, zero_point=source.zero_point, constant=True)
        inputs.append(value)
    code, name = (OPERATOR.PADV2, "PadV2Options") if with_value else (OPERATOR.PAD, "PadOptions")
    output.data = run(code, 2, name, {}, inputs, output)
    file.add([source], output, paddings, pad_value=value, degenerate=True)


def pad():
    file = File("pad")
    for dtype in ("int8", "uint8", "float32", "int16"):
        for with_value in (False, True):
            pad_case(file, dtype, [0, 0, 1, 1, 1, 1, 0, 0], (1, 5, 4, 3), with_value)
            pad_case(file, dtype, [0, 0, 0, 1, 0, 1, 0, 0], (1, 5, 6, 16), with_value)
            pad_case(file, dtype, [0, 0, 0, 0, 2, 0, 0, 3], (1, 4, 5, 5), with_value)
            pad_case(file, dtype, [1, 0, 0, 2, 3, 1, 1, 1], (2, 3, 3, 5), with_value)
            pad_case(file, dtype, [0, 0, 0, 0, 0, 0, 0, 0], (1, 3, 3, 3), with_value)
            pad_case(file, dtype, [1, 2, 0, 3], (4, 5), with_value)
    return file


def mirror_pad():
    file = File("mirror_pad")
    for dtype in TYPES:
        for mode in (0, 1):
            for shape, paddings in (((1, 4, 5, 3), (0, 0, 1, 2, 3, 1, 0, 0)), ((2, 3, 4, 3), (1, 1, 0, 2, 2, 0, 1, 2)),
                                    ((3, 4), (2, 2, 3, 3)), ((5,), (4, 4)), ((2, 3), (0, 0, 0, 0))):
                move(file, OPERATOR.MIRROR_PAD, "MirrorPadOptions", {"mode": mode}, shape, dtype, [mode, *paddings],
                     [integers(*paddings, shape=(-1, 2))])
            move(file, OPERATOR.MIRROR_PAD, "MirrorPadOptions", {"mode": 1}, (3, 4), dtype, [1, 3, 3, 4, 4],
                 [integers(3, 3, 4, 4, shape=(-1, 2))])
    return file


def block_file(name, code, options_name, cases):
    file = File(name)
    for dtype in TYPES:
        for shape, block in cases:
            move(file, code, options_name, {"blockSize": block}, shape, dtype, [block])
    return file


def space_to_depth():
    return block_file("space_to_depth", OPERATOR.SPACE_TO_DEPTH, "SpaceToDepthOptions",
                      (((1, 4, 6, 3), 2), ((2, 6, 3, 5), 3), ((1, 2, 2, 4), 1), ((1, 8, 4, 1), 4)))


def depth_to_space():
    return block_file("depth_to_space", OPERATOR.DEPTH_TO_SPACE, "DepthToSpaceOptions",
                      (((1, 2, 3, 12), 2), ((2, 2, 1, 18), 3), ((1, 2, 2, 4), 1), ((1, 1, 3, 16), 4)))


def space_to_batch_nd():
    file = File("space_to_batch_nd")
    for dtype in TYPES:
        for shape, block, sides in (((1, 4, 6, 3), (2, 2), (0, 0, 0, 0)), ((2, 5, 4, 2), (3, 2), (1, 0, 1, 1)),
                                    ((1, 4, 4, 5), (2, 3), (2, 2, 1, 1)), ((3, 2, 2, 1), (1, 1), (0, 1, 0, 2))):
            move(file, OPERATOR.SPACE_TO_BATCH_ND, "SpaceToBatchNDOptions", {}, shape, dtype, [*block, *sides],
                 [integers(*block), integers(*sides, shape=(2, 2))])
    return file


def batch_to_space_nd():
    file = File("batch_to_space_nd")
    for dtype in TYPES:
        for shape, block, sides in (((4, 2, 3, 3), (2, 2), (0, 0, 0, 0)), ((12, 2, 3, 2), (3, 2), (1, 0, 1, 1)),
                                    ((6, 4, 2, 5), (2, 3), (2, 2, 1, 1)), ((3, 3, 4, 1), (1, 1), (0, 1, 0, 2))):
            move(file, OPERATOR.BATCH_TO_SPACE_ND, "BatchToSpaceNDOptions", {}, shape, dtype, [*block, *sides],
                 [integers(*block), integers(*sides, shape=(2, 2))])
    return file
