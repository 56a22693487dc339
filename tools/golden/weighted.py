"""What convolutions and fully connected operators share: filters, biases, and the flavours of their numbers."""
import dataclasses
import math

import numpy as np

from .cases import File, redraw
from .model import NONE, OPERATOR, RELU_N1_TO_1, Tensor, run
from .quantization import WIDE, apply_activation, limits, quantization_for, random_activation


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


def random_bias(rng, channels, deviation, dtype, flavour):
    """A bias in units of the accumulator, whose deviation is given; `dtype` is that of activations."""
    stored, huge = (np.int64, 2 ** 38) if dtype == WIDE else (np.int32, 2 ** 30)
    if flavour == "no_bias":
        return None
    if flavour == "huge_bias":
        values = np.where(np.arange(channels) % 3 == 2, 0, np.where(np.arange(channels) % 3 == 0, 1, -1) * huge)
        return Tensor(values.astype(stored), constant=True)
    factor = 4.0 if flavour == "large_bias" else 0.5
    return Tensor(np.rint(rng.normal(0, factor * deviation, channels)).astype(stored), constant=True)


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
    """Draw, quantize, run and store one case in int8, uint8 or int16."""
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
    bias = random_bias(rng, channels, deviation, dtype, spec.flavour)

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
        zero_point = 0 if dtype == WIDE else int(rng.integers(-40, 40)) + (128 if dtype == "uint8" else 0)
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


def weighted_file(name, geometries, flavours, ties, int8_only):
    """int8 with filters per channel and per tensor in turn, uint8 with filter zero points, float32, int16."""
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
    for i, spec in enumerate([*geometries[::2], *flavours, *ties, *int8_only]):
        quantized_case(file, spec, WIDE, per_channel=i % 2 == 0)
    return file
