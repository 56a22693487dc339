#!/usr/bin/env python3
"""Write golden results of functions of elements, comparisons, reductions and matrices: tests/golden/FAMILY.safetensors.

In the manner of make_golden.py, whose keys and helpers these files share. One file per family of operators:

    venv/bin/python tools/make_golden_more.py [--out tests/golden] [FAMILY ...]

Order of the options (kinds are numbered as in the C++ headers):

    scalar_functions  kind; options_float: alpha of LEAKY_RELU, otherwise 0
    pair_functions    kind, activation
    prelu             none; input_1 holds the slopes
    comparison        relation; the output is BOOL
    logical           kind (0 and, 1 or, 2 not); inputs and output are BOOL
    reduce            kind, keep_dims, axis...
    arg_min_max       kind (0 ARG_MAX, 1 ARG_MIN), axis; the output is I32 or I64
    l2_normalization  none
    batch_matmul      transpose_first, transpose_second
    cast              none
"""
import argparse
import pathlib
from importlib.metadata import version

import numpy as np

import make_golden as golden
from make_golden import NONE, OPERATOR, RELU, RELU6, RELU_N1_TO_1, File, Tensor, limits, random_activation, run

golden.TENSOR_TYPES.update({"int64": golden.schema.TensorType.INT64, "bool": golden.schema.TensorType.BOOL})

REFERENCE = golden.OpResolverType.BUILTIN_REF
DEFAULT = golden.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
QUANTIZED = ("int8", "uint8")
SCALAR_FUNCTIONS = ["ABS", "ELU", "EXP", "HARD_SWISH", "LEAKY_RELU", "LOG", "LOGISTIC", "NEG", "RSQRT", "SQRT", "SQUARE",
                    "TANH"]
PAIR_FUNCTIONS = ["SUB", "MUL", "DIV", "MINIMUM", "MAXIMUM"]
RELATIONS = ["EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"]
REDUCTIONS = ["SUM", "REDUCE_MAX", "REDUCE_MIN"]


def random_numbers(rng, shape, dtype):
    """Values of a type that is not quantized."""
    if dtype == "float32":
        return Tensor((rng.standard_normal(shape) * 2).astype(np.float32))
    if dtype == "bool":
        return Tensor(rng.random(shape) < 0.5)
    return Tensor(rng.integers(-1000, 1000, shape).astype(dtype))


def offset(dtype):
    """What brings a zero point of int8 to another type."""
    return 128 if dtype == "uint8" else 0


def everything(dtype, scale, zero_point):
    """All 256 numbers of a quantized type; the zero point is that of int8."""
    low, high = limits(dtype)
    return Tensor(np.arange(low, high + 1).astype(dtype), scale=scale, zero_point=zero_point + offset(dtype))


# --- functions of one number ----------------------------------------------------------------------------------------

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


# --- functions of two numbers ---------------------------------------------------------------------------------------


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


@golden.redraw
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
            real = golden.apply_activation(real_result(name, first, second), activation)
            scale, zero_point = golden.quantization_for(real, dtype, tightness)
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


@golden.redraw
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


# --- comparisons and logic ------------------------------------------------------------------------------------------


def comparison_case(file, name, dtype, shapes, scales=(0.05, 0.05)):
    rng = file.rng
    if dtype in QUANTIZED:
        first, second = (random_activation(rng, shape, dtype, scale=scale) for shape, scale in zip(shapes, scales))
    else:
        first, second = (random_numbers(rng, shape, dtype) for shape in shapes)
    # Half of the elements nearly equal: small differences decide.
    if first.data.shape == second.data.shape and dtype != "bool":
        near = first.data
        if dtype in QUANTIZED:
            near = np.clip(np.rint(first.real() / scales[1]) + second.zero_point, *limits(dtype))
        second.data = np.where(rng.random(shapes[0]) < 0.5, near.astype(dtype), second.data)
    output = Tensor(dtype="bool")
    options = "".join(word.capitalize() for word in name.split("_")) + "Options"
    output.data = run(getattr(OPERATOR, name), 2 if dtype in QUANTIZED else 1, options, {}, [first, second], output)
    file.add([first, second], output, [RELATIONS.index(name)], degenerate=True)


