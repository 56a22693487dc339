#!/usr/bin/env python3
"""Write tests/fixtures/NAME.tflite with NAME.input_K.npy and NAME.output_K.npy: small networks of several operators, and
what LiteRT's reference kernels (op resolver BUILTIN_REF, one thread) make of random inputs.

    python3 -m venv venv && venv/bin/pip install -r tools/requirements.txt
    venv/bin/python tools/make_fixtures.py [--out tests/fixtures] [NAME ...]

The output is a function of the seed and of the LiteRT version alone.
"""
import argparse
import pathlib
import zlib

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers
from ai_edge_litert.interpreter import Interpreter, OpResolverType

SEED = 7
SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3
TYPES = {"int8": schema.TensorType.INT8, "uint8": schema.TensorType.UINT8, "int32": schema.TensorType.INT32,
         "int64": schema.TensorType.INT64, "float32": schema.TensorType.FLOAT32, "float16": schema.TensorType.FLOAT16,
         "bool": schema.TensorType.BOOL}


class Network:
    """A .tflite file under construction; tensors are numbers."""

    def __init__(self, name, old_codes=False):
        self.rng = np.random.default_rng([SEED, zlib.crc32(name.encode())])
        self.old_codes = old_codes  # only the field that files of before 2020 have
        self.tensors, self.operators, self.codes = [], [], []
        self.buffers = [schema.BufferT()]
        self.inputs = []

    def tensor(self, shape, dtype, scale=None, zero_point=0, axis=0, data=None, name=None):
        packed = schema.TensorT()
        packed.name = (name or f"tensor_{len(self.tensors)}").encode()
        packed.shape, packed.type = list(shape), TYPES[dtype]
        packed.buffer = 0
        if data is not None:
            packed.buffer = len(self.buffers)
            self.buffers.append(schema.BufferT())
            self.buffers[-1].data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        if scale is not None:
            scale = np.atleast_1d(np.asarray(scale, np.float32))
            packed.quantization = schema.QuantizationParametersT()
            packed.quantization.scale = [float(s) for s in scale]
            packed.quantization.zeroPoint = [int(zero_point)] * scale.size
            packed.quantization.quantizedDimension = axis
        self.tensors.append(packed)
        return len(self.tensors) - 1

    def input(self, shape, dtype, scale=None, zero_point=0, name="image"):
        self.inputs.append(self.tensor(shape, dtype, scale, zero_point, name=name))
        return self.inputs[-1]

    def constant(self, data, scale=None, zero_point=0, axis=0):
        data = np.asarray(data)
        return self.tensor(data.shape, data.dtype.name, scale, zero_point, axis, data)

    def operator(self, builtin, inputs, outputs, options=None, **fields):
        code = getattr(schema.BuiltinOperator, builtin)
        if code not in self.codes:
            self.codes.append(code)
        packed = schema.OperatorT()
        packed.opcodeIndex = self.codes.index(code)
        packed.inputs, packed.outputs = list(inputs), list(outputs)
        if options is not None:
            packed.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            packed.builtinOptions = getattr(schema, options + "T")()
            for key, value in fields.items():
                assert hasattr(packed.builtinOptions, key), key
                setattr(packed.builtinOptions, key, value)
        self.operators.append(packed)
        return outputs[0]

    def detections(self, boxes, scores, anchors, **options):
        """The four outputs; their shapes are left open, as in the files of the detection API."""
        outputs = [self.tensor([], "float32", name=name) for name in ("boxes", "classes", "scores", "count")]
        self.operator("CUSTOM", [boxes, scores, anchors], outputs)
        self.operators[-1].customOptions = list(flexbuffers.Dumps(options))
        return outputs

    def move(self, builtin, x, shapes, *constants, first=0, **options):
        """An operator that only moves elements; `x` stands behind `first` of its constants."""
        outputs = [self.copy_type(x, shape) for shape in shapes]
        inputs = [self.constant(np.array(values, np.int32)) for values in constants]
        name = "".join(word.title() for word in builtin.split("_")) + "Options" if options else None
        self.operator(builtin, [*inputs[:first], x, *inputs[first:]], outputs, name, **options)
        return outputs

    def pack(self, outputs):
        model = schema.ModelT()
        model.version = 3
        model.description = b"dlpu fixture"
        for code in self.codes:
            packed = schema.OperatorCodeT()
            packed.deprecatedBuiltinCode = min(code, 127)
            packed.builtinCode = 0 if self.old_codes else code
            packed.version = 1
            if code == schema.BuiltinOperator.CUSTOM:
                packed.customCode = b"TFLite_Detection_PostProcess"
            model.operatorCodes = [*(model.operatorCodes or []), packed]
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = self.tensors, self.operators
        graph.inputs, graph.outputs = self.inputs, list(outputs)
        model.subgraphs, model.buffers = [graph], self.buffers
        builder = flatbuffers.Builder(4096)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    # Operators with weights. The output's scale is chosen so that most of its range is used.

    def shape(self, tensor):
        return list(self.tensors[tensor].shape)

    def scale(self, tensor):
        return self.tensors[tensor].quantization.scale[0]

    def dtype(self, tensor):
        return next(name for name, value in TYPES.items() if value == self.tensors[tensor].type)

    def weights(self, x, filter_shape, channel_axis, per_channel, depth, bias=True, hybrid=False):
        """Filter, bias and output scale for an input tensor; `depth`: products in one sum."""
        dtype, channels = self.dtype(x), filter_shape[channel_axis]
        if dtype == "float32" and not hybrid:
            filter_data = self.rng.normal(0, 1 / np.sqrt(depth), filter_shape).astype(np.float32)
            operands = [x, self.constant(filter_data)]
            if bias:
                operands.append(self.constant(self.rng.normal(0, 0.5, channels).astype(np.float32)))
            return operands, None
        zero_point = 131 if dtype == "uint8" else 0
        filter_data = np.clip(np.round(self.rng.normal(zero_point, 40, filter_shape)), 0 if zero_point else -127,
                              255 if zero_point else 127).astype("int8" if hybrid else dtype)
        scale = self.rng.uniform(0.01, 0.03, channels if per_channel else 1).astype(np.float32)
        operands = [x, self.constant(filter_data, scale, zero_point, channel_axis if per_channel else 0)]
        if hybrid:
            operands.append(self.constant(self.rng.normal(0, 0.5, channels).astype(np.float32)))
            return operands, None
        product = np.float32(self.scale(x)) * scale
        if bias:
            bias_data = np.round(self.rng.normal(0, 20 * np.sqrt(depth) * 40, channels)).astype(np.int32)
            operands.append(self.constant(bias_data, product))
        return operands, float(product.mean() * np.sqrt(depth) * 40 * 60 / 45)

    def made(self, x, shape, scale, zero_point=None, dtype=None, name=None):
        dtype = dtype or self.dtype(x)
        if dtype == "float32":
            return self.tensor(shape, dtype, name=name)
        zero_point = (5 if dtype == "int8" else 120) if zero_point is None else zero_point
        return self.tensor(shape, dtype, scale, zero_point, name=name)

    @staticmethod
    def places(size, kernel, stride, dilation, padding):
        return -(-size // stride) if padding == SAME else -(-(size - (kernel - 1) * dilation) // stride)

    def conv(self, x, filters, kernel=3, stride=1, dilation=1, padding=SAME, activation=NONE, per_channel=True,
             bias=True, hybrid=False):
        n, h, w, c = self.shape(x)
        operands, scale = self.weights(x, [filters, kernel, kernel, c], 0, per_channel, kernel * kernel * c, bias, hybrid)
        shape = [n, *(self.places(s, kernel, stride, dilation, padding) for s in (h, w)), filters]
        y = self.made(x, shape, scale, -128 if activation == RELU6 and self.dtype(x) == "int8" else None)
        return self.operator("CONV_2D", operands, [y], "Conv2DOptions", padding=padding, strideW=stride, strideH=stride,
                             dilationWFactor=dilation, dilationHFactor=dilation, fusedActivationFunction=activation)

    def depthwise(self, x, multiplier=1, kernel=3, stride=1, padding=SAME, activation=NONE, per_channel=True):
        n, h, w, c = self.shape(x)
        channels = c * multiplier
        operands, scale = self.weights(x, [1, kernel, kernel, channels], 3, per_channel, kernel * kernel)
        shape = [n, *(self.places(s, kernel, stride, 1, padding) for s in (h, w)), channels]
        y = self.made(x, shape, scale)
        return self.operator("DEPTHWISE_CONV_2D", operands, [y], "DepthwiseConv2DOptions", padding=padding,
                             strideW=stride, strideH=stride, depthMultiplier=multiplier,
                             fusedActivationFunction=activation)

    def fully_connected(self, x, units, per_channel=False, bias=True, keep=False, name=None, hybrid=False):
        shape = self.shape(x)
        depth = shape[-1] if keep else int(np.prod(shape[1:]))
        operands, scale = self.weights(x, [units, depth], 0, per_channel, depth, bias, hybrid)
        y = self.made(x, [*shape[:-1], units] if keep else [shape[0], units], scale, name=name)
        return self.operator("FULLY_CONNECTED", operands, [y], "FullyConnectedOptions", keepNumDims=keep)

    # Operators without

    def add(self, a, b, activation=NONE, scale=None):
        shape = np.broadcast_shapes(self.shape(a), self.shape(b))
        y = self.made(a, shape, scale)
        return self.operator("ADD", [a, b], [y], "AddOptions", fusedActivationFunction=activation)

    def copy_type(self, x, shape, name=None):
        q = self.tensors[x].quantization
        return self.tensor(shape, self.dtype(x), q and q.scale, q.zeroPoint[0] if q else 0, name=name)

    def pool(self, builtin, x, kernel, stride=1, padding=VALID, activation=NONE):
        n, h, w, c = self.shape(x)
        y = self.copy_type(x, [n, *(self.places(s, kernel, stride, 1, padding) for s in (h, w)), c])
        return self.operator(builtin, [x], [y], "Pool2DOptions", padding=padding, strideW=stride, strideH=stride,
                             filterWidth=kernel, filterHeight=kernel, fusedActivationFunction=activation)

    def reshape(self, x, shape, as_option=False, name=None):
        y = self.copy_type(x, shape, name=name)
        if as_option:
            return self.operator("RESHAPE", [x], [y], "ReshapeOptions", newShape=list(shape))
        return self.operator("RESHAPE", [x, self.constant(np.array(shape, np.int32))], [y])

    def softmax(self, x, beta=1.0):
        low = {"int8": -128, "uint8": 0, "float32": 0}[self.dtype(x)]
        y = self.made(x, self.shape(x), 1 / 256, low, name="probabilities")
        return self.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=beta)


