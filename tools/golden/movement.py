"""The frame of operators that move data: one input, constants, and outputs with the input's quantization."""
import numpy as np

from .model import OPERATOR, Tensor, run_all
from .quantization import random_activation

TYPES = ("int8", "uint8", "float32")
# The first versions of the operators in which LiteRT takes all the types and options below.
VERSIONS = {OPERATOR.SLICE: 3, OPERATOR.STRIDED_SLICE: 3, OPERATOR.SPLIT: 3, OPERATOR.SPLIT_V: 2, OPERATOR.UNPACK: 3,
            OPERATOR.PACK: 3, OPERATOR.TRANSPOSE: 3, OPERATOR.GATHER: 5, OPERATOR.MIRROR_PAD: 2,
            OPERATOR.SPACE_TO_DEPTH: 2, OPERATOR.SPACE_TO_BATCH_ND: 2, OPERATOR.BATCH_TO_SPACE_ND: 2,
            OPERATOR.RESIZE_NEAREST_NEIGHBOR: 3, OPERATOR.RESIZE_BILINEAR: 3}


def source_of(file, shape, dtype):
    if dtype == "int32":
        return Tensor(file.rng.integers(-2 ** 31, 2 ** 31, shape).astype(np.int32))
    return random_activation(file.rng, shape, dtype)


def move_all(code, options_name, fields, inputs, outputs):
    """Fill the data of `outputs`."""
    run_all(code, VERSIONS.get(code, 1), options_name, fields, inputs, outputs)


def move(file, code, options_name, fields, shape, dtype, options, constants=(), parts=1, source_last=False):
    """One case with one input and constants; the outputs have the input's quantization."""
    source = source_of(file, shape, dtype)
    outputs = [Tensor(dtype=dtype, scale=source.scale, zero_point=source.zero_point) for _ in range(parts)]
    move_all(code, options_name, fields, [*constants, source] if source_last else [source, *constants], outputs)
    file.add_all([source], outputs, options)
