"""Quantize, Dequantize and Cast."""
import numpy as np

from .cases import File
from .model import OPERATOR, Tensor, run
from .quantization import limits


def quantize_case(file, source, dtype, scale, zero_point, degenerate=False):
    output = Tensor(dtype=dtype, scale=scale, zero_point=zero_point)
    output.data = run(OPERATOR.QUANTIZE, 2, "QuantizeOptions", {}, [source], output)
    file.add([source], output, degenerate=degenerate)


def quantize():
    file = File("quantize")
    rng = file.rng
    everything = {"int8": np.arange(-128, 128, dtype=np.int8).reshape(1, 16, 16, 1),
                  "uint8": np.arange(256).astype(np.uint8).reshape(1, 16, 16, 1)}
    for dtype in ("int8", "uint8"):
        offset = 128 if dtype == "uint8" else 0
        for scale, zero_point in ((0.0235, 3), (1 / 255, -128), (0.1, 20), (0.0471, -77)):
            real = rng.normal(scale * -zero_point, scale * 80, (1, 6, 7, 5)).astype(np.float32)
            quantize_case(file, Tensor(real), dtype, scale, zero_point + offset)
        for scale in (1.0, 0.5, 0.0078125):  # exact halves, on both sides of zero and out of range
            halves = (np.arange(-140, 140) + 0.5) * scale
            quantize_case(file, Tensor(halves.astype(np.float32).reshape(1, 14, 20, 1)), dtype, scale, 3 + offset)
            quarters = np.arange(-60, 60) * 0.25 * scale
            quantize_case(file, Tensor(quarters.astype(np.float32).reshape(1, 120)), dtype, scale, offset - 5)
    for source_type, dtype in (("int8", "int8"), ("int8", "uint8"), ("uint8", "int8"), ("uint8", "uint8")):
        source_offset, offset = (128 if t == "uint8" else 0 for t in (source_type, dtype))
        for source_scale, zero_point, scale, output_zero_point in (
                (0.05, 0, 0.05, 0), (0.05, 7, 0.04, -9), (0.0235, -128, 0.0471, -128), (0.02, 10, 0.061, -3),
                (0.1, -5, 0.05, 11), (0.0125, 3, 0.0125, 1), (0.03, -4, 0.0041, 2), (0.5, 1, 1.0, -1)):
            source = Tensor(everything[source_type], scale=source_scale, zero_point=zero_point + source_offset)
            quantize_case(file, source, dtype, scale, output_zero_point + offset)
    wide = np.concatenate([rng.integers(-32768, 32768, 250), [-32768, 32767, 0, 1, -1, 255]]).astype(np.int16)
    for scale in (1e-4, 2.0 ** -12):
        real = np.concatenate([rng.normal(0, scale * 20000, 200), (np.arange(-20, 20) + 0.5) * scale])
        quantize_case(file, Tensor(real.astype(np.float32)), "int16", scale, 0)
    for dtype, zero_point in (("int16", 0), ("int8", 0), ("int8", -128), ("int8", 5)):
        for source_scale, scale in ((1e-4, 1.1e-4), (2e-4, 1e-4), (2.0 ** -12, 2.0 ** -11), (3e-4, 0.04), (2.0 ** -13, 2.0 ** -5)):
            quantize_case(file, Tensor(wide, scale=source_scale), dtype, scale, zero_point, degenerate=True)
    for zero_point in (0, -128, 7):
        for source_scale, scale in ((0.04, 3e-4), (0.1, 1e-3), (2.0 ** -5, 2.0 ** -12)):
            quantize_case(file, Tensor(everything["int8"], scale=source_scale, zero_point=zero_point), "int16", scale, 0)
    return file


def dequantize():
    file = File("dequantize")
    for dtype in ("int8", "uint8"):
        low, high = limits(dtype)
        for scale, zero_point in ((0.0235, low + 131), (1 / 256, low), (0.1, high), (1.0, low + 128), (3e-5, low + 60)):
            source = Tensor(np.arange(low, high + 1).astype(dtype).reshape(1, 16, 4, 4), scale=scale,
                            zero_point=zero_point)
            output = Tensor(dtype="float32")
            output.data = run(OPERATOR.DEQUANTIZE, 2, "DequantizeOptions", {}, [source], output)
            file.add([source], output)
    for scale in (1e-4, 0.03, 2.0 ** -12):
        source = Tensor(np.arange(-32768, 32768, 97).astype(np.int16), scale=scale)
        output = Tensor(dtype="float32")
        output.data = run(OPERATOR.DEQUANTIZE, 3, "DequantizeOptions", {}, [source], output)
        file.add([source], output)
    return file


def cast_case(file, source, dtype):
    output = Tensor(dtype=dtype)
    output.data = run(OPERATOR.CAST, 1, "CastOptions", {}, [source], output)
    file.add([source], output, degenerate=True)


def cast():
    file = File("cast")
    values = {
        "float32": [-1e20, -3e9, -300.7, -128.5, -1.5, -0.5, 0.0, 0.5, 1.5, 127.9, 200, 255.9, 300, 2147483520, 2147483648,
                    3e9, 1e20, np.inf, -np.inf, np.nan],
        "int8": np.arange(-128, 128, 5), "uint8": np.arange(0, 256, 5),
        "int32": [-2**31, -70000, -300, -129, -1, 0, 1, 128, 256, 300, 70000, 16777217, 2**31 - 1],
        "int64": [-2**63, -2**31 - 1, -300, -1, 0, 1, 300, 2**32 + 5, 2**53 + 1, 2**63 - 1],
        "bool": [True, False, True]}
    for source, numbers in values.items():
        for dtype in values:
            if dtype != source:
                cast_case(file, Tensor(np.array(numbers).astype(source)), dtype)
    return file