def int8_residual(net):
    x = net.input([1, 9, 7, 3], "int8", 0.04, -3)
    x = net.conv(x, 8, stride=2, activation=RELU6)
    y = net.depthwise(x, activation=RELU)
    y = net.conv(y, 8, kernel=1)
    x = net.add(x, y, scale=net.scale(x) + net.scale(y))
    axes = net.constant(np.array([1, 2], np.int32))
    y = net.made(x, [1, 1, 1, 8], net.scale(x) / 2, -7)
    x = net.operator("MEAN", [x, axes], [y], "ReducerOptions", keepDims=True)
    x = net.reshape(x, [1, 8])
    x = net.fully_connected(x, 5, per_channel=True, bias=False, name="scores")
    return [net.softmax(x, beta=0.01), x]


def uint8_zero_points(net):
    x = net.input([1, 8, 8, 3], "uint8", 1 / 128, 128)
    x = net.conv(x, 8, stride=2, per_channel=False, activation=RELU6)
    y = net.depthwise(x, multiplier=2, per_channel=False, activation=RELU)
    z = net.conv(x, 5, kernel=1, per_channel=False)
    joined = net.made(x, [1, 4, 4, 21], net.scale(y), 100)
    x = net.operator("CONCATENATION", [y, z], [joined], "ConcatenationOptions", axis=-1)
    x = net.pool("AVERAGE_POOL_2D", x, 4)
    x = net.reshape(x, [1, 21], as_option=True)
    return [net.softmax(net.fully_connected(x, 6), beta=0.3)]


