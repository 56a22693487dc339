"""Comparisons and logic: what makes booleans."""
import numpy as np

from .cases import File
from .model import OPERATOR, Tensor, run
from .quantization import QUANTIZED, limits, random_activation, random_numbers

RELATIONS = ["EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"]


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