def comparison():
    file = File("comparison")
    full = (1, 3, 5, 4)
    for name in RELATIONS:
        boolean = ("bool",) if "EQUAL" in name and "_EQUAL" not in name.replace("NOT_", "") else ()
        for dtype in (*QUANTIZED, "float32", "int32", "int64", *boolean):
            comparison_case(file, name, dtype, (full, full))
            comparison_case(file, name, dtype, (full, (4,)))
            if dtype in QUANTIZED:  # LiteRT aborts with scales from 1 on
                for scales in ((0.05, 0.031), (0.5, 0.004), (0.0003, 0.0002)):
                    comparison_case(file, name, dtype, (full, full), scales)
    return file


def logical_case(file, kind, shapes):
    inputs = [random_numbers(file.rng, shape, "bool") for shape in shapes]
    output = Tensor(dtype="bool")
    name = ("LogicalAnd", "LogicalOr", "LogicalNot")[kind]
    code = (OPERATOR.LOGICAL_AND, OPERATOR.LOGICAL_OR, OPERATOR.LOGICAL_NOT)[kind]
    output.data = run(code, 1, name + "Options", {}, inputs, output)
    file.add(inputs, output, [kind], degenerate=True)


def logical():
    file = File("logical")
    for kind in (0, 1):
        for shapes in (((2, 3, 5), (2, 3, 5)), ((2, 3, 5), (5,)), ((4, 1), (1, 6)), ((7,), ())):
            logical_case(file, kind, shapes)
    logical_case(file, 2, ((3, 7),))
    return file


# --- reductions -----------------------------------------------------------------------------------------------------


def moved_to_uint8(tensor):
    """The same real numbers in uint8."""
    return Tensor((tensor.data.astype(int) + 128).astype(np.uint8), scale=tensor.scale, zero_point=tensor.zero_point + 128)


@golden.redraw
def reduce_case(file, name, dtype, shape, axes, keep, tightness=1.0):
    rng = file.rng
    if dtype in QUANTIZED:
        source = random_activation(rng, shape, dtype)
        scale, zero_point = source.scale, source.zero_point
        if name == "SUM":
            reduced = [axis % len(shape) for axis in axes]
            golden.lift(rng, source, [1 if i in reduced else extent for i, extent in enumerate(shape)])
            scale, zero_point = golden.quantization_for(source.real().sum(tuple(axes)), dtype, tightness)
        output = Tensor(dtype=dtype, scale=scale, zero_point=zero_point)
    else:
        source, output = random_numbers(rng, shape, dtype), Tensor(dtype=dtype)
        if dtype == "float32" and name == "SUM":
            source.data = np.abs(source.data)  # so that nothing cancels out
    axis = Tensor(np.array(axes, np.int32), constant=True)
    code_version = 2 if dtype in QUANTIZED else 1
    if (name, dtype) == ("SUM", "int8"):  # the reference kernel reads and writes uint8 here: move everything there
        moved, moved_output = moved_to_uint8(source), Tensor(dtype="uint8", scale=scale, zero_point=zero_point + 128)
        result = run(OPERATOR.SUM, 2, "ReducerOptions", {"keepDims": keep}, [moved, axis], moved_output)
        output.data = (result.astype(int) - 128).astype(np.int8)
    else:
        output.data = run(getattr(OPERATOR, name), code_version, "ReducerOptions", {"keepDims": keep}, [source, axis],
                          output)
    file.add([source], output, [REDUCTIONS.index(name), int(keep), *axes], degenerate=name != "SUM" or dtype == "int64")


def reduce():
    file = File("reduce")
    for name in REDUCTIONS:
        for dtype in (*QUANTIZED, "float32", "int32", "int64"):
            reduce_case(file, name, dtype, (1, 4, 4, 6), (1, 2), False)
            reduce_case(file, name, dtype, (2, 3, 4, 5), (-1,), True)
            reduce_case(file, name, dtype, (3, 5, 4, 2), (0, 2), True)
            if dtype in (*QUANTIZED, "float32"):
                reduce_case(file, name, dtype, (2, 5, 3, 7), (1, 2), True)
                reduce_case(file, name, dtype, (6, 11), (1,), False)
                reduce_case(file, name, dtype, (2, 3, 4), (2, 0, 1), False)
            if name == "SUM" and dtype in QUANTIZED:
                reduce_case(file, name, dtype, (1, 6, 5, 16), (1, 2), False, tightness=0.4)
                reduce_case(file, name, dtype, (1, 9, 8, 3), (1, 2), False, tightness=3.0)
    return file


