"""Softmax and L2Normalization."""
import numpy as np

from .cases import File
from .model import NONE, OPERATOR, Tensor, run
from .quantization import QUANTIZED, limits, offset, random_activation


def softmax_case(file, dtype, shape, beta, scale=None, constant=None):
    source = random_activation(file.rng, shape, dtype, scale=scale)
    if constant is not None:
        source.data = np.full(shape, constant, dtype)
    output = Tensor(dtype=dtype)
    if dtype != "float32":
        wide = dtype == "int16"
        output = Tensor(dtype=dtype, scale=1 / 32768 if wide else 1 / 256, zero_point=0 if wide else limits(dtype)[0])
    output.data = run(OPERATOR.SOFTMAX, 2, "SoftmaxOptions", {"beta": beta}, [source], output)
    file.add([source], output, options_float=[beta], degenerate=True)


def softmax_hard_case(file, dtype, scale):
    """Only rows where LiteRT's fixed point differs from the correctly rounded result."""
    source = random_activation(file.rng, (40000, 4), dtype, scale=scale)
    output = Tensor(dtype=dtype, scale=1 / 256, zero_point=limits(dtype)[0])
    result = run(OPERATOR.SOFTMAX, 2, "SoftmaxOptions", {"beta": 1.0}, [source], output)
    power = np.exp(source.data * float(source.scale[0]))
    exact = np.rint(power / power.sum(1, keepdims=True) * 256) + output.zero_point
    hard = np.flatnonzero((np.clip(exact, *limits(dtype)) != result).any(1))[:16]
    assert hard.size >= 4, "too few rows differ"
    source.data, output.data = source.data[hard], result[hard]
    file.add([source], output, options_float=[1.0])


def softmax_tables_case(file):
    """Rows that reach the two numbers of 16-bit tables which single precision would make others."""
    differences = np.concatenate([np.arange(3600, 3640), np.arange(7640, 7660)])
    rows = np.stack([np.full(differences.size, 16000), 16000 - differences], 1)
    source = Tensor(rows.astype(np.int16), scale=10 / 65535)
    output = Tensor(dtype="int16", scale=1 / 32768)
    output.data = run(OPERATOR.SOFTMAX, 2, "SoftmaxOptions", {"beta": 1.0}, [source], output)
    file.add([source], output, options_float=[1.0])


def softmax():
    file = File("softmax")
    for dtype in ("int8", "uint8", "float32"):
        for shape in ((3, 1), (9, 2), (6, 10), (2, 1001), (1, 2, 3, 5), (1, 17)):
            softmax_case(file, dtype, shape, 1.0)
        softmax_case(file, dtype, (6, 10), 0.5)
        softmax_case(file, dtype, (6, 10), 2.0)
        if dtype != "float32":
            for scale in (0.001, 0.1, 0.2, 0.7, 3.0):
                softmax_case(file, dtype, (5, 10), 1.0, scale=scale)
            softmax_case(file, dtype, (2, 1001), 1.0, scale=0.11)
            softmax_case(file, dtype, (2, 10), 1.0, constant=limits(dtype)[1])
            for scale, shape in ((0.015, (64, 2)), (0.02, (40, 5)), (0.05, (40, 3))):
                softmax_case(file, dtype, shape, 1.0, scale=scale)
            for scale in (0.0196, 0.043):
                softmax_hard_case(file, dtype, scale)
            # LiteRT aborts where the sum of exp(x - max) reaches 512, so this is the flattest long row that it takes.
            softmax_case(file, dtype, (1, 511), 1.0, constant=limits(dtype)[0])
    for shape in ((3, 1), (9, 2), (6, 10), (2, 1001), (1, 2, 3, 5)):
        for beta in (1.0, 0.5):
            softmax_case(file, "int16", shape, beta)
    for scale in (1e-6, 1e-5, 3e-4, 0.002, 0.1, 2.0 ** -11):
        softmax_case(file, "int16", (8, 12), 1.0, scale=scale)
    softmax_tables_case(file)
    for constant in limits("int16"):
        softmax_case(file, "int16", (1, 700), 1.0, constant=constant)
    return file


def l2_normalization_case(file, dtype, shape, amplitude=None, zero=False):
    source = random_activation(file.rng, shape, dtype, amplitude=amplitude)
    if zero:
        source.data[...] = source.zero_point
    output = Tensor(dtype=dtype)
    if dtype in QUANTIZED:
        output = Tensor(dtype=dtype, scale=1 / 128, zero_point=offset(dtype))
    options = {"fusedActivationFunction": NONE}
    output.data = run(OPERATOR.L2_NORMALIZATION, 2 if dtype == "int8" else 1, "L2NormOptions", options, [source], output)
    file.add([source], output, degenerate=True)


def l2_normalization():
    file = File("l2_normalization")
    for dtype in (*QUANTIZED, "float32"):
        for shape, amplitude in (((1, 4, 5, 6), None), ((7, 3), None), ((30, 2), 1), ((30, 3), 3), ((4, 128), None),
                                 ((2, 1000), None), ((20, 1), None), ((16,), 10)):
            l2_normalization_case(file, dtype, shape, amplitude)
        if dtype in QUANTIZED:
            l2_normalization_case(file, dtype, (2, 4), zero=True)
    return file
