"""Functions of two numbers, which may be broadcast."""
import numpy as np

from .cases import File, redraw
from .model import NONE, OPERATOR, RELU, RELU6, RELU_N1_TO_1, Tensor, run
from .quantization import (QUANTIZED, WIDE, apply_activation, limits, offset, quantization_for, random_activation,
                           random_numbers)


@redraw
def add_case(file, dtype, shapes, activation, scales=None, tightness=1.0, output_scale=None):
    """One addition; `scales` of the two inputs and `output_scale` where they matter."""
    rng = file.rng
    scales = scales or rng.uniform(0.01, 0.06, 2)
    inputs = [random_activation(rng, shape, dtype, scale=s) for shape, s in zip(shapes, scales)]
    output = Tensor(dtype=dtype)
    if dtype != "float32":
        real = apply_activation(inputs[0].real() + inputs[1].real(), activation)
        scale, zero_point = quantization_for(real, dtype, tightness)
        output = Tensor(dtype=dtype, scale=output_scale or scale, zero_point=zero_point)
    fields = {"fusedActivationFunction": activation, "potScaleInt16": False}
    output.data = run(OPERATOR.ADD, 2, "AddOptions", fields, inputs, output)
    file.add(inputs, output, [activation])


def add():
    file = File("add")
    full, row = (1, 5, 6, 7), (1, 1, 1, 7)
    for dtype in ("int8", "uint8", "float32"):
        for shape in ((1, 3, 5, 16), (2, 3, 3, 5), (1, 1, 1, 33), (17,), (1, 4, 4, 15)):
            add_case(file, dtype, (shape, shape), NONE)
        for activation in (RELU, RELU_N1_TO_1, RELU6):
            add_case(file, dtype, (full, full), activation, tightness=0.9)
        add_case(file, dtype, (full, row), NONE)
        add_case(file, dtype, (row, full), RELU)
        add_case(file, dtype, (full, (1,)), NONE)
        add_case(file, dtype, (full, ()), NONE)
        add_case(file, dtype, ((2, 4, 1, 3), (1, 1, 5, 3)), NONE)
        if dtype != "float32":
            for scales in ((0.02, 0.02), (0.5, 0.004), (0.004, 0.5), (0.03125, 0.0625), (7.3, 5.1), (1e-4, 3e-4)):
                add_case(file, dtype, (full, full), NONE, scales=scales)
            add_case(file, dtype, (full, full), NONE, tightness=0.4)
            for scale in (0.0625, 0.125):  # ties
                add_case(file, dtype, (full, full), NONE, scales=(0.03125, 0.03125), output_scale=scale)
                add_case(file, dtype, (full, full), NONE, scales=(0.0625, 0.03125), output_scale=scale)
    for shapes in ((full, full), (full, row), (full, (1,)), ((17,), (17,))):
        add_case(file, WIDE, shapes, NONE)
    for activation in (RELU, RELU_N1_TO_1, RELU6):
        add_case(file, WIDE, (full, full), activation, scales=(2e-4, 1e-4), tightness=0.9)
    for scales in ((2e-4, 2e-4), (5e-3, 4e-5), (4e-5, 5e-3), (7.3, 5.1)):
        add_case(file, WIDE, (full, full), NONE, scales=scales)
    add_case(file, WIDE, (full, full), NONE, tightness=0.4)
    for scale in (2.0 ** -11, 2.0 ** -12):  # powers of two, whose halves are ties
        add_case(file, WIDE, (full, full), NONE, scales=(2.0 ** -13, 2.0 ** -13), output_scale=scale)
        add_case(file, WIDE, (full, full), NONE, scales=(2.0 ** -12, 2.0 ** -14), output_scale=scale)
    return file

PAIR_FUNCTIONS = ["SUB", "MUL", "DIV", "MINIMUM", "MAXIMUM"]


def real_result(name, first, second):
    first, second = first.real().astype(np.float64), second.real().astype(np.float64)
    if name == "DIV":
        return first / np.where(np.abs(second) < 0.3, 0.3, second)
    return {"SUB": np.subtract, "MUL": np.multiply}[name](first, second)


def avoid_undefined_quotients(first, second, output):
    """LiteRT divides with a shift that is undefined beyond 31 bits, for small dividends and large divisors: those
    dividends become larger."""
    dividend, divisor = (np.abs(t.data.astype(int) - t.zero_point) for t in (first, second))
    shift = np.frexp(float(first.scale[0] / (second.scale[0] * output.scale[0])))[1]
    right = np.frexp(divisor.max())[1] + 31 - np.frexp(np.maximum(dividend, 1))[1] - shift
    low, high = limits(first.dtype)
    farthest = high if first.zero_point < (low + high) / 2 else low
    first.data[right > 31] = farthest