def arg_case(file, name, dtype, shape, axis, index):
    rng = file.rng
    if dtype in QUANTIZED:
        source = random_activation(rng, shape, dtype, amplitude=20)  # several are equal
    else:
        source = random_numbers(rng, shape, dtype)
    if dtype == "int32":
        source.data = source.data // 200
    output = Tensor(dtype=index)
    fields = {"outputType": golden.TENSOR_TYPES[index]}
    options = "ArgMaxOptions" if name == "ARG_MAX" else "ArgMinOptions"
    inputs = [source, Tensor(np.array([axis], np.int32), constant=True)]
    output.data = run(getattr(OPERATOR, name), 1, options, fields, inputs, output)
    file.add([source], output, [int(name == "ARG_MIN"), axis], degenerate=True)


def arg_min_max():
    file = File("arg_min_max")
    for name in ("ARG_MAX", "ARG_MIN"):
        for dtype in (*QUANTIZED, "float32", "int32", "bool"):
            for shape, axis, index in (((1, 40), -1, "int32"), ((2, 3, 4, 5), 1, "int64"), ((2, 3, 4, 5), 3, "int32"),
                                       ((9, 2), 0, "int64")):
                arg_case(file, name, dtype, shape, axis, index)
    return file


# --- vectors and matrices -------------------------------------------------------------------------------------------


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


@golden.redraw
def batch_matmul_case(file, dtype, first, second, transposed, tightness=1.0):
    """`first` and `second` are the shapes as stored."""
    rng = file.rng
    a, b = (random_activation(rng, shape, dtype) for shape in (first, second))
    output = Tensor(dtype=dtype)
    if dtype in QUANTIZED:
        x, y = (np.swapaxes(t.real(), -1, -2) if swap else t.real() for t, swap in zip((a, b), transposed))
        scale, zero_point = golden.quantization_for(x @ y, dtype, tightness)
        output = Tensor(dtype=dtype, scale=scale, zero_point=zero_point)
    fields = {"adjX": bool(transposed[0]), "adjY": bool(transposed[1])}
    output.data = run(OPERATOR.BATCH_MATMUL, 2, "BatchMatMulOptions", fields, [a, b], output)
    file.add([a, b], output, [int(t) for t in transposed])


def batch_matmul():
    file = File("batch_matmul")
    for dtype in ("int8", "float32"):
        batch_matmul_case(file, dtype, (4, 5), (5, 6), (0, 0))
        batch_matmul_case(file, dtype, (1, 17), (17, 9), (0, 0))
        batch_matmul_case(file, dtype, (2, 3, 5), (2, 5, 4), (0, 0))
        batch_matmul_case(file, dtype, (2, 3, 5), (2, 4, 5), (0, 1))
        batch_matmul_case(file, dtype, (2, 5, 3), (2, 5, 4), (1, 0))
        batch_matmul_case(file, dtype, (2, 5, 3), (2, 4, 5), (1, 1))
        batch_matmul_case(file, dtype, (2, 1, 3, 7), (1, 4, 7, 2), (0, 0))
        batch_matmul_case(file, dtype, (3, 2, 8), (8, 3), (0, 0))
        batch_matmul_case(file, dtype, (1, 2, 64), (1, 3, 64), (0, 1), tightness=0.5)
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


FAMILIES = [scalar_functions, pair_functions, prelu, comparison, logical, reduce, arg_min_max, l2_normalization,
            batch_matmul, cast]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", metavar="FAMILY")
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    print(f"ai-edge-litert {version('ai-edge-litert')}, numpy {version('numpy')}")
    total = sum(make().save(args.out) for make in FAMILIES if not args.families or make.__name__ in args.families)
    print(f"{total} bytes")


if __name__ == "__main__":
    main()