def float_network(net):
    x = net.input([1, 10, 10, 3], "float32")
    paddings = net.constant(np.array([[0, 0], [1, 0], [0, 1], [0, 0]], np.int64))
    x = net.operator("PAD", [x, paddings], [net.tensor([1, 11, 11, 3], "float32")], "PadOptions")
    x = net.conv(x, 8, padding=VALID)
    x = net.operator("RELU_N1_TO_1", [x], [net.tensor(net.shape(x), "float32")])
    x = net.pool("MAX_POOL_2D", x, 3, stride=2, padding=SAME)
    x = net.depthwise(x, activation=RELU6, stride=2)
    return [net.softmax(net.fully_connected(x, 4, bias=False))]


def float16_weights(net):
    x = net.input([2, 6, 6, 2], "float32")
    half = net.constant(net.rng.normal(0, 0.3, [4, 3, 3, 2]).astype(np.float16))
    weights = net.operator("DEQUANTIZE", [half], [net.tensor([4, 3, 3, 2], "float32")], "DequantizeOptions")
    bytes_ = net.constant(np.array([-100, 0, 50, 127], np.int8), 0.01, 3)
    bias = net.operator("DEQUANTIZE", [bytes_], [net.tensor([4], "float32")], "DequantizeOptions")
    y = net.tensor([2, 3, 3, 4], "float32")
    return [net.operator("CONV_2D", [x, weights, bias], [y], "Conv2DOptions", padding=SAME, strideW=2, strideH=2,
                         fusedActivationFunction=RELU)]


