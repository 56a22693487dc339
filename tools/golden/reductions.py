"""Mean, sums, extremes and where they are."""
import numpy as np

from .cases import File, redraw
from .model import OPERATOR, TENSOR_TYPES, Tensor, run
from .quantization import QUANTIZED, integers, lift, quantization_for, random_activation, random_numbers


@redraw
def mean_case(file, dtype, shape, axes, keep, same_quantization, tightness=1.0):
    source = random_activation(file.rng, shape, dtype)
    output = Tensor(dtype=dtype)
    if dtype != "float32":
        reduced = [axis % len(shape) for axis in axes]
        lift(file.rng, source, [1 if i in reduced else extent for i, extent in enumerate(shape)])
        scale, zero_point = quantization_for(source.real().mean(tuple(axes)), dtype, tightness)
        if same_quantization:
            scale, zero_point = source.scale, source.zero_point
        output = Tensor(dtype=dtype, scale=scale, zero_point=zero_point)
    axis = integers(*axes)
    output.data = run(OPERATOR.MEAN, 2, "ReducerOptions", {"keepDims": keep}, [source, axis], output)
    file.add([source], output, [int(keep), *axes])


def mean():
    file = File("mean")
    for dtype in ("int8", "uint8", "float32", "int16"):
        for same in (True, False) if dtype != "float32" else (True,):
            mean_case(file, dtype, (1, 4, 4, 16), (1, 2), False, same)
            mean_case(file, dtype, (1, 4, 4, 16), (1, 2), True, same)
            mean_case(file, dtype, (2, 7, 7, 17), (1, 2), False, same)
            mean_case(file, dtype, (1, 5, 3, 33), (1, 2), True, same)
            mean_case(file, dtype, (1, 3, 3, 9), (2, 1), False, same)
            mean_case(file, dtype, (1, 25, 5, 15), (1, 2), False, same)
            mean_case(file, dtype, (1, 1, 1, 16), (1, 2), False, same)
            mean_case(file, dtype, (2, 3, 4, 5), (3,), False, same)
            mean_case(file, dtype, (2, 3, 4, 5), (-1,), True, same)
            mean_case(file, dtype, (2, 3, 4, 5), (1,), False, same)
            mean_case(file, dtype, (3, 5, 4, 6), (0, 2), True, same)
            mean_case(file, dtype, (6, 11), (1,), False, same)
        if dtype != "float32":
            mean_case(file, dtype, (1, 6, 5, 16), (1, 2), False, False, tightness=0.4)
            mean_case(file, dtype, (1, 6, 5, 16), (1, 2), True, False, tightness=3.0)
    return file

REDUCTIONS = ["SUM", "REDUCE_MAX", "REDUCE_MIN"]


def moved_to_uint8(tensor):
    """The same real numbers in uint8."""
    return Tensor((tensor.data.astype(int) + 128).astype(np.uint8), scale=tensor.scale, zero_point=tensor.zero_point + 128)


@redraw
def reduce_case(file, name, dtype, shape, axes, keep, tightness=1.0):
    rng = file.rng
    if dtype in QUANTIZED:
        source = random_activation(rng, shape, dtype)
        scale, zero_point = source.scale, source.zero_point
        if name == "SUM":
            reduced = [axis % len(shape) for axis in axes]
            lift(rng, source, [1 if i in reduced else extent for i, extent in enumerate(shape)])
            scale, zero_point = quantization_for(source.real().sum(tuple(axes)), dtype, tightness)
        output = Tensor(dtype=dtype, scale=scale, zero_point=zero_point)
    else:
        source, output = random_numbers(rng, shape, dtype), Tensor(dtype=dtype)
        if dtype == "float32" and name == "SUM":
            source.data = np.abs(source.data)  # so that nothing cancels out
    axis = integers(*axes)
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
    fields = {"outputType": TENSOR_TYPES[index]}
    options = "ArgMaxOptions" if name == "ARG_MAX" else "ArgMinOptions"
    inputs = [source, integers(axis)]
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
