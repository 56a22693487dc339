"""Functions of one number."""
import numpy as np

from .cases import File
from .model import DEFAULT, OPERATOR, REFERENCE, RELU, RELU6, RELU_N1_TO_1, Tensor, run
from .quantization import QUANTIZED, everything, limits, offset, random_activation, random_numbers


def relu():
    file = File("relu")
    codes = {RELU: OPERATOR.RELU, RELU_N1_TO_1: OPERATOR.RELU_N1_TO_1, RELU6: OPERATOR.RELU6}
    for dtype in ("int8", "uint8", "float32"):
        for activation, code in codes.items():
            for scale, ratio in ((0.05, 1.0), (0.06, 0.5), (0.03, 1.7), (0.05, 0.81), (0.03125, 2.0), (0.03125, 4.0)):
                source = random_activation(file.rng, (1, 5, 5, 7), dtype, scale=scale)
                output = Tensor(dtype=dtype)
                if dtype != "float32":
                    zero_point = source.zero_point if ratio >= 1.0 else limits(dtype)[0] + int(activation == 2) * 99
                    output = Tensor(dtype=dtype, scale=scale * ratio, zero_point=zero_point)
                elif ratio != 1.0:
                    continue
                output.data = run(code, 1 if activation == RELU_N1_TO_1 else 2, None, {}, [source], output)
                file.add([source], output, [activation])
    for activation in (RELU, RELU6):  # LiteRT has the third for 8 bits and float only
        for scale, ratio in ((2e-4, 1.0), (2e-4, 0.7), (3e-4, 1.7), (2.0 ** -12, 2.0), (2.0 ** -12, 4.0)):
            source = random_activation(file.rng, (1, 5, 5, 7), "int16", scale=scale)
            output = Tensor(dtype="int16", scale=scale * ratio)
            output.data = run(codes[activation], 2, None, {}, [source], output)
            file.add([source], output, [activation])
    return file

SCALAR_FUNCTIONS = ["ABS", "ELU", "EXP", "HARD_SWISH", "LEAKY_RELU", "LOG", "LOGISTIC", "NEG", "RSQRT", "SQRT", "SQUARE",
                    "TANH"]
# Input scale and zero point, output scale and zero point; zero points are those of int8.
GENERAL = [(0.05, 3, 0.05, 3), (0.02, -20, 0.033, 11), (0.1, 5, 0.07, -40), (0.0078125, 0, 0.015625, 0),
           (0.5, -128, 0.4, -128), (0.031, 127, 0.021, 100)]
FIXED_LOGISTIC = [(scale, zero_point, 1 / 256, -128) for scale, zero_point in
                  ((0.005, 0), (0.0235, -5), (0.047, 17), (0.1, -128), (0.19, 3), (1.3, 40))]
FIXED_TANH = [(scale, zero_point, 1 / 128, 0) for scale, zero_point in
              ((0.004, 0), (0.0235, -5), (0.047, 17), (0.11, 0), (1.3, 40))]
HARD_SWISH = GENERAL + [(0.0235, -1, 0.0126, -98), (0.0706, 2, 0.0367, -118), (1.5, 0, 0.75, -128), (0.003, 9, 0.001, 2),
                        (0.2, -100, 0.15, -120), (0.3, 0, 60.0, 0)]
POSITIVE = [(0.05, -128, 0.02, -128), (0.5, -100, 0.1, -128), (0.003, -128, 0.01, 0), (0.11, 20, 0.037, -90)]
TYPES = {"ABS": ("int8", "float32", "int32"), "NEG": ("int8", "float32", "int32", "int64"), "SQUARE": ("float32",),
         "ELU": ("int8", "float32"), "EXP": ("int8", "float32"), "LOG": ("int8", "float32"),
         "RSQRT": ("int8", "float32"), "SQRT": ("int8", "float32")}
QUANTIZATIONS = {"LOGISTIC": FIXED_LOGISTIC, "TANH": FIXED_TANH + GENERAL[:3], "HARD_SWISH": HARD_SWISH,
                 "RSQRT": POSITIVE, "SQRT": POSITIVE, "NEG": [(0.05, 0, 0.05, 0)],
                 "EXP": GENERAL[:4] + [(0.05, 0, 2.0, -128), (0.02, 40, 0.03, -120)]}


def scalar_function_case(file, name, source, output, alpha=0.0):
    fields = {"alpha": alpha} if name == "LEAKY_RELU" else {}
    resolver = DEFAULT if name == "ELU" else REFERENCE  # which has no ELU
    options_name = "LeakyReluOptions" if fields else None
    output.data = run(getattr(OPERATOR, name), 1, options_name, fields, [source], output, resolver)
    file.add([source], output, [SCALAR_FUNCTIONS.index(name)], [alpha], degenerate=True)


def scalar_functions():
    file = File("scalar_functions")
    for name in SCALAR_FUNCTIONS:
        alphas = (0.2, -0.5, 1.5) if name == "LEAKY_RELU" else (0.0,)
        for dtype in TYPES.get(name, (*QUANTIZED, "float32")):
            for alpha in alphas:
                if dtype not in QUANTIZED:
                    source = random_numbers(file.rng, (3, 20), dtype)
                    if name in ("LOG", "RSQRT", "SQRT"):
                        source.data = np.abs(source.data) + np.float32(0.01)
                    scalar_function_case(file, name, source, Tensor(dtype=dtype), alpha)
                    continue
                for scale, zero_point, output_scale, output_zero_point in QUANTIZATIONS.get(name, GENERAL):
                    source = everything(dtype, scale, zero_point)
                    if name in ("RSQRT", "SQRT"):  # LiteRT refuses negative numbers
                        source.data = source.data[source.data >= source.zero_point]
                    output = Tensor(dtype=dtype, scale=output_scale, zero_point=output_zero_point + offset(dtype))
                    scalar_function_case(file, name, source, output, alpha)
    return file
