#!/usr/bin/env python3
"""Make random networks with TensorFlow's converter and check that dlpu computes what LiteRT's reference kernels compute.

    python3 -m venv venv && venv/bin/pip install -r tools/requirements.txt
    venv/bin/python tools/random_networks.py --dlpu build/release/tools/dlpu [--count 240] [--first 0] [--keep DIR]

Network number N is a function of N alone. Every operator of `OPERATORS` is the focus of some networks and turns up in
others, with odd sizes, strides, paddings and dilations; the modes (per channel or per tensor, int8, uint8 or float32
outside, float32 throughout, float16 weights) take turns. Each network runs on random inputs.

Compared are the outputs and what every operator makes, as `dlpu compare` reads it from a folder of tensors:
- integers bit for bit;
- float32 outputs to 1e-5 of the tensor's largest magnitude;
- integers that were quantized from the results of float32 arithmetic, which may round to the other side, to one step. How
  often that happens is printed.

Exit status 1 where something differs. `--fixtures tests/fixtures/random` writes thirty small networks for the tests
instead.
"""
import argparse
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from ai_edge_litert.interpreter import Interpreter, OpResolverType  # noqa: E402

tf.get_logger().setLevel("ERROR")

MODES = ["int8 per channel", "uint8 per tensor", "float32", "uint8 per channel", "int8 per tensor", "float32 outside",
         "float16 weights"]
FLOAT_TOLERANCE = 1e-5
SAMPLES = 8  # of calibration
# In float32, the operators whose last bits depend on the order of summation or on the library of functions.
INEXACT = {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "BATCH_MATMUL", "MEAN", "SUM",
           "AVERAGE_POOL_2D", "SOFTMAX", "LOGISTIC", "TANH", "ELU", "EXP", "LOG", "RSQRT", "L2_NORMALIZATION",
           "RESIZE_BILINEAR"}


