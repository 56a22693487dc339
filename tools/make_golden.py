#!/usr/bin/env python3
"""Write tests/golden/OPERATOR.safetensors: inputs, parameters and LiteRT's results for many small cases.

Every case is a model of one operator, built here and run by LiteRT's reference kernels (op resolver
BUILTIN_REF, one thread): the arithmetic that this project reproduces bit for bit.

    python3 -m venv venv && venv/bin/pip install -r tools/requirements.txt
    venv/bin/python tools/make_golden.py [--out tests/golden] [OPERATOR ...]

Keys of a file, for case NNN = 000, 001, ...:

    NNN.input_0 .. input_3      activations, NHWC
    NNN.output_0                what LiteRT computes
    NNN.filter, NNN.bias        convolution filters [O, KH, KW, I], depthwise [1, KH, KW, C * multiplier],
                                fully connected [units, in]; the bias is int32 (quantized) or float32,
                                its scale is input scale * filter scale; some of fully connected have none
    NNN.pad_value               one element, in the input's type and quantization; only cases of PADV2
    NNN.options                 int32, order per operator as below
    NNN.options_float           float32, order per operator as below
    NNN.T.scale                 float32 [1] or [channels], for every quantized T of input_K, output_0, filter
    NNN.T.zero_point            int32 [1]

Order of the options (padding: 0 SAME, 1 VALID; activation: 0 none, 1 relu, 2 relu_n1_to_1, 3 relu6):

    conv2d            stride_h, stride_w, dilation_h, dilation_w, padding, activation
    depthwise_conv2d  stride_h, stride_w, dilation_h, dilation_w, padding, activation, multiplier
    fully_connected   activation, keep_num_dims
    add               activation
    relu              activation (1, 2 or 3: which of the three operators)
    average_pool2d    kernel_h, kernel_w, stride_h, stride_w, padding, activation
    max_pool2d        kernel_h, kernel_w, stride_h, stride_w, padding, activation
    mean              keep_dims, axis...
    concatenation     axis, activation (LiteRT accepts only 0)
    pad               before_0, after_0, before_1, after_1, ...
    softmax           none; options_float: beta
    quantize          none; also the requantization between int8 and uint8
    dequantize        none

The output is a function of the seed and of the LiteRT version alone.
"""
import argparse
import dataclasses
import math
import pathlib
import zlib
from importlib.metadata import version

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from safetensors.numpy import save

SEED = 20
SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3
OPERATOR = schema.BuiltinOperator
OPTIONS = schema.BuiltinOptions
TENSOR_TYPES = {"int8": schema.TensorType.INT8, "uint8": schema.TensorType.UINT8,
                "int32": schema.TensorType.INT32, "float32": schema.TensorType.FLOAT32}


# --- models of one operator -----------------------------------------------------------------------------------------


@dataclasses.dataclass
class Tensor:
    """A value with its affine quantization: real = scale * (stored - zero_point)."""
    data: np.ndarray | None = None  # None: an output
    dtype: str = ""
    scale: np.ndarray | None = None  # float32 [1] or [channels]; None: not quantized
    zero_point: int = 0
    channel_axis: int = 0
    constant: bool = False

    def __post_init__(self):
        if self.data is not None:
            self.data = np.asarray(self.data, order="C")
            self.dtype = self.data.dtype.name
        if self.scale is not None:
            self.scale = np.atleast_1d(np.asarray(self.scale, np.float32))

    def real(self):
        """The value as float32."""
        if self.scale is None:
            return self.data.astype(np.float32)
        scale = self.scale
        if scale.size > 1:
            shape = [1] * self.data.ndim
            shape[self.channel_axis] = scale.size
            scale = scale.reshape(shape)
        return ((self.data.astype(np.float64) - self.zero_point) * scale).astype(np.float32)


def pack_tensor(tensor, index):
    """The flatbuffer's description of a tensor whose data, if constant, is in the buffer of the same number."""
    packed = schema.TensorT()
    packed.name = f"t{index}".encode()
    packed.type = TENSOR_TYPES[tensor.dtype]
    packed.buffer = index + 1
    packed.shape = [] if tensor.data is None else list(tensor.data.shape)
    packed.hasRank = True
    if tensor.scale is not None:
        packed.quantization = schema.QuantizationParametersT()
        packed.quantization.scale = [float(s) for s in tensor.scale]
        packed.quantization.zeroPoint = [int(tensor.zero_point)] * tensor.scale.size
        packed.quantization.quantizedDimension = tensor.channel_axis
    return packed


