"""Network number N, and the file that TensorFlow's converter makes of it."""
import numpy as np
import tensorflow as tf

from .choices import Net
from .computations import (batch_matmul, cast, compare, conv2d, depthwise, divide, fully_connected, hard_swish, index,
                           l2_normalization, logical, pair, plain, pool, positive, prelu, reduce, softmax,
                           transpose_conv)
from .movements import (concatenation, depth_to_space, gather, mirror_pad, reshape, resize, slice_, some_padding,
                        space_batch, space_to_depth, split, squeeze, stack, strided_slice, transpose)

tf.get_logger().setLevel("ERROR")

MODES = ["int8 per channel", "uint8 per tensor", "float32", "uint8 per channel", "int8 per tensor", "float32 outside",
         "float16 weights"]
SAMPLES = 8  # of calibration
OPERATORS = {
    "conv2d": conv2d, "depthwise": depthwise, "transpose_conv": transpose_conv, "fully_connected": fully_connected,
    "batch_matmul": batch_matmul, "avg_pool": pool("avg_pool2d"), "max_pool": pool("max_pool2d"),
    "mean": reduce(tf.reduce_mean), "sum": reduce(tf.reduce_sum), "reduce_max": reduce(tf.reduce_max),
    "reduce_min": reduce(tf.reduce_min), "add": pair(tf.add), "sub": pair(tf.subtract), "mul": pair(tf.multiply),
    "div": divide, "minimum": pair(tf.minimum), "maximum": pair(tf.maximum), "relu": plain(tf.nn.relu),
    "relu6": plain(tf.nn.relu6), "logistic": plain(tf.sigmoid), "tanh": plain(tf.tanh), "hard_swish": hard_swish,
    "leaky_relu": lambda net, x: tf.nn.leaky_relu(x, net.pick(0.1, 0.3, 0.01)), "prelu": prelu, "elu": plain(tf.nn.elu),
    "exp": lambda net, x: tf.exp(tf.minimum(x, 2.0)), "log": positive(tf.math.log), "square": plain(tf.square),
    "sqrt": positive(tf.sqrt), "rsqrt": positive(tf.math.rsqrt), "abs": plain(tf.abs), "neg": plain(tf.negative),
    "pad": lambda net, x: tf.pad(x, some_padding(net, 2)),
    "pad_v2": lambda net, x: tf.pad(x, some_padding(net, 2), constant_values=net.pick(-0.5, 0.75)),
    "mirror_pad": mirror_pad, "concatenation": concatenation, "split": split, "slice": slice_,
    "strided_slice": strided_slice, "gather": gather, "transpose": transpose, "squeeze": squeeze, "reshape": reshape,
    "stack": stack, "space_to_depth": space_to_depth, "depth_to_space": depth_to_space, "space_batch": space_batch,
    "resize_nearest": resize("nearest"), "resize_bilinear": resize("bilinear"), "l2_normalization": l2_normalization,
    "softmax": softmax, "arg_max": index(tf.argmax), "arg_min": index(tf.argmin), "cast": cast,
    "equal": compare(tf.equal), "not_equal": compare(tf.not_equal), "less": compare(tf.less),
    "less_equal": compare(tf.less_equal), "greater": compare(tf.greater), "greater_equal": compare(tf.greater_equal),
    "logical": logical,
}


WIDE = "int16"  # 16-bit activations, 8-bit filters
WIDE_OPERATORS = [  # that the converter has in 16 bits, and that need no other operators
    "conv2d", "depthwise", "fully_connected", "avg_pool", "max_pool", "mean", "add", "relu", "relu6", "pad", "mirror_pad",
    "split", "slice", "strided_slice", "transpose", "reshape", "stack", "space_batch", "resize_nearest", "softmax"]


def build(number, small=False, wide=False):
    """The network's function, its input shape and its mode; `wide`: of operators that compute with 16 bits, in that mode."""
    rng = np.random.default_rng([11, number])
    names = WIDE_OPERATORS if wide else list(OPERATORS)
    focus = names[number % len(names)]
    mode = WIDE if wide else MODES[(number // len(names) + number) % len(MODES)]
    most = 7 if small else 14
    shape = [1, int(rng.integers(3, most)), int(rng.integers(3, most)), int(rng.integers(1, 5 if small else 9))]
    others = [names[i] for i in rng.integers(0, len(names), 1 if small else int(rng.integers(1, 5)))]
    chain = [*others[:len(others) // 2], focus, *others[len(others) // 2:]]
    if small and rng.integers(2):
        chain = ["conv2d", focus]
    seed = int(rng.integers(1 << 31))

    def function(x):
        net = Net(np.random.default_rng(seed))
        for name in chain:
            x = OPERATORS[name](net, x)
            if np.prod(x.shape) > 4096:  # stays small
                x = tf.nn.avg_pool2d(x, 2, 2, "SAME")
        return [x, *net.extra]

    return tf.function(function, input_signature=[tf.TensorSpec(shape, tf.float32)]), shape, mode, chain, rng


def convert(function, shape, mode, rng):
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], function)
    if mode == "float32":
        return converter.convert()
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if mode == "float16 weights":
        converter.target_spec.supported_types = [tf.float16]
        return converter.convert()
    samples = [rng.standard_normal(shape).astype(np.float32) for _ in range(SAMPLES)]
    converter.representative_dataset = lambda: ([sample] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS]
    if mode == WIDE:
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int16
        return converter.convert()
    if mode != "float32 outside":
        outside = tf.uint8 if mode.startswith("uint8") else tf.int8
        converter.inference_input_type = outside
        converter.inference_output_type = outside
    converter._experimental_disable_per_channel = mode.endswith("per tensor")
    return converter.convert()
