"""TransposeConv."""
import numpy as np

from .cases import File
from .model import NONE, OPERATOR, RELU, RELU6, SAME, VALID, Tensor, run
from .quantization import apply_activation, integers, quantization_for, random_activation
from .weighted import random_bias, random_filter


def transposed_size(extent, kernel, stride, padding):
    return extent * stride + (max(kernel - stride, 0) if padding == VALID else 0)


def run_transposed(source, filter, bias, fields, size, output):
    shape = integers(source.data.shape[0], *size, filter.data.shape[0])
    inputs = [shape, filter, source] + ([] if bias is None else [bias])
    run(OPERATOR.TRANSPOSE_CONV, 4, "TransposeConvOptions", fields, inputs, output)


def transposed_case(file, dtype, per_channel, shape, units, kernel, stride, padding, activation=NONE, size=None,
                    flavour="plain"):
    """One transposed convolution, its output spread over the type."""
    rng = file.rng
    size = size or [transposed_size(*n, padding) for n in zip(shape[1:3], kernel, stride)]
    fields = {"strideH": stride[0], "strideW": stride[1], "padding": padding, "fusedActivationFunction": activation}
    plain = fields | {"fusedActivationFunction": NONE}
    source = random_activation(rng, shape, dtype)
    filter_shape = (units, *kernel, shape[3])
    if dtype == "float32":
        filter = Tensor((rng.standard_normal(filter_shape) / 3).astype(np.float32), constant=True)
        bias = None if flavour == "no_bias" else Tensor(rng.standard_normal(units).astype(np.float32), constant=True)
        output = Tensor(dtype=dtype)
    else:
        filter = random_filter(rng, filter_shape, dtype, 0, per_channel, 127, flavour)
        exact = Tensor(dtype="float32")
        run_transposed(Tensor((source.data.astype(np.float32) - source.zero_point)),
                       Tensor(filter.data.astype(np.float32) - np.float32(filter.zero_point), constant=True), None,
                       plain, size, exact)
        deviation = max(float(exact.data.std()), 1.0)
        bias = random_bias(rng, units, deviation, dtype, flavour)
        filter.scale = (filter.scale * 3.0 / (deviation * float(source.scale[0]))).astype(np.float32)
        real = (exact.data + (0 if bias is None else bias.data)) * (source.scale * filter.scale)
        scale, zero_point = quantization_for(apply_activation(real, activation), dtype, rng.uniform(0.7, 1.0))
        if bias is not None:
            bias.scale = (source.scale * filter.scale).astype(np.float32)
        output = Tensor(dtype=dtype, scale=scale, zero_point=zero_point)
        file.note_multiplier(source.scale.astype(np.float64) * filter.scale / output.scale)
    run_transposed(source, filter, bias, fields, size, output)
    file.add([source], output, [*stride, padding, activation, *size], filter=filter, bias=bias)


def transpose_conv():
    file = File("transpose_conv")
    for dtype, per_channel in (("int8", True), ("int8", False), ("uint8", False), ("float32", False)):
        def case(*arguments, **named):
            transposed_case(file, dtype, per_channel, *arguments, **named)
        case((1, 4, 5, 3), 8, (2, 2), (2, 2), SAME)
        case((1, 4, 5, 8), 5, (3, 3), (2, 2), SAME, activation=RELU)
        case((1, 3, 4, 5), 3, (4, 4), (2, 2), SAME, activation=RELU6)
        case((2, 3, 3, 4), 6, (3, 3), (2, 2), VALID)
        case((1, 4, 3, 7), 2, (3, 2), (1, 2), VALID, flavour="no_bias")
        case((1, 5, 5, 3), 4, (3, 3), (1, 1), SAME, flavour="large_bias")
        case((1, 3, 3, 5), 4, (2, 2), (3, 3), VALID)
        case((1, 3, 4, 5), 4, (3, 3), (2, 2), SAME, size=(5, 7))
        case((1, 3, 3, 4), 4, (3, 3), (2, 2), VALID, size=(8, 7), flavour="no_bias")
        case((1, 2, 3, 9), 7, (5, 5), (2, 2), SAME)
    return file