def pack_model(code, code_version, options_type, options, inputs, output):
    """The bytes of a model with one operator."""
    tensors = [*inputs, output]
    model = schema.ModelT()
    model.version = 3
    model.operatorCodes = [schema.OperatorCodeT()]
    model.operatorCodes[0].builtinCode = code
    model.operatorCodes[0].deprecatedBuiltinCode = min(code, 127)
    model.operatorCodes[0].version = code_version
    model.buffers = [schema.BufferT() for _ in range(len(tensors) + 1)]
    for tensor, buffer in zip(tensors, model.buffers[1:]):
        if tensor.constant:
            buffer.data = np.frombuffer(tensor.data.tobytes(), np.uint8)
    operator = schema.OperatorT()
    operator.opcodeIndex = 0
    operator.inputs = list(range(len(inputs)))
    operator.outputs = [len(inputs)]
    operator.builtinOptionsType = options_type if options is not None else OPTIONS.NONE
    operator.builtinOptions = options
    graph = schema.SubGraphT()
    graph.tensors = [pack_tensor(tensor, i) for i, tensor in enumerate(tensors)]
    graph.inputs = [i for i, tensor in enumerate(inputs) if not tensor.constant]
    graph.outputs = [len(inputs)]
    graph.operators = [operator]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(code, code_version, options_name, fields, inputs, output, resolver=OpResolverType.BUILTIN_REF):
    """What LiteRT's reference kernel, or that of another resolver, computes for `output`."""
    options = None
    if options_name:
        options = getattr(schema, options_name + "T")()
        for name, value in fields.items():
            assert hasattr(options, name), name
            setattr(options, name, value)
    options_type = getattr(OPTIONS, options_name) if options_name else OPTIONS.NONE
    content = pack_model(code, code_version, options_type, options, inputs, output)
    interpreter = Interpreter(model_content=content, num_threads=1,
                              experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    variable = [tensor for tensor in inputs if not tensor.constant]
    for detail, tensor in zip(interpreter.get_input_details(), variable):
        interpreter.set_tensor(detail["index"], tensor.data)
    interpreter.invoke()
    result = np.array(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    assert result.dtype.name == output.dtype, (result.dtype, output.dtype)
    return result


# --- quantization ---------------------------------------------------------------------------------------------------


def limits(dtype):
    info = np.iinfo(dtype)
    return info.min, info.max


def random_activation(rng, shape, dtype, amplitude=None, scale=None, zero_point=None):
    """Random values: the whole type, or within `amplitude` of the zero point; float32: normal, deviation 2."""
    if dtype == "float32":
        return Tensor((rng.standard_normal(shape) * 2).astype(np.float32))
    low, high = limits(dtype)
    if zero_point is None:
        zero_point = int(rng.integers(low + 60, high - 60))
    if amplitude is not None:
        low, high = max(low, zero_point - amplitude), min(high, zero_point + amplitude)
    if scale is None:
        scale = rng.uniform(0.01, 0.05)
    return Tensor(rng.integers(low, high + 1, shape).astype(dtype), scale=scale, zero_point=zero_point)


def lift(rng, tensor, shape):
    """Halve the spread of the values and add a random offset of that shape, so that reductions differ."""
    centre = 64 if tensor.dtype == "uint8" else 0
    values = tensor.data.astype(int) // 2 + centre + rng.integers(-60, 61, shape)
    tensor.data = np.clip(values, *limits(tensor.dtype)).astype(tensor.dtype)


def quantization_for(real, dtype, tightness):
    """Scale and zero point that put the range of `real`, times `tightness`, on the whole type."""
    low, high = limits(dtype)
    real_low, real_high = min(float(real.min()), 0.0) * tightness, max(float(real.max()), 0.0) * tightness
    scale = np.float32(max(real_high - real_low, 1e-6) / 255)
    return scale, int(np.clip(round(low - real_low / scale), low, high))


def apply_activation(real, activation):
    """The activation function on real values."""
    ranges = {NONE: (-np.inf, np.inf), RELU: (0, np.inf), RELU_N1_TO_1: (-1, 1), RELU6: (0, 6)}
    return np.clip(real, *ranges[activation])


# --- files ----------------------------------------------------------------------------------------------------------


class File:
    """The cases of one operator."""

    def __init__(self, operator):
        self.operator = operator
        self.rng = np.random.default_rng([SEED, zlib.crc32(operator.encode())])
        self.entries = {}
        self.count = 0
        self.by_type = {}
        self.exponents = []

    def add(self, inputs, output, options=None, options_float=None, filter=None, bias=None, pad_value=None,
            degenerate=False):
        """Store one case whose `output` is complete; the values must be spread unless `degenerate`."""
        if not degenerate:
            check_spread(output.data, f"{self.operator} case {self.count}")
        prefix = f"{self.count:03d}."
        named = {f"input_{i}": tensor for i, tensor in enumerate(inputs)} | {"output_0": output}
        if filter is not None:
            named["filter"] = filter
        for name, tensor in named.items():
            self.entries[prefix + name] = tensor.data
            if tensor.scale is not None:
                self.entries[prefix + name + ".scale"] = tensor.scale
                self.entries[prefix + name + ".zero_point"] = np.array([tensor.zero_point], np.int32)
        if bias is not None:
            self.entries[prefix + "bias"] = bias.data
        if pad_value is not None:
            self.entries[prefix + "pad_value"] = pad_value.data.reshape(1)
        if options is not None:
            self.entries[prefix + "options"] = np.array(options, np.int32)
        if options_float is not None:
            self.entries[prefix + "options_float"] = np.array(options_float, np.float32)
        kind = f"{inputs[0].dtype}->{output.dtype}" if inputs[0].dtype != output.dtype else output.dtype
        self.by_type[kind] = self.by_type.get(kind, 0) + 1
        self.count += 1

    def note_multiplier(self, multiplier):
        """Remember the exponents of the requantization, for the summary."""
        self.exponents += [math.frexp(float(m))[1] for m in np.atleast_1d(multiplier)]

    def save(self, folder):
        path = folder / f"{self.operator}.safetensors"
        path.write_bytes(save({key: np.array(value, order="C") for key, value in self.entries.items()}))
        shifts = f", exponents {min(self.exponents)} to {max(self.exponents)}" if self.exponents else ""
        print(f"{self.operator:17s} {self.count:3d} cases {self.by_type}, {path.stat().st_size} bytes{shifts}")
        return path.stat().st_size


class Degenerate(Exception):
    """The results of a case test nothing: all the same, or nearly all saturated."""


def check_spread(data, where):
    """Raise Degenerate unless there are several values and none of them dominates."""
    if data.size < 8:
        return
    _, counts = np.unique(data, return_counts=True)
    if counts.size < min(6, data.size // 3) or counts.max() > 0.8 * data.size:
        raise Degenerate(f"{where}: {counts.size} different values, {counts.max()} of {data.size} equal")


def redraw(make_case):
    """Decorator: draw a case again while it is degenerate."""
    def make(*arguments, **named):
        for _ in range(20):
            try:
                return make_case(*arguments, **named)
            except Degenerate as problem:
                last = problem
        raise last
    return make


# --- convolutions and fully connected -------------------------------------------------------------------------------


@dataclasses.dataclass
class Weighted:
    """One weighted operator and how its numbers are drawn."""
    code: int
    code_version: int
    options_name: str
    fields: dict
    input_shape: tuple
    filter_shape: tuple
    channel_axis: int
    options: list
    activation: int
    flavour: str = "plain"


def random_filter(rng, shape, dtype, channel_axis, per_channel, amplitude, flavour):
    """A filter whose scale is relative: the caller multiplies it."""
    channels = shape[channel_axis]
    sign_shape = [1] * len(shape)
    sign_shape[channel_axis] = channels
    signs = np.where(np.arange(channels) % 2 == 0, 1, -1).reshape(sign_shape)
    if dtype == "uint8":
        zero_point = int(rng.integers(90, 166))
        values = rng.integers(max(0, zero_point - amplitude), min(255, zero_point + amplitude) + 1, shape)
        if flavour == "extreme":
            values = np.broadcast_to(np.where(signs > 0, 255, 0), shape)
        return Tensor(values.astype(np.uint8), scale=1.0, zero_point=zero_point, channel_axis=0, constant=True)
    values = rng.integers(-amplitude, amplitude + 1, shape)
    if flavour == "extreme":
        values = np.broadcast_to(127 * signs, shape)
    if flavour == "minimum_weight":
        values = np.where(rng.random(shape) < 0.5, -128, values)
    scale = 2.0 ** rng.uniform(-2, 2, channels) if per_channel else 1.0
    return Tensor(values.astype(np.int8), scale=scale, channel_axis=channel_axis if per_channel else 0, constant=True)


def random_bias(rng, channels, deviation, flavour):
    """An int32 bias in units of the accumulator, whose deviation is given."""
    if flavour == "no_bias":
        return None
    if flavour == "huge_bias":
        values = np.where(np.arange(channels) % 3 == 2, 0, np.where(np.arange(channels) % 3 == 0, 1, -1) * 2 ** 30)
        return Tensor(values.astype(np.int32), constant=True)
    factor = 4.0 if flavour == "large_bias" else 0.5
    return Tensor(np.rint(rng.normal(0, factor * deviation, channels)).astype(np.int32), constant=True)


def accumulate(spec, values, filter_values, bias_values):
    """The operator without activation, in float32."""
    inputs = [Tensor(values.astype(np.float32)), Tensor(filter_values.astype(np.float32), constant=True)]
    if bias_values is not None:
        inputs.append(Tensor(bias_values.astype(np.float32), constant=True))
    elif spec.code != OPERATOR.FULLY_CONNECTED:  # convolutions insist on a bias
        inputs.append(Tensor(np.zeros(spec.filter_shape[spec.channel_axis], np.float32), constant=True))
    fields = spec.fields | {"fusedActivationFunction": NONE}
    return run(spec.code, spec.code_version, spec.options_name, fields, inputs, Tensor(dtype="float32"))


def shift_amplitudes(spec, shift):
    """Amplitudes of input and filter that make accumulators of the size a right shift of `shift` suits."""
    depth = np.prod(spec.filter_shape) / spec.filter_shape[spec.channel_axis]
    product = 3 * 86 * 2.0 ** shift / math.sqrt(depth)
    filter_amplitude = int(np.clip(math.sqrt(product), 1, 127))
    return int(np.clip(product / filter_amplitude, 1, 127)), filter_amplitude


TIES = [(7, 10), (1, 2), (5, 6), (9, 14)]  # multipliers, times a power of two, of the flavours "ties_SHIFT"


@redraw
def quantized_case(file, spec, dtype, per_channel):
    """Draw, quantize, run and store one case in int8 or uint8."""
    rng = file.rng
    shift = int(spec.flavour.split("_")[1]) if spec.flavour.startswith(("shift_", "ties_")) else None
    input_amplitude, filter_amplitude = (None, 127) if shift is None else shift_amplitudes(spec, shift)
    if spec.flavour == "left_shift":
        input_amplitude, filter_amplitude = 9, 2
    source = random_activation(rng, spec.input_shape, dtype, input_amplitude)
    if spec.flavour == "extreme":
        low, high = limits(dtype)
        source.data = np.where(np.arange(source.data.size) // source.data.shape[-1] % 5 < 3, low, high).astype(
            dtype).reshape(source.data.shape)
    filter = random_filter(rng, spec.filter_shape, dtype, spec.channel_axis, per_channel, filter_amplitude,
                           spec.flavour)

    centred = source.data.astype(np.float64) - source.zero_point
    integers = filter.data.astype(np.float64) - filter.zero_point
    deviation = max(float(accumulate(spec, centred, integers, None).std()), 1.0)
    channels = spec.filter_shape[spec.channel_axis]
    bias = random_bias(rng, channels, deviation, spec.flavour)

    ties = spec.flavour.startswith("ties_")

    # The real output's deviation becomes about 3, or 1 where the activation clips there.
    target = 0.8 if spec.activation == RELU_N1_TO_1 else 3.0
    filter.scale = (filter.scale * target / (deviation * float(source.scale[0]))).astype(np.float32)
    if ties:  # scales whose products and quotients are exact
        source.scale, filter.scale = (np.exp2(np.round(np.log2(s))) for s in (source.scale, filter.scale))
        source.scale = source.scale * np.float32(TIES[shift % len(TIES)][0])
    accumulators = accumulate(spec, centred, integers, None if bias is None else bias.data)
    real = accumulators * (source.scale * filter.scale)
    if shift is None:
        tightness = {"saturating": 0.4, "large_bias": 0.8, "huge_bias": 0}.get(spec.flavour, rng.uniform(0.8, 1.1))
        if spec.flavour == "huge_bias":
            real, tightness = real[..., 2::3], 1.0
        clipped = apply_activation(real, spec.activation)
        scale, zero_point = quantization_for(clipped if rng.random() < 0.6 else real, dtype, tightness)
    else:
        numerator, denominator = TIES[shift % len(TIES)] if ties else (0.7, 1)
        median = np.sort(filter.scale)[filter.scale.size // 2]
        scale = np.float32(source.scale[0] / numerator * denominator * median * 2.0 ** shift)
        zero_point = int(rng.integers(-40, 40)) + (128 if dtype == "uint8" else 0)
    if bias is not None:
        bias.scale = (source.scale * filter.scale).astype(np.float32)
    output = Tensor(dtype=dtype, scale=scale, zero_point=zero_point)
    inputs = [source, filter] if bias is None else [source, filter, bias]
    output.data = run(spec.code, spec.code_version, spec.options_name, spec.fields, inputs, output)
    file.add([source], output, spec.options, filter=filter, bias=bias,
             degenerate=spec.flavour in ("extreme", "huge_bias"))
    file.note_multiplier(source.scale.astype(np.float64) * filter.scale / output.scale)


@redraw
def float_case(file, spec):
    """Draw, run and store one case in float32."""
    rng = file.rng
    source = random_activation(rng, spec.input_shape, "float32")
    channels = spec.filter_shape[spec.channel_axis]
    depth = np.prod(spec.filter_shape) / channels
    filter = Tensor((rng.standard_normal(spec.filter_shape) / math.sqrt(depth)).astype(np.float32), constant=True)
    bias = None if spec.flavour == "no_bias" else Tensor(rng.standard_normal(channels).astype(np.float32), constant=True)
    output = Tensor(dtype="float32")
    inputs = [source, filter] if bias is None else [source, filter, bias]
    output.data = run(spec.code, spec.code_version, spec.options_name, spec.fields, inputs, output)
    file.add([source], output, spec.options, filter=filter, bias=bias)


def conv_spec(input_shape, units, kernel, stride=(1, 1), dilation=(1, 1), padding=SAME, activation=NONE,
              flavour="plain"):
    fields = {"strideH": stride[0], "strideW": stride[1], "dilationHFactor": dilation[0],
              "dilationWFactor": dilation[1], "padding": padding, "fusedActivationFunction": activation}
    return Weighted(OPERATOR.CONV_2D, 3, "Conv2DOptions", fields, input_shape, (units, *kernel, input_shape[3]), 0,
                    [*stride, *dilation, padding, activation], activation, flavour)


def depthwise_spec(input_shape, multiplier, kernel, stride=(1, 1), dilation=(1, 1), padding=SAME, activation=NONE,
                   flavour="plain"):
    fields = {"strideH": stride[0], "strideW": stride[1], "dilationHFactor": dilation[0],
              "dilationWFactor": dilation[1], "padding": padding, "fusedActivationFunction": activation,
              "depthMultiplier": multiplier}
    return Weighted(OPERATOR.DEPTHWISE_CONV_2D, 3, "DepthwiseConv2DOptions", fields, input_shape,
                    (1, *kernel, input_shape[3] * multiplier), 3,
                    [*stride, *dilation, padding, activation, multiplier], activation, flavour)


def fully_connected_spec(input_shape, units, inputs, activation=NONE, keep=False, flavour="plain"):
    fields = {"fusedActivationFunction": activation, "keepNumDims": keep}
    return Weighted(OPERATOR.FULLY_CONNECTED, 5, "FullyConnectedOptions", fields, input_shape, (units, inputs), 0,
                    [activation, int(keep)], activation, flavour)


CONV_GEOMETRIES = [
    conv_spec((1, 5, 5, 1), 1, (1, 1)),
    conv_spec((1, 4, 6, 3), 5, (1, 1), activation=RELU),
    conv_spec((2, 3, 5, 16), 17, (1, 1), activation=RELU6),
    conv_spec((1, 5, 3, 64), 32, (1, 1)),
    conv_spec((1, 1, 1, 128), 17, (1, 1)),
    conv_spec((1, 5, 7, 15), 16, (1, 1), stride=(2, 2), activation=RELU_N1_TO_1),
    conv_spec((1, 7, 7, 3), 16, (3, 3), activation=RELU6),
    conv_spec((1, 9, 9, 3), 8, (3, 3), stride=(2, 2), activation=RELU6),
    conv_spec((1, 8, 8, 3), 8, (3, 3), stride=(2, 2), padding=VALID, activation=RELU),
    conv_spec((1, 10, 7, 5), 3, (3, 3), stride=(3, 3)),
    conv_spec((1, 7, 9, 1), 15, (3, 3), padding=VALID),
    conv_spec((2, 5, 6, 16), 5, (3, 3), activation=RELU),
    conv_spec((1, 5, 5, 17), 15, (3, 3), stride=(1, 2), activation=RELU6),
    conv_spec((1, 4, 5, 33), 3, (3, 3), padding=VALID),
    conv_spec((1, 9, 9, 3), 5, (3, 3), dilation=(2, 2)),
    conv_spec((1, 9, 11, 5), 3, (3, 3), dilation=(2, 1), padding=VALID, activation=RELU),
    conv_spec((1, 9, 9, 3), 5, (5, 5), activation=RELU_N1_TO_1),
    conv_spec((1, 11, 9, 5), 3, (5, 5), stride=(2, 2), padding=VALID),
    conv_spec((1, 6, 7, 3), 5, (2, 3)),
    conv_spec((1, 6, 7, 5), 4, (2, 3), stride=(2, 1), padding=VALID, activation=RELU6),
    conv_spec((1, 11, 11, 3), 3, (7, 7), stride=(2, 2)),
    conv_spec((1, 3, 3, 3), 5, (7, 7), activation=RELU),  # the kernel is larger than the image
    conv_spec((1, 6, 6, 33), 33, (1, 1), activation=RELU6),
]

CONV_FLAVOURS = [
    conv_spec((1, 6, 7, 5), 7, (3, 3), flavour="saturating"),
    conv_spec((1, 6, 7, 5), 7, (3, 3), activation=RELU6, flavour="saturating"),
    conv_spec((1, 5, 5, 17), 5, (3, 3), flavour="extreme"),
    conv_spec((1, 5, 5, 16), 4, (1, 1), flavour="extreme"),
    conv_spec((1, 5, 6, 5), 9, (3, 3), flavour="large_bias"),
    conv_spec((1, 4, 5, 3), 9, (1, 1), flavour="huge_bias"),
    conv_spec((1, 6, 5, 1), 5, (1, 1), flavour="left_shift"),
    conv_spec((1, 6, 5, 3), 5, (1, 1), activation=RELU, flavour="left_shift"),
    conv_spec((1, 5, 6, 16), 5, (3, 3), activation=RELU, flavour="saturating"),
    *(conv_spec((1, 4, 5, 17), 5, (1, 1), flavour=f"shift_{k}") for k in range(9)),
    *(conv_spec((1, 5, 5, 33), 5, (5, 5), flavour=f"shift_{k}") for k in (9, 10, 11, 12)),
]

CONV_TIES = [conv_spec((1, 4, 5, 5), 9, (1, 1), flavour=f"ties_{k}") for k in range(6)]

CONV_INT8_ONLY = [
    conv_spec((1, 5, 5, 17), 5, (3, 3), flavour="minimum_weight"),
    conv_spec((1, 5, 6, 33), 7, (1, 1), flavour="minimum_weight"),
]


def weighted_file(name, geometries, flavours, ties, int8_only):
    """int8 with filters per channel and per tensor in turn, uint8 with filter zero points, float32."""
    file = File(name)
    for i, spec in enumerate(geometries):
        quantized_case(file, spec, "int8", per_channel=i % 2 == 0)
    for i, spec in enumerate([*flavours, *ties, *int8_only]):
        quantized_case(file, spec, "int8", per_channel=i % 2 == 1)
    for i, spec in enumerate([*geometries[::3], *ties]):  # the other one of per channel and per tensor
        quantized_case(file, spec, "int8", per_channel=i % 2 == 1)
    for spec in [*geometries[::2], *flavours[:9], *flavours[9::2], *ties]:
        quantized_case(file, spec, "uint8", per_channel=False)
    for spec in geometries[1::2]:
        float_case(file, spec)
    for spec in flavours:
        if spec.flavour == "no_bias":
            float_case(file, spec)
    return file


def conv2d():
    return weighted_file("conv2d", CONV_GEOMETRIES, CONV_FLAVOURS, CONV_TIES, CONV_INT8_ONLY)


def depthwise_conv2d():
    geometries = [
        depthwise_spec((1, 7, 7, 16), 1, (3, 3), activation=RELU6),
        depthwise_spec((1, 9, 9, 15), 1, (3, 3), stride=(2, 2), activation=RELU6),
        depthwise_spec((1, 8, 8, 17), 1, (3, 3), stride=(2, 2)),
        depthwise_spec((1, 6, 6, 33), 1, (3, 3), padding=VALID, activation=RELU),
        depthwise_spec((1, 6, 5, 1), 1, (3, 3)),
        depthwise_spec((1, 7, 6, 3), 2, (3, 3), activation=RELU_N1_TO_1),
        depthwise_spec((1, 6, 7, 5), 3, (3, 3), stride=(2, 1)),
        depthwise_spec((1, 7, 7, 1), 3, (3, 3), stride=(2, 2), padding=VALID),
        depthwise_spec((2, 5, 6, 8), 1, (3, 3)),
        depthwise_spec((1, 9, 9, 5), 1, (5, 5), activation=RELU6),
        depthwise_spec((1, 11, 9, 3), 2, (5, 5), stride=(2, 2), padding=VALID, activation=RELU),
        depthwise_spec((1, 9, 9, 5), 1, (3, 3), dilation=(2, 2)),
        depthwise_spec((1, 9, 10, 3), 2, (3, 3), dilation=(1, 2), padding=VALID),
        depthwise_spec((1, 6, 7, 5), 1, (2, 3)),
        depthwise_spec((1, 11, 11, 3), 1, (7, 7), stride=(3, 3), activation=RELU),
        depthwise_spec((1, 3, 3, 16), 1, (7, 7)),
        depthwise_spec((1, 5, 5, 15), 1, (1, 1), activation=RELU6),
        depthwise_spec((1, 12, 5, 1), 8, (10, 4), stride=(2, 2), activation=RELU),
    ]
    flavours = [
        depthwise_spec((1, 6, 7, 5), 1, (3, 3), flavour="saturating"),
        depthwise_spec((1, 6, 7, 16), 1, (3, 3), activation=RELU6, flavour="saturating"),
        depthwise_spec((1, 5, 5, 17), 1, (3, 3), flavour="extreme"),
        depthwise_spec((1, 5, 6, 4), 2, (3, 3), flavour="extreme"),
        depthwise_spec((1, 5, 6, 9), 1, (3, 3), flavour="large_bias"),
        depthwise_spec((1, 4, 5, 9), 1, (3, 3), flavour="huge_bias"),
        depthwise_spec((1, 6, 5, 5), 1, (1, 1), flavour="left_shift"),
        depthwise_spec((1, 6, 5, 3), 2, (1, 1), activation=RELU, flavour="left_shift"),
        depthwise_spec((1, 5, 6, 16), 1, (3, 3), padding=VALID, activation=RELU, flavour="saturating"),
        *(depthwise_spec((1, 6, 6, 5), 1, (3, 3), flavour=f"shift_{k}") for k in (0, 1, 2, 3, 5, 6, 7, 8, 9)),
    ]
    ties = [depthwise_spec((1, 6, 6, 7), 1, (3, 3), flavour=f"ties_{k}") for k in range(6)]
    int8_only = [depthwise_spec((1, 5, 5, 17), 1, (3, 3), flavour="minimum_weight")]
    return weighted_file("depthwise_conv2d", geometries, flavours, ties, int8_only)


def fully_connected():
    geometries = [
        fully_connected_spec((1, 16), 10, 16),
        fully_connected_spec((1, 33), 17, 33, activation=RELU),
        fully_connected_spec((3, 15), 5, 15, activation=RELU6),
        fully_connected_spec((4, 17), 16, 17),
        fully_connected_spec((1, 4, 4, 3), 10, 48),
        fully_connected_spec((2, 3, 5), 7, 5, keep=True),
        fully_connected_spec((2, 3, 16), 3, 16, keep=True, activation=RELU),
        fully_connected_spec((1, 128), 10, 128),
        fully_connected_spec((5, 3), 15, 3, activation=RELU_N1_TO_1),
        fully_connected_spec((8, 1), 3, 1),
        fully_connected_spec((1, 257), 1, 257),
        fully_connected_spec((2, 64), 33, 64, activation=RELU6),
    ]
    flavours = [
        fully_connected_spec((4, 20), 5, 20, flavour="saturating"),
        fully_connected_spec((4, 20), 5, 20, activation=RELU6, flavour="saturating"),
        fully_connected_spec((10, 33), 4, 33, flavour="extreme"),
        fully_connected_spec((5, 64), 5, 64, flavour="extreme"),
        fully_connected_spec((4, 15), 9, 15, flavour="large_bias"),
        fully_connected_spec((3, 5), 9, 5, flavour="huge_bias"),
        fully_connected_spec((9, 2), 5, 2, flavour="left_shift"),
        fully_connected_spec((9, 3), 5, 3, activation=RELU, flavour="left_shift"),
        fully_connected_spec((3, 17), 7, 17, flavour="no_bias"),
        *(fully_connected_spec((4, 32), 6, 32, flavour=f"shift_{k}") for k in range(9)),
        *(fully_connected_spec((4, 800), 3, 800, flavour=f"shift_{k}") for k in (10, 12)),
    ]
    ties = [fully_connected_spec((16, 5), 9, 5, flavour=f"ties_{k}") for k in range(6)]
    int8_only = [fully_connected_spec((3, 33), 5, 33, flavour="minimum_weight")]
    return weighted_file("fully_connected", geometries, flavours, ties, int8_only)


# --- element by element ---------------------------------------------------------------------------------------------


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
    output.data = run(OPERATOR.ADD, 2, "AddOptions", {"fusedActivationFunction": activation}, inputs, output)
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
    return file


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
    return file


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
    for dtype in ("int8", "uint8", "float32"):
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


# --- reductions, shapes, conversions --------------------------------------------------------------------------------


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
    axis = Tensor(np.array(axes, np.int32), constant=True)
    output.data = run(OPERATOR.MEAN, 2, "ReducerOptions", {"keepDims": keep}, [source, axis], output)
    file.add([source], output, [int(keep), *axes])


def mean():
    file = File("mean")
    for dtype in ("int8", "uint8", "float32"):
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


@redraw
def concatenation_case(file, dtype, shapes, axis, different, ties=False):
    rng = file.rng
    first = random_activation(rng, shapes[0], dtype, scale=0.03125 if ties else None)
    inputs = [first]
    for shape in shapes[1:]:
        inputs.append(random_activation(rng, shape, dtype) if different else
                      random_activation(rng, shape, dtype, scale=first.scale, zero_point=first.zero_point))
    output = Tensor(dtype=dtype, scale=first.scale, zero_point=first.zero_point)
    if different:
        real = np.concatenate([tensor.real().ravel() for tensor in inputs])
        scale, zero_point = quantization_for(real, dtype, 0.9)
        output = Tensor(dtype=dtype, scale=0.0625 if ties else scale, zero_point=zero_point)
    fields = {"axis": axis, "fusedActivationFunction": NONE}
    output.data = run(OPERATOR.CONCATENATION, 2, "ConcatenationOptions", fields, inputs, output)
    file.add(inputs, output, [axis, NONE])


def concatenation():
    file = File("concatenation")
    for dtype, different in (("int8", False), ("uint8", False), ("uint8", True), ("float32", False)):
        concatenation_case(file, dtype, [(1, 3, 4, 5), (1, 3, 4, 7)], 3, different)
        concatenation_case(file, dtype, [(2, 3, 2, 5), (2, 3, 2, 1), (2, 3, 2, 16)], -1, different)
        concatenation_case(file, dtype, [(1, 2, 4, 3), (1, 3, 4, 3), (1, 1, 4, 3), (1, 2, 4, 3)], 1, different)
        concatenation_case(file, dtype, [(2, 2, 1, 3), (2, 2, 3, 3)], 2, different)
        concatenation_case(file, dtype, [(1, 2, 2, 3), (2, 2, 2, 3)], 0, different)
        concatenation_case(file, dtype, [(4, 5), (4, 3)], 1, different)
    concatenation_case(file, "uint8", [(1, 3, 4, 15), (1, 3, 4, 3)], 3, True, ties=True)
    concatenation_case(file, "uint8", [(1, 3, 4, 15), (1, 3, 2, 15)], 2, True, ties=True)
    return file


def pad_case(file, dtype, paddings, shape, with_value):
    source = random_activation(file.rng, shape, dtype)
    output = Tensor(dtype=dtype, scale=source.scale, zero_point=source.zero_point)
    inputs = [source, Tensor(np.array(paddings, np.int32).reshape(-1, 2), constant=True)]
    value = None
    if with_value:
        stored = np.array([-3.5 if dtype == "float32" else file.rng.integers(*limits(dtype))]).astype(dtype)
        value = Tensor(stored, scale=source.scale, zero_point=source.zero_point, constant=True)
        inputs.append(value)
    code, name = (OPERATOR.PADV2, "PadV2Options") if with_value else (OPERATOR.PAD, "PadOptions")
    output.data = run(code, 2, name, {}, inputs, output)
    file.add([source], output, paddings, pad_value=value, degenerate=True)


def pad():
    file = File("pad")
    for dtype in ("int8", "uint8", "float32"):
        for with_value in (False, True):
            pad_case(file, dtype, [0, 0, 1, 1, 1, 1, 0, 0], (1, 5, 4, 3), with_value)
            pad_case(file, dtype, [0, 0, 0, 1, 0, 1, 0, 0], (1, 5, 6, 16), with_value)
            pad_case(file, dtype, [0, 0, 0, 0, 2, 0, 0, 3], (1, 4, 5, 5), with_value)
            pad_case(file, dtype, [1, 0, 0, 2, 3, 1, 1, 1], (2, 3, 3, 5), with_value)
            pad_case(file, dtype, [0, 0, 0, 0, 0, 0, 0, 0], (1, 3, 3, 3), with_value)
            pad_case(file, dtype, [1, 2, 0, 3], (4, 5), with_value)
    return file


def softmax_case(file, dtype, shape, beta, scale=None, constant=None):
    source = random_activation(file.rng, shape, dtype, scale=scale)
    if constant is not None:
        source.data = np.full(shape, constant, dtype)
    output = Tensor(dtype=dtype)
    if dtype != "float32":
        output = Tensor(dtype=dtype, scale=1 / 256, zero_point=limits(dtype)[0])
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
    return file


def quantize_case(file, source, dtype, scale, zero_point):
    output = Tensor(dtype=dtype, scale=scale, zero_point=zero_point)
    output.data = run(OPERATOR.QUANTIZE, 2, "QuantizeOptions", {}, [source], output)
    file.add([source], output)


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
    return file


OPERATORS = [conv2d, depthwise_conv2d, fully_connected, add, relu, average_pool2d, max_pool2d, mean, concatenation, pad,
             softmax, quantize, dequantize]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operators", nargs="*", metavar="OPERATOR")
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    print(f"ai-edge-litert {version('ai-edge-litert')}, numpy {version('numpy')}")
    total = sum(make().save(args.out) for make in OPERATORS if not args.operators or make.__name__ in args.operators)
    print(f"{total} bytes")


if __name__ == "__main__":
    main()