class Net:
    """Chooses parameters; `finish` ends the chain, because what it makes is no image of real numbers any more."""

    def __init__(self, rng):
        self.rng = rng
        self.extra = []  # further outputs

    def pick(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def number(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def normal(self, *shape, scale=1.0, shift=0.0):
        return tf.constant((self.rng.standard_normal(shape) * scale + shift).astype(np.float32))

    def activation(self, x):
        return self.pick(lambda y: y, tf.nn.relu, tf.nn.relu6, lambda y: tf.clip_by_value(y, -1.0, 1.0))(x)

    def window(self, x, most=5):
        """A kernel that fits the image under any padding."""
        return [self.number(1, min(most, x.shape[1])), self.number(1, min(most, x.shape[2]))]


def conv2d(net, x):
    kernel, dilation = net.window(x, 3), 1
    stride = net.pick([1, 1], [2, 2], [3, 2], [1, 2])
    padding = net.pick("SAME", "VALID")
    if net.pick(0, 1, 2) == 0 and padding == "SAME":
        stride, dilation = [1, 1], net.pick(2, 3)
    filters = net.number(1, 9)
    depth = kernel[0] * kernel[1] * x.shape[3]
    weights = net.normal(*kernel, x.shape[3], filters, scale=depth**-0.5)
    y = tf.nn.conv2d(x, weights, strides=stride, padding=padding, dilations=dilation)
    return net.activation(tf.nn.bias_add(y, net.normal(filters, scale=0.3)) if net.pick(0, 1) else y)


def depthwise(net, x):
    kernel, stride = net.window(x, 3), net.pick(1, 2, 3)
    multiplier = net.pick(1, 1, 2, 3)
    dilation = net.pick(1, 1, 2) if stride == 1 else 1
    weights = net.normal(*kernel, x.shape[3], multiplier, scale=(kernel[0] * kernel[1])**-0.5)
    y = tf.nn.depthwise_conv2d(x, weights, [1, stride, stride, 1], net.pick("SAME", "VALID") if dilation == 1 else "SAME",
                               dilations=[dilation, dilation])
    return net.activation(tf.nn.bias_add(y, net.normal(y.shape[3], scale=0.3)))


def transpose_conv(net, x):
    n, h, w, c = x.shape
    kernel, stride = [net.number(1, 3), net.number(1, 3)], net.number(1, 2)
    padding = net.pick("SAME", "VALID")
    size = [s * stride if padding == "SAME" else (s - 1) * stride + k for s, k in zip((h, w), kernel)]
    filters = net.number(1, 5)
    weights = net.normal(*kernel, filters, c, scale=c**-0.5)
    y = tf.nn.conv2d_transpose(x, weights, [n, *size, filters], stride, padding)
    return tf.nn.bias_add(y, net.normal(filters, scale=0.3)) if net.pick(0, 1) else y


def fully_connected(net, x):
    n, h, w, c = x.shape
    flat = tf.reshape(x, [n, h * w * c])
    y = tf.matmul(flat, net.normal(h * w * c, 12, scale=(h * w * c)**-0.5))
    y = net.activation(y + net.normal(12, scale=0.2)) if net.pick(0, 1) else y
    return tf.reshape(y, [n, 2, 3, 2])


def batch_matmul(net, x):
    n, h, w, c = x.shape
    depth = net.number(1, 6)
    adjoint = bool(net.pick(0, 1))
    if net.pick(0, 1):
        other = net.normal(*([depth, c] if adjoint else [c, depth]), scale=c**-0.5)
    else:
        other = tf.nn.relu6(tf.reshape(x, [n, h, w, c]))
        other = other if adjoint else tf.transpose(other, [0, 1, 3, 2])
    return tf.matmul(x, other, transpose_b=adjoint)


def pool(kind):
    def build(net, x):
        return getattr(tf.nn, kind)(x, net.window(x, 4), net.pick(1, 2, 3), net.pick("SAME", "VALID"))
    return build


def reduce(function):
    def build(net, x):
        axes = net.pick([1, 2], [1], [2], [3], [1, 3], [1, 2, 3])
        keep = bool(net.pick(0, 1))
        y = function(x, axes, keepdims=keep)
        shape = [1 if i in axes else s for i, s in enumerate(x.shape)]
        return y if keep else tf.reshape(y, shape)
    return build


def pair(function):
    def build(net, x):
        kind = net.number(0, 3)
        if kind == 0:
            other = net.normal(*net.pick([x.shape[3]], [1, 1, 1, x.shape[3]], [1], x.shape))
        elif kind == 1:
            other = tf.nn.relu(x)
        elif kind == 2:
            other = tf.reduce_max(x, [1, 2], keepdims=True)
        else:
            other = tf.transpose(x, [0, 1, 2, 3])[:, :1]
        return net.activation(function(x, other) if net.pick(0, 1) else function(other, x))
    return build


def divide(net, x):
    return x / net.pick(net.normal(x.shape[3], scale=0.1, shift=1.5), tf.nn.relu6(x) + 1.0)


def positive(function):
    return lambda net, x: function(tf.abs(x) + 0.25)


def prelu(net, x):
    alpha = net.normal(*net.pick([1, 1, x.shape[3]], list(x.shape[1:])), scale=0.3)
    return tf.nn.relu(x) + -alpha * tf.nn.relu(-x)


def hard_swish(net, x):
    return x * tf.nn.relu6(x + 3.0) * np.float32(1 / 6)


def some_padding(net, most):
    return [[0, 0], *([net.number(0, most), net.number(0, most)] for _ in range(2)), net.pick([0, 0], [1, 0])]


def mirror_pad(net, x):
    most = min(2, x.shape[1] - 1, x.shape[2] - 1)
    paddings = [[0, 0], *([net.number(0, most), net.number(0, most)] for _ in range(2)), [0, 0]]
    return tf.pad(x, paddings, net.pick("REFLECT", "SYMMETRIC"))


def concatenation(net, x):
    axis = net.number(1, 3)
    return tf.concat([x, net.pick(tf.nn.relu6, tf.tanh, lambda y: y * 0.5)(x), x][:net.number(2, 3)], axis)


def split(net, x):
    axis = net.number(1, 3)
    size = x.shape[axis]
    if size % 2 == 0:
        a, b = tf.split(x, 2, axis)
        return a + b
    if size > 1:
        a, b = tf.split(x, [1, size - 1], axis)
        net.extra.append(a)
        return b
    return tf.split(x, 1, axis)[0]


def slice_(net, x):
    begin = [0, *(net.number(0, s - 1) for s in x.shape[1:])]
    return tf.slice(x, begin, [x.shape[0], *(net.number(1, s - b) for s, b in zip(x.shape[1:], begin[1:]))])


def strided_slice(net, x):
    y = x[:, ::net.pick(1, 2, -1), net.number(0, x.shape[2] - 1)::net.pick(1, 2)]
    return tf.expand_dims(y[:, 0], 1) if net.pick(0, 1) else y


def gather(net, x):
    axis = net.number(1, 3)
    return tf.gather(x, net.rng.integers(0, x.shape[axis], net.number(1, 5)).astype(np.int32), axis=axis)


def transpose(net, x):
    return tf.transpose(x, [0, *(1 + net.rng.permutation(3)).tolist()])


def squeeze(net, x):
    y = tf.squeeze(tf.reduce_max(x, [1], keepdims=True), [1])
    return tf.expand_dims(tf.nn.relu(y), net.pick(1, 2, -1))


def reshape(net, x):
    n, h, w, c = x.shape
    return tf.reshape(x, net.pick([n, w, h, c], [n, h * w, 1, c], [n, 1, c, h * w]))


def stack(net, x):
    parts = tf.unstack(x, axis=1)[:6]
    if len(parts) < 2:
        parts *= 2
    return tf.stack(parts[::-1], axis=net.number(1, 3))


def space_to_depth(net, x):
    y = tf.pad(x, [[0, 0], [0, x.shape[1] % 2], [0, x.shape[2] % 2], [0, 0]])
    return tf.nn.space_to_depth(y, 2)


def depth_to_space(net, x):
    return tf.nn.depth_to_space(tf.concat([x, tf.nn.relu(x), x, x * 0.5], 3), 2)


def space_batch(net, x):
    block = net.pick(2, 3)
    pads = [[net.number(0, 1), 0] for _ in range(2)]
    pads = [[a, (-(s + a)) % block] for (a, _), s in zip(pads, x.shape[1:3])]
    y = tf.nn.relu6(tf.space_to_batch(x, [block, block], pads))
    return tf.batch_to_space(y, [block, block], pads if net.pick(0, 1) else [[0, 0], [0, 0]])


def resize(method):
    def build(net, x):
        size = [net.number(1, 2 * x.shape[1]), net.number(1, 2 * x.shape[2])]
        corners, centers = net.pick((False, False), (True, False), (False, True))
        function = tf.raw_ops.ResizeBilinear if method == "bilinear" else tf.raw_ops.ResizeNearestNeighbor
        return function(images=x, size=size, align_corners=corners, half_pixel_centers=centers)
    return build


def l2_normalization(net, x):
    return tf.nn.l2_normalize(x, axis=-1, epsilon=1e-6)


def softmax(net, x):
    return tf.nn.softmax(x)


def index(function):
    def build(net, x):
        net.extra.append(function(x, axis=net.number(1, 3), output_type=net.pick(tf.int32, tf.int64)))
        return x
    return build


def cast(net, x):
    net.extra.append(tf.cast(tf.cast(x * 3.0, tf.int32), tf.float32))
    return x


def compare(function):
    def build(net, x):
        other = net.pick(tf.nn.relu(x), net.normal(x.shape[3], scale=0.5))
        net.extra.append(function(x, other))
        return x
    return build


def logical(net, x):
    a, b = x > 0.0, tf.nn.relu6(x) < 0.5
    net.extra.append(net.pick(tf.logical_and, tf.logical_or)(a, b))
    net.extra.append(tf.logical_not(a))
    return x


def plain(function):
    return lambda net, x: function(x)


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


def build(number, small=False):
    """The network's function, its input shape and its mode."""
    rng = np.random.default_rng([11, number])
    names = list(OPERATORS)
    focus = names[number % len(names)]
    mode = MODES[(number // len(names) + number) % len(MODES)]
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
    if mode != "float32 outside":
        outside = tf.uint8 if mode.startswith("uint8") else tf.int8
        converter.inference_input_type = outside
        converter.inference_output_type = outside
    converter._experimental_disable_per_channel = mode.endswith("per tensor")
    return converter.convert()


def random_input(detail, rng):
    if detail["dtype"] == np.float32:
        return rng.standard_normal(detail["shape"]).astype(np.float32)
    limits = np.iinfo(detail["dtype"])
    return rng.integers(limits.min, limits.max + 1, detail["shape"]).astype(detail["dtype"])


class Golden:
    """What LiteRT makes of a network: input and output files, and a folder of the tensors of all operators."""

    def __init__(self, model, folder, rng):
        self.folder = folder
        self.interpreter = Interpreter(model_content=model, num_threads=1, experimental_preserve_all_tensors=True,
                                       experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        self.interpreter.allocate_tensors()
        for i, detail in enumerate(self.interpreter.get_input_details()):
            value = random_input(detail, rng)
            self.interpreter.set_tensor(detail["index"], value)
            np.save(folder / f"input_{i}.npy", value)
        self.interpreter.invoke()
        self.outputs = [self.interpreter.get_tensor(d["index"]) for d in self.interpreter.get_output_details()]
        self.operators = self.interpreter._get_ops_details()

    def write_layers(self):
        layers = self.folder / "layers"
        layers.mkdir()
        known = {detail["index"] for detail in self.interpreter.get_tensor_details()}
        entries = []
        for operator in self.operators:
            for tensor in operator["outputs"]:
                if tensor not in known:
                    continue
                value = self.interpreter.get_tensor(tensor)
                name = f"{len(entries):03d}.npy"
                np.save(layers / name, value)
                entries.append({"file": name, "tensor": int(tensor)})
        (layers / "index.json").write_text(json.dumps(entries))

    def is_float(self, tensor):
        return self.interpreter._get_tensor_details(int(tensor), 0)["dtype"] == np.float32

    def sums_int8(self):
        """LiteRT 2.3.0's reference Sum takes int8 for uint8 (docs/quantization.md)."""
        return any(operator["op_name"] == "SUM" and
                   self.interpreter._get_tensor_details(int(operator["inputs"][0]), 0)["dtype"] == np.int8
                   for operator in self.operators)

    def behind_float(self):
        """The operators whose results depend on float32 arithmetic."""
        tainted, operators = set(), set()
        for i, operator in enumerate(self.operators):
            inputs = [t for t in operator["inputs"] if t >= 0]
            computes = operator["op_name"] in INEXACT and any(self.is_float(t) for t in operator["outputs"])
            if computes or any(t in tainted for t in inputs):
                operators.add(i)
                tainted.update(operator["outputs"])
        return operators


def relative_error(actual, expected):
    """Of the largest magnitude; infinities and NaN at the same places are equal."""
    same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    if same.all():
        return 0.0
    finite = np.abs(expected[np.isfinite(expected)])
    with np.errstate(invalid="ignore"):
        error = np.abs(actual.astype(np.float64) - expected)[~same].max()
    return float(error / max(finite.max() if finite.size else 0.0, 1e-30))


class Report:
    def __init__(self):
        self.networks = self.elements = self.layers = self.other_side = self.left_out = 0
        self.modes, self.operators = collections.Counter(), collections.Counter()
        self.largest_error = 0.0
        self.problems = []

    def check(self, dlpu, path, golden, number):
        """Whether dlpu computes the same."""
        call = subprocess.run([dlpu, "run", path, "--input", *sorted(map(str, golden.folder.glob("input_*.npy"))),
                               "--output", golden.folder / "out"], capture_output=True, text=True, check=False)
        if call.returncode != 0:
            self.problems.append(f"{number}: {call.stderr.strip()}")
            return
        soft = golden.behind_float()
        golden.write_layers()
        subprocess.run([dlpu, "compare", path, "reference", golden.folder, "--json", golden.folder / "compare.json"],
                       capture_output=True, check=True)
        for operator in json.loads((golden.folder / "compare.json").read_text())["operators"]:
            self.check_operator(operator, golden, soft, number)
        for i, expected in enumerate(golden.outputs):
            actual = np.load(golden.folder / "out" / f"output_{i}.npy")
            assert actual.dtype == expected.dtype and actual.shape == expected.shape
            self.elements += actual.size
            if expected.dtype == np.float32:
                error = relative_error(actual, expected)
                self.largest_error = max(self.largest_error, error)
                if not error <= FLOAT_TOLERANCE and not self.dequantized(golden, i, error, soft):
                    self.problems.append(f"{number}: output {i} has a relative error of {error:.2g}")

    def dequantized(self, golden, output, error, soft):
        """A float32 output that is a quantized tensor's, which may be one step off behind float32 arithmetic."""
        tensor = golden.interpreter.get_output_details()[output]["index"]
        makers = [i for i, operator in enumerate(golden.operators) if tensor in operator["outputs"]]
        return bool(makers) and makers[0] in soft and golden.operators[makers[0]]["op_name"] == "DEQUANTIZE" and error < 0.02

    def check_operator(self, operator, golden, soft, number):
        index = operator["operator"]
        self.operators[operator["type"]] += 1
        if not operator["compared"]:
            return
        self.layers += 1
        if golden.is_float(golden.operators[index]["outputs"][0]) or operator["differing"] == 0:
            return
        if index in soft and operator["largest_steps"] <= 1:
            self.other_side += operator["differing"]
            return
        self.problems.append(f"{number}: operator {index} ({operator['type']}): {operator['differing']} of "
                             f"{operator['elements']} differ by up to {operator['largest_steps']} steps")

    def print(self):
        print(f"{self.networks} networks: " + ", ".join(f"{n} {mode}" for mode, n in sorted(self.modes.items())))
        print(f"{self.layers} operators compared, of {len(self.operators)} kinds: " +
              ", ".join(f"{n} {kind}" for kind, n in sorted(self.operators.items())))
        print(f"{self.elements} elements of outputs; largest relative error in float32 {self.largest_error:.2g}; "
              f"{self.other_side} integers quantized from float32 fell on the other side")
        print(f"{self.left_out} networks with Sum in int8, which LiteRT's reference kernel computes as if it were uint8, left out")
        print(f"{len(self.problems)} problems")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dlpu", default="build/release/tools/dlpu")
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=pathlib.Path, help="leave models and tensors of networks that differ here")
    parser.add_argument("--fixtures", type=pathlib.Path)
    options = parser.parse_args()
    if options.fixtures:
        return write_fixtures(options.fixtures)
    report = Report()
    for number in range(options.first, options.first + options.count):
        function, shape, mode, chain, rng = build(number)
        try:
            model = convert(function, shape, mode, rng)
        except Exception as error:  # the converter's own limits
            print(f"{number}: {mode}, {' '.join(chain)}: not converted: {str(error).splitlines()[0][:100]}")
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            path = folder / "model.tflite"
            path.write_bytes(model)
            before = len(report.problems)
            try:
                golden = Golden(model, folder, rng)
            except (RuntimeError, ValueError) as error:
                print(f"{number}: {mode}, {' '.join(chain)}: LiteRT refuses it: {str(error).splitlines()[0][:100]}")
                continue
            if golden.sums_int8():
                report.left_out += 1
                continue
            report.check(options.dlpu, path, golden, number)
            report.networks += 1
            report.modes[mode] += 1
            for problem in report.problems[before:]:
                print(f"{problem}  [{mode}; {' '.join(chain)}]", flush=True)
            if options.keep and len(report.problems) > before:
                shutil.copytree(folder, options.keep / str(number), dirs_exist_ok=True)
    report.print()
    return 1 if report.problems or report.networks == 0 else 0


def write_fixtures(target, wanted=30, most_bytes=9000):
    """Small networks, one for every second operator in turn, each of some kB, and exact."""
    written = 0
    number = 1000
    while written < wanted:
        number += 2
        function, shape, mode, chain, rng = build(number, small=True)
        try:
            model = convert(function, shape, mode, rng)
        except Exception:
            continue
        with tempfile.TemporaryDirectory() as name:
            try:
                golden = Golden(model, pathlib.Path(name), rng)
            except (RuntimeError, ValueError):
                continue
            size = len(model) + sum(output.nbytes for output in golden.outputs)
            soft = golden.behind_float() if mode != "float32" and mode != "float16 weights" else []
            if size > most_bytes or soft or golden.sums_int8() or any(np.isnan(o).any() for o in golden.outputs if o.dtype == np.float32):
                continue
            stem = target / f"{written:02d}"
            stem.with_suffix(".tflite").write_bytes(model)
            shutil.copy(pathlib.Path(name) / "input_0.npy", f"{stem}.input_0.npy")
            for i, output in enumerate(golden.outputs):
                np.save(f"{stem}.output_{i}.npy", output)
            print(f"{stem.name}: network {number}, {mode}, {' '.join(chain)}, {size} bytes", flush=True)
            written += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