def uint8_border(net):
    x = net.input([1, 6, 6, 3], "uint8", 1 / 255, 0)
    x = net.operator("QUANTIZE", [x], [net.tensor([1, 6, 6, 3], "int8", 1 / 255, -128)], "QuantizeOptions")
    x = net.conv(x, 4, kernel=5, per_channel=False)
    relu = net.tensor(net.shape(x), "int8", net.scale(x) * 0.6, -128)
    x = net.operator("RELU", [x], [relu])
    y = net.tensor(net.shape(x), "uint8", net.scale(x) * 1.3, 11, name="result")
    return [net.operator("QUANTIZE", [x], [y], "QuantizeOptions")]


def float_border(net):
    x = net.input([1, 7, 7, 2], "float32")
    x = net.operator("QUANTIZE", [x], [net.tensor([1, 7, 7, 2], "int8", 0.02, 4)], "QuantizeOptions")
    paddings = net.constant(np.array([[0, 0], [2, 2], [2, 2], [0, 0]], np.int32))
    value = net.constant(np.array([-60], np.int8), 0.02, 4)
    x = net.operator("PADV2", [x, paddings, value], [net.copy_type(x, [1, 11, 11, 2])], "PadV2Options")
    x = net.conv(x, 3, dilation=3, padding=VALID)
    x = net.pool("MAX_POOL_2D", x, 5)
    x = net.operator("SQUEEZE", [x], [net.copy_type(x, [3])], "SqueezeOptions", squeezeDims=[])
    x = net.operator("EXPAND_DIMS", [x, net.constant(np.array(-1, np.int32))], [net.copy_type(x, [3, 1])],
                     "ExpandDimsOptions")
    return [net.operator("DEQUANTIZE", [x], [net.tensor([3, 1], "float32")], "DequantizeOptions")]


def two_outputs(net):
    a = net.input([1, 4, 6], "int8", 0.03, 2, name="left")
    b = net.input([1, 1, 6], "int8", 0.05, -9, name="right")
    total = net.add(a, b, scale=0.06)
    flat = net.reshape(total, [24], name="flat")  # the same bytes as `total`, which is needed after it
    again = net.add(total, b, activation=RELU, scale=0.07)
    return [flat, again, total, net.reshape(a, [6, 4], name="input_in_another_shape")]


def constant_operands(net):
    x = net.input([2, 5], "uint8", 0.1, 30)
    offset = net.constant(net.rng.integers(0, 256, 5).astype(np.uint8), 0.07, 99)
    x = net.add(offset, x, scale=0.12)
    more = net.constant(net.rng.integers(0, 256, [2, 3]).astype(np.uint8), 0.03, 128)
    y = net.tensor([2, 8], "uint8", 0.12, 120)
    x = net.operator("CONCATENATION", [x, more], [y], "ConcatenationOptions", axis=1)
    return [net.fully_connected(x, 3, keep=True)]


def float_int8_filters(net):
    x = net.input([2, 6, 5, 3], "float32")
    x = net.conv(x, 8, stride=2, per_channel=False, hybrid=True, activation=RELU)
    return [net.conv(x, 4, kernel=1, per_channel=False, hybrid=True)]