@redraw
def pair_case(file, name, dtype, shapes, activation=NONE, scales=(0.05, 0.03), tightness=1.0, output_scale=None):
    rng = file.rng
    if dtype in QUANTIZED:
        first, second = (random_activation(rng, shape, dtype, scale=scale) for shape, scale in zip(shapes, scales))
        if name in ("MINIMUM", "MAXIMUM"):
            second.scale, second.zero_point = first.scale, first.zero_point
            output = Tensor(dtype=dtype, scale=first.scale, zero_point=first.zero_point)
        else:
            if name == "DIV":  # LiteRT refuses to divide by zero
                second.data[second.data == second.zero_point] += 1
            real = apply_activation(real_result(name, first, second), activation)
            scale, zero_point = quantization_for(real, dtype, tightness)
            output = Tensor(dtype=dtype, scale=output_scale or scale, zero_point=zero_point)
            if name == "DIV":
                avoid_undefined_quotients(first, second, output)
    else:
        first, second = (random_numbers(rng, shape, dtype) for shape in shapes)
        if name == "DIV":
            second.data[second.data == 0] = 1
        output = Tensor(dtype=dtype)
    extreme = name in ("MINIMUM", "MAXIMUM")
    options = "MaximumMinimumOptions" if extreme else name.capitalize() + "Options"
    fields = {} if extreme else {"fusedActivationFunction": activation}
    code_version = 1 if dtype not in QUANTIZED else 2
    output.data = run(getattr(OPERATOR, name), code_version, options, fields, [first, second], output)
    file.add([first, second], output, [PAIR_FUNCTIONS.index(name), activation], degenerate=dtype not in QUANTIZED)


def pair_functions():
    file = File("pair_functions")
    full, row = (1, 3, 4, 6), (6,)
    for name in PAIR_FUNCTIONS:
        for dtype in (*QUANTIZED, "float32", "int32", *(("int64",) if name != "DIV" else ())):
            pair_case(file, name, dtype, (full, full))
            pair_case(file, name, dtype, ((2, 4, 1, 3), (5, 1)))
            if dtype in (*QUANTIZED, "float32"):
                pair_case(file, name, dtype, (full, row))
                pair_case(file, name, dtype, ((1, 1, 1, 6), full))
                pair_case(file, name, dtype, (full, ()))
            if name in ("MINIMUM", "MAXIMUM"):
                continue
            for activation in (RELU_N1_TO_1, RELU6) if dtype in (*QUANTIZED, "float32") else (RELU,):
                pair_case(file, name, dtype, (full, full), activation, scales=(0.03, 0.02), tightness=0.7)
            if dtype in QUANTIZED:
                for scales in ((0.02, 0.02), (0.5, 0.004), (0.004, 0.5), (0.03125, 0.0625), (7.3, 5.1), (1e-4, 3e-4)):
                    pair_case(file, name, dtype, (full, full), scales=scales)
                pair_case(file, name, dtype, (full, full), tightness=0.4)
                for scale in (0.0625, 0.125):  # ties
                    pair_case(file, name, dtype, (full, full), scales=(0.03125, 0.03125), output_scale=scale)
    return file


@redraw
def prelu_case(file, dtype, shape, slopes, scales=(0.05, 0.01, 0.04)):
    rng = file.rng
    if dtype in QUANTIZED:
        source, alpha = (random_activation(rng, s, dtype, scale=scale) for s, scale in zip((shape, slopes), scales))
        output = Tensor(dtype=dtype, scale=scales[2], zero_point=int(rng.integers(-60, 60)) + offset(dtype))
    else:
        source, alpha, output = random_numbers(rng, shape, dtype), random_numbers(rng, slopes, dtype), Tensor(dtype=dtype)
    output.data = run(OPERATOR.PRELU, 1, None, {}, [source, alpha], output)
    file.add([source, alpha], output)


def prelu():
    file = File("prelu")
    for dtype in (*QUANTIZED, "float32"):
        for shape, slopes in (((1, 4, 5, 6), (1, 1, 6)), ((1, 4, 5, 6), (6,)), ((2, 3, 4, 5), (2, 3, 4, 5)),
                              ((2, 3, 4, 5), (3, 1, 1)), ((1, 17), (1,))):
            prelu_case(file, dtype, shape, slopes)
        if dtype in QUANTIZED:
            for scales in ((0.02, 0.02, 0.02), (0.5, 0.004, 0.2), (0.03125, 0.0625, 0.0625), (0.03, 0.1, 0.02)):
                prelu_case(file, dtype, (1, 4, 5, 6), (6,), scales)
    return file
