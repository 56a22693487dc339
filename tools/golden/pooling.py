"""AveragePool2D and MaxPool2D."""
import numpy as np

from .cases import File, redraw
from .model import NONE, OPERATOR, RELU, RELU6, RELU_N1_TO_1, SAME, VALID, Tensor, run
from .quantization import lift, random_activation


@redraw
def pool_case(file, code, dtype, shape, kernel, stride, padding, activation):
    """One pooling; LiteRT wants the same quantization on both sides."""
    source = random_activation(file.rng, shape, dtype)
    if dtype != "float32" and min(kernel) > 2:
        lift(file.rng, source, (1, 1, 1, shape[3]))
    if dtype == "float32" and activation == RELU_N1_TO_1:
        source.data = source.data * np.float32(0.3) - file.rng.uniform(0, 1.2, (1, 1, 1, shape[3])).astype(np.float32)
    output = Tensor(dtype=dtype, scale=source.scale, zero_point=source.zero_point)
    fields = {"filterHeight": kernel[0], "filterWidth": kernel[1], "strideH": stride[0], "strideW": stride[1],
              "padding": padding, "fusedActivationFunction": activation}
    output.data = run(code, 2, "Pool2DOptions", fields, [source], output)
    file.add([source], output, [*kernel, *stride, padding, activation])


def pool_file(name, code):
    file = File(name)
    for dtype in ("int8", "uint8", "float32", "int16"):
        pool_case(file, code, dtype, (1, 6, 6, 3), (2, 2), (2, 2), VALID, NONE)
        pool_case(file, code, dtype, (1, 7, 7, 5), (2, 2), (2, 2), SAME, NONE)
        pool_case(file, code, dtype, (1, 7, 9, 16), (3, 3), (2, 2), SAME, NONE)
        pool_case(file, code, dtype, (2, 6, 5, 17), (3, 3), (1, 1), SAME, RELU)
        pool_case(file, code, dtype, (1, 7, 7, 33), (7, 7), (1, 1), VALID, NONE)
        pool_case(file, code, dtype, (1, 6, 8, 1), (3, 2), (1, 2), VALID, RELU6)
        pool_case(file, code, dtype, (1, 6, 8, 15), (1, 1), (2, 2), VALID, NONE)
        pool_case(file, code, dtype, (1, 5, 5, 9), (5, 4), (3, 3), SAME, RELU_N1_TO_1)
        pool_case(file, code, dtype, (1, 25, 5, 8), (25, 5), (1, 1), VALID, NONE)
        pool_case(file, code, dtype, (1, 3, 3, 16), (5, 5), (1, 1), SAME, NONE)
    return file


def average_pool2d():
    return pool_file("average_pool2d", OPERATOR.AVERAGE_POOL_2D)


def max_pool2d():
    return pool_file("max_pool2d", OPERATOR.MAX_POOL_2D)