def movement(net):
    x = net.input([1, 9, 10, 3], "int8", 0.04, -3)
    [x] = net.move("MIRROR_PAD", x, [[1, 12, 12, 3]], [[0, 0], [1, 2], [2, 0], [0, 0]], mode=0)
    quarters = [net.move("STRIDED_SLICE", x, [[1, 6, 6, 3]], [0, i, j, 0], [0, 12, 12, 0], [1, 2, 2, 1], beginMask=9,
                         endMask=9)[0] for i in (0, 1) for j in (0, 1)]
    y = net.copy_type(x, [1, 6, 6, 12])
    x = net.operator("CONCATENATION", quarters, [y], "ConcatenationOptions", axis=3)
    [x] = net.move("SPACE_TO_BATCH_ND", x, [[4, 3, 4, 12]], [2, 2], [[0, 0], [1, 1]])
    x = net.conv(x, 8, activation=RELU)
    [x] = net.move("BATCH_TO_SPACE_ND", x, [[1, 6, 6, 8]], [2, 2], [[0, 0], [1, 1]])
    left, right = net.move("SPLIT", x, [[1, 6, 6, 4]] * 2, 3, first=1, numSplits=2)
    one, two = net.move("SPLIT_V", right, [[1, 6, 6, 1], [1, 6, 6, 3]], [1, 3], 3, numSplits=2)
    y = net.copy_type(x, [1, 6, 6, 8])
    x = net.operator("CONCATENATION", [two, left, one], [y], "ConcatenationOptions", axis=3)
    [deep] = net.move("SPACE_TO_DEPTH", x, [[1, 3, 3, 32]], blockSize=2)
    [wide] = net.move("DEPTH_TO_SPACE", deep, [[1, 6, 6, 8]], blockSize=2)
    [wide] = net.move("RESIZE_NEAREST_NEIGHBOR", wide, [[1, 12, 12, 8]], [12, 12])
    y = net.made(x, [1, 12, 12, 8], 0.5)
    filter, bias = net.weights(x, [8, 3, 3, 8], 0, True, 36)[0][1:]
    x = net.operator("TRANSPOSE_CONV", [net.constant(np.array([1, 12, 12, 8], np.int32)), filter, x, bias], [y],
                     "TransposeConvOptions", padding=SAME, strideW=2, strideH=2)
    [x] = net.move("RESIZE_BILINEAR", net.add(x, wide, scale=0.5), [[1, 7, 9, 8]], [7, 9], halfPixelCenters=True)
    [x] = net.move("GATHER", x, [[1, 7, 9, 3]], [7, 0, 3], axis=3)
    [x] = net.move("TRANSPOSE", x, [[1, 3, 7, 9]], [0, 3, 1, 2])
    [x] = net.move("SLICE", x, [[1, 2, 6, 9]], [0, 1, 1, 0], [1, 2, -1, 9])
    [x] = net.move("STRIDED_SLICE", x, [[2, 6, 9]], [0], [1], [1], shrinkAxisMask=1)
    rows = net.move("UNPACK", x, [[2, 9]] * 6, axis=1, num=6)
    y = net.copy_type(x, [2, 9, 3])
    return [net.operator("PACK", [rows[4], rows[0], rows[2]], [y], "PackOptions", axis=2, valuesCount=3)]


def detector(net):
    x = net.input([1, 8, 8, 3], "uint8", 0.04, 128)
    x = net.conv(x, 8, stride=2, per_channel=False, activation=RELU6)
    boxes, scores = net.conv(x, 8, kernel=1, per_channel=False), net.conv(x, 6, kernel=1, per_channel=False)
    boxes, scores = net.reshape(boxes, [1, 32, 4]), net.reshape(scores, [1, 32, 3])
    boxes, scores = (net.operator("DEQUANTIZE", [x], [net.tensor(net.shape(x), "float32")]) for x in (boxes, scores))
    centres = np.stack(np.meshgrid(np.arange(4), np.arange(4), indexing="ij"), -1).reshape(-1, 1, 2).repeat(2, 1)
    anchors = np.concatenate([(centres.reshape(-1, 2) + 0.5) / 4, net.rng.uniform(0.2, 0.6, (32, 2))], 1)
    return net.detections(boxes, scores, net.constant(anchors.astype(np.float32)), max_detections=8,
                          max_classes_per_detection=1, detections_per_class=100, use_regular_nms=True,
                          nms_score_threshold=0.2, nms_iou_threshold=0.5, num_classes=2, y_scale=10.0, x_scale=10.0,
                          h_scale=5.0, w_scale=5.0)


