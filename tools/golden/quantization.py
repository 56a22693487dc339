"""Random values of every type, and the affine quantization of real ones."""
import numpy as np

from .model import NONE, RELU, RELU6, RELU_N1_TO_1, Tensor

QUANTIZED = ("int8", "uint8")
WIDE = "int16"  # the zero point is 0, filters are int8, biases int64


def limits(dtype):
    info = np.iinfo(dtype)
    return info.min, info.max


def offset(dtype):
    """What brings a zero point of int8 to another type."""
    return 128 if dtype == "uint8" else 0


def random_activation(rng, shape, dtype, amplitude=None, scale=None, zero_point=None):
    """Random values: the whole type, or within `amplitude` of the zero point; float32: normal, deviation 2."""
    if dtype == "float32":
        return Tensor((rng.standard_normal(shape) * 2).astype(np.float32))
    low, high = limits(dtype)
    if dtype == WIDE:
        zero_point = 0
        scale = rng.uniform(0.01, 0.05) / 256 if scale is None else scale
    if zero_point is None:
        zero_point = int(rng.integers(low + 60, high - 60))
    if amplitude is not None:
        low, high = max(low, zero_point - amplitude), min(high, zero_point + amplitude)
    if scale is None:
        scale = rng.uniform(0.01, 0.05)
    return Tensor(rng.integers(low, high + 1, shape).astype(dtype), scale=scale, zero_point=zero_point)


def random_numbers(rng, shape, dtype):
    """Values of a type that is not quantized."""
    if dtype == "float32":
        return Tensor((rng.standard_normal(shape) * 2).astype(np.float32))
    if dtype == "bool":
        return Tensor(rng.random(shape) < 0.5)
    return Tensor(rng.integers(-1000, 1000, shape).astype(dtype))


def everything(dtype, scale, zero_point):
    """All 256 numbers of a quantized type; the zero point is that of int8."""
    low, high = limits(dtype)
    return Tensor(np.arange(low, high + 1).astype(dtype), scale=scale, zero_point=zero_point + offset(dtype))


def integers(*values, shape=-1):
    return Tensor(np.array(values, np.int32).reshape(shape), constant=True)


def lift(rng, tensor, shape):
    """Halve the spread of the values and add a random offset of that shape, so that reductions differ."""
    centre = 64 if tensor.dtype == "uint8" else 0
    reach = 60 * 256 if tensor.dtype == WIDE else 60
    values = tensor.data.astype(int) // 2 + centre + rng.integers(-reach, reach + 1, shape)
    tensor.data = np.clip(values, *limits(tensor.dtype)).astype(tensor.dtype)


def quantization_for(real, dtype, tightness):
    """Scale and zero point that put the range of `real`, times `tightness`, on the whole type."""
    low, high = limits(dtype)
    real_low, real_high = min(float(real.min()), 0.0) * tightness, max(float(real.max()), 0.0) * tightness
    if dtype == WIDE:
        return np.float32(max(real_high, -real_low, 1e-6) / high), 0
    scale = np.float32(max(real_high - real_low, 1e-6) / 255)
    return scale, int(np.clip(round(low - real_low / scale), low, high))


def apply_activation(real, activation):
    """The activation function on real values."""
    ranges = {NONE: (-np.inf, np.inf), RELU: (0, np.inf), RELU_N1_TO_1: (-1, 1), RELU6: (0, 6)}
    return np.clip(real, *ranges[activation])