def functions(net):
    """Gates, a comparison and an index, as attention blocks and post-processing have them."""
    x = net.input([1, 6, 5, 8], "int8", 0.05, 4)
    y = net.conv(x, 8)
    gate = net.operator("LOGISTIC", [y], [net.tensor(net.shape(y), "int8", 1 / 256, -128)])
    y = net.operator("MUL", [y, gate], [net.made(y, [1, 6, 5, 8], net.scale(y) / 2)], "MulOptions")
    slopes = net.constant(net.rng.integers(-128, 128, [1, 1, 8]).astype(np.int8), 0.004)
    y = net.operator("PRELU", [y, slopes], [net.copy_type(y, [1, 6, 5, 8])])
    y = net.operator("HARD_SWISH", [y], [net.made(y, [1, 6, 5, 8], 0.03, -90)])
    y = net.operator("LEAKY_RELU", [y], [net.copy_type(y, [1, 6, 5, 8])], "LeakyReluOptions", alpha=0.1)
    floor = net.constant(np.array([-80], np.int8), net.scale(y), -90)
    y = net.operator("MAXIMUM", [y, floor], [net.copy_type(y, [1, 6, 5, 8])], "MaximumMinimumOptions")
    y = net.operator("SUB", [y, x], [net.made(y, [1, 6, 5, 8], 0.07, 0)], "SubOptions")
    columns = net.constant(np.array([2], np.int32))
    peak = net.operator("REDUCE_MAX", [y, columns], [net.copy_type(y, [1, 6, 8])], "ReducerOptions")
    best = net.operator("ARG_MAX", [peak, net.constant(np.array(-1, np.int32))], [net.tensor([1, 6], "int32")],
                        "ArgMaxOptions", outputType=TYPES["int32"])
    count = net.operator("SUM", [best, net.constant(np.array([1], np.int32))], [net.tensor([1], "int32")],
                         "ReducerOptions")
    unit = net.operator("L2_NORMALIZATION", [peak], [net.tensor([1, 6, 8], "int8", 1 / 128, 0)], "L2NormOptions")
    product = net.operator("BATCH_MATMUL", [unit, unit], [net.tensor([1, 6, 6], "int8", 1 / 100, -10)],
                           "BatchMatMulOptions", adjY=True)
    near = net.operator("GREATER", [product, net.constant(np.array(89, np.int8), 1 / 100, -10)],
                        [net.tensor([1, 6, 6], "bool")], "GreaterOptions")
    far = net.operator("LOGICAL_NOT", [near], [net.tensor([1, 6, 6], "bool")], "LogicalNotOptions")
    return [net.operator("CAST", [far], [net.tensor([1, 6, 6], "float32")], "CastOptions"), best, count]


def attention(net):
    """A block of a vision transformer: patches, what each asks of the others, and the perceptron behind."""
    x = net.conv(net.input([1, 12, 12, 3], "int8", 0.05, 4), 8, kernel=4, stride=4, padding=VALID, per_channel=False)
    x = net.reshape(x, [1, 9, 8])
    query, key, value = (net.fully_connected(x, 8, keep=True) for _ in range(3))
    scores = net.operator("BATCH_MATMUL", [query, key], [net.made(x, [1, 9, 9], 0.06, 3)], "BatchMatMulOptions", adjY=True)
    shares = net.operator("SOFTMAX", [scores], [net.tensor([1, 9, 9], "int8", 1 / 256, -128)], "SoftmaxOptions", beta=1.0)
    y = net.operator("BATCH_MATMUL", [shares, value], [net.copy_type(value, [1, 9, 8])], "BatchMatMulOptions")
    y = net.add(x, y, scale=2 * net.scale(x))
    return [net.fully_connected(y, 4, keep=True)]


NETWORKS = [int8_residual, uint8_zero_points, float_network, float16_weights, uint8_border, float_border, two_outputs,
            constant_operands, float_int8_filters, movement, detector, functions, attention]


def random_input(rng, detail):
    if np.issubdtype(detail["dtype"], np.integer):
        limits = np.iinfo(detail["dtype"])
        return rng.integers(limits.min, limits.max + 1, detail["shape"]).astype(detail["dtype"])
    return rng.standard_normal(detail["shape"]).astype(np.float32)


def write(make, folder):
    name = make.__name__
    net = Network(name, old_codes=name == "uint8_zero_points")
    model = net.pack(make(net))
    (folder / f"{name}.tflite").write_bytes(model)
    interpreter = Interpreter(model_content=model, num_threads=1,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    for i, detail in enumerate(interpreter.get_input_details()):
        value = random_input(net.rng, detail)
        interpreter.set_tensor(detail["index"], value)
        np.save(folder / f"{name}.input_{i}.npy", value)
    interpreter.invoke()
    for i, detail in enumerate(interpreter.get_output_details()):
        value = interpreter.get_tensor(detail["index"])
        np.save(folder / f"{name}.output_{i}.npy", value)
        print(name, i, value.dtype, value.shape, len(np.unique(value)), "different values")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("tests/fixtures"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for make in NETWORKS:
        if not args.names or make.__name__ in args.names:
            write(make, args.out)


if __name__ == "__main__":
    main()
