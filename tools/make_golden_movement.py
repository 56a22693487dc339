#!/usr/bin/env python3
"""Write tests/golden/OPERATOR.safetensors for operators that move, resize or select data, and for TransposeConv.

As make_golden.py, whose keys these files share: every case is a model of one operator, run by LiteRT's reference
kernels.

    venv/bin/python tools/make_golden_movement.py [--out tests/golden] [OPERATOR ...]

Beside those keys:

    NNN.output_1 ...            where the operator has several outputs
    NNN.input_1                 gather: the indices, int32; detection_post_process: the scores
    NNN.input_2                 detection_post_process: the anchors

Order of the options (padding: 0 SAME, 1 VALID; activation: 0 none, 1 relu, 2 relu_n1_to_1, 3 relu6; flags 0 or 1):

    slice                   begin_0, size_0, begin_1, size_1, ... (size -1: to the end)
    strided_slice           begin_mask, end_mask, shrink_axis_mask, begin_0, end_0, stride_0, begin_1, ...
    split                   axis, parts
    split_v                 axis, sizes...
    pack, unpack            axis
    transpose               order
    gather                  axis, batch dimensions
    mirror_pad              mode (0 REFLECT, 1 SYMMETRIC), before_0, after_0, before_1, after_1, ...
    space_to_depth          block
    depth_to_space          block
    space_to_batch_nd       block_h, block_w, top, bottom, left, right
    batch_to_space_nd       block_h, block_w, top, bottom, left, right
    resize_nearest_neighbor height, width, align_corners, half_pixel_centers
    resize_bilinear         height, width, align_corners, half_pixel_centers
    transpose_conv          stride_h, stride_w, padding, activation, output_h, output_w
    detection_post_process  max_detections, max_classes_per_detection, detections_per_class, use_regular_nms,
                            num_classes; options_float: score threshold, overlap threshold, scales of y, x, h, w

The fast suppression writes neither behind its last detection nor the places of classes that do not exist; zeros are
stored there.
"""
import argparse
import pathlib
from importlib.metadata import version

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from flatbuffers import flexbuffers

from make_golden import (NONE, OPERATOR, OPTIONS, RELU, RELU6, SAME, VALID, File, Tensor, limits, pack_tensor,
                         quantization_for, random_activation, random_bias, random_filter, apply_activation)

TYPES = ("int8", "uint8", "float32")
# The first versions of the operators in which LiteRT takes all the types and options below.
VERSIONS = {OPERATOR.SLICE: 3, OPERATOR.STRIDED_SLICE: 3, OPERATOR.SPLIT: 3, OPERATOR.SPLIT_V: 2, OPERATOR.UNPACK: 3,
            OPERATOR.PACK: 3, OPERATOR.TRANSPOSE: 3, OPERATOR.GATHER: 5, OPERATOR.MIRROR_PAD: 2,
            OPERATOR.SPACE_TO_DEPTH: 2, OPERATOR.SPACE_TO_BATCH_ND: 2,
            OPERATOR.BATCH_TO_SPACE_ND: 2, OPERATOR.RESIZE_NEAREST_NEIGHBOR: 3, OPERATOR.RESIZE_BILINEAR: 3,
            OPERATOR.TRANSPOSE_CONV: 4}


# --- models of one operator with any number of outputs --------------------------------------------------------------


def pack_model(code, options_type, options, custom, inputs, outputs):
    """The bytes of a model with one operator; `custom` is its name and its options where it is no builtin one."""
    tensors = [*inputs, *outputs]
    model = schema.ModelT()
    model.version = 3
    model.operatorCodes = [schema.OperatorCodeT()]
    model.operatorCodes[0].builtinCode = code
    model.operatorCodes[0].deprecatedBuiltinCode = min(code, 127)
    model.operatorCodes[0].version = VERSIONS.get(code, 1)
    model.buffers = [schema.BufferT() for _ in range(len(tensors) + 1)]
    for tensor, buffer in zip(tensors, model.buffers[1:]):
        if tensor.constant:
            buffer.data = np.frombuffer(tensor.data.tobytes(), np.uint8)
    operator = schema.OperatorT()
    operator.opcodeIndex = 0
    operator.inputs = list(range(len(inputs)))
    operator.outputs = list(range(len(inputs), len(tensors)))
    operator.builtinOptionsType = options_type
    operator.builtinOptions = options
    if custom:
        model.operatorCodes[0].customCode = custom[0].encode()
        operator.customOptions = list(custom[1])
    graph = schema.SubGraphT()
    graph.tensors = [pack_tensor(tensor, i) for i, tensor in enumerate(tensors)]
    graph.inputs = [i for i, tensor in enumerate(inputs) if not tensor.constant]
    graph.outputs = operator.outputs
    graph.operators = [operator]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def run(code, options_name, fields, inputs, outputs, custom=None):
    """Fill the data of `outputs` with what LiteRT's reference kernel computes."""
    options = None
    if options_name:
        options = getattr(schema, options_name + "T")()
        for name, value in fields.items():
            assert hasattr(options, name), name
            setattr(options, name, value)
    options_type = getattr(OPTIONS, options_name) if options_name else OPTIONS.NONE
    interpreter = Interpreter(model_content=pack_model(code, options_type, options, custom, inputs, outputs),
                              num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    variable = [tensor for tensor in inputs if not tensor.constant]
    for detail, tensor in zip(interpreter.get_input_details(), variable):
        interpreter.set_tensor(detail["index"], tensor.data)
    interpreter.invoke()
    for i, output in enumerate(outputs):
        output.data = np.array(interpreter.get_tensor(len(inputs) + i))
        assert output.data.dtype.name == output.dtype, (output.data.dtype, output.dtype)


class MovementFile(File):
    """The cases of one operator, which may have several outputs."""

    def add_all(self, inputs, outputs, options, options_float=None):
        """Store one case."""
        super().add(inputs, outputs[0], options, options_float, degenerate=True)
        for i, output in enumerate(outputs[1:], 1):
            self.entries[f"{self.count - 1:03d}.output_{i}"] = output.data


def integers(*values, shape=-1):
    return Tensor(np.array(values, np.int32).reshape(shape), constant=True)


def source_of(file, shape, dtype):
    if dtype == "int32":
        return Tensor(file.rng.integers(-2 ** 31, 2 ** 31, shape).astype(np.int32))
    return random_activation(file.rng, shape, dtype)


def move(file, code, options_name, fields, shape, dtype, options, constants=(), parts=1, source_last=False):
    """One case with one input and constants; the outputs have the input's quantization."""
    source = source_of(file, shape, dtype)
    outputs = [Tensor(dtype=dtype, scale=source.scale, zero_point=source.zero_point) for _ in range(parts)]
    run(code, options_name, fields, [*constants, source] if source_last else [source, *constants], outputs)
    file.add_all([source], outputs, options)


# --- slices, splits, transpositions ---------------------------------------------------------------------------------


def slice():
    file = MovementFile("slice")
    for dtype in (*TYPES, "int32"):
        for shape, begin, size in (((1, 5, 6, 3), (0, 1, 2, 0), (1, 3, 2, 3)), ((2, 4, 5, 7), (1, 0, 3, 2), (1, 4, 2, 4)),
                                   ((3, 8), (1, 2), (-1, -1)), ((9,), (4,), (3,)), ((2, 3, 4), (0, 0, 0), (-1, 3, 4)),
                                   ((2, 3, 4, 2, 3), (1, 1, 0, 1, 0), (1, 2, 3, 1, 2))):
            move(file, OPERATOR.SLICE, "SliceOptions", {}, shape, dtype, np.stack([begin, size], 1).ravel(),
                 [integers(*begin), integers(*size)])
    return file


def strided_slice():
    file = MovementFile("strided_slice")
    for dtype in TYPES:
        for shape, parts, begin_mask, end_mask, shrink in (
                ((1, 6, 7, 3), ((0, 1, 1), (1, 5, 2), (0, 7, 3), (0, 3, 1)), 0, 0, 0),
                ((1, 6, 7, 3), ((0, 0, 1), (0, 0, 2), (1, 0, 2), (0, 0, 1)), 0b1011, 0b1111, 0),
                ((2, 5, 4), ((-1, -3, -1), (-1, 0, -2), (3, -9, -1)), 0, 0b100, 0),
                ((2, 5, 4), ((0, 0, -1), (0, 0, -1), (0, 0, -3)), 0b111, 0b111, 0),
                ((3, 5, 4), ((1, 2, 1), (-2, 99, 1), (-99, -1, 1)), 0, 0, 0b001),
                ((3, 5, 4), ((-1, 0, 1), (0, 5, 1), (2, 3, 1)), 0b010, 0b010, 0b101),
                ((3, 4), ((1, 2, 1), (-1, 0, 1)), 0, 0b10, 0b11),
                ((4, 6, 5), ((1, 4, 2),), 0, 0, 0),
                ((10,), ((8, 1, -3),), 0, 0, 0),
                ((2, 3, 4, 2, 3), ((0, 2, 1), (0, 3, 2), (3, 0, -1), (1, 2, 1), (0, 3, 1)), 0, 0, 0b01000)):
            begin, end, stride = zip(*parts)
            fields = {"beginMask": begin_mask, "endMask": end_mask, "shrinkAxisMask": shrink}
            move(file, OPERATOR.STRIDED_SLICE, "StridedSliceOptions", fields, shape, dtype,
                 [begin_mask, end_mask, shrink, *np.ravel(parts)],
                 [integers(*begin), integers(*end), integers(*stride)])
    return file


def split():
    file = MovementFile("split")
    for dtype in TYPES:
        for shape, axis, parts in (((1, 4, 4, 6), 3, 2), ((1, 4, 4, 6), -1, 3), ((2, 6, 3, 5), 1, 3), ((4, 3), 0, 4),
                                   ((5, 8), 1, 8), ((2, 3, 4), -2, 1)):
            move(file, OPERATOR.SPLIT, "SplitOptions", {"numSplits": parts}, shape, dtype, [axis, parts],
                 [integers(axis, shape=())], parts, source_last=True)
    return file


def split_v():
    file = MovementFile("split_v")
    for dtype in TYPES:
        for shape, axis, sizes in (((1, 4, 4, 6), 3, (2, 4)), ((1, 4, 5, 6), 2, (1, 3, 1)), ((7, 3), 0, (1, -1, 3)),
                                   ((2, 9), -1, (9,)), ((1, 36), 1, (1, 2, 3, 4, 5, 6, 7, 8))):
            move(file, OPERATOR.SPLIT_V, "SplitVOptions", {"numSplits": len(sizes)}, shape, dtype, [axis, *sizes],
                 [integers(*sizes), integers(axis, shape=())], len(sizes))
    return file


def unpack():
    file = MovementFile("unpack")
    for dtype in TYPES:
        for shape, axis in (((3, 4, 5), 0), ((2, 3, 4), 1), ((2, 3, 4), -1), ((5,), 0), ((2, 1, 3, 8), 3)):
            move(file, OPERATOR.UNPACK, "UnpackOptions", {"axis": axis, "num": shape[axis]}, shape, dtype, [axis],
                 parts=shape[axis])
    return file


def pack():
    file = MovementFile("pack")
    for dtype in TYPES:
        for shape, axis, count in (((3, 4), 0, 3), ((3, 4), 1, 2), ((3, 4), -1, 2), ((5,), 1, 4), ((2, 3, 4), 3, 2),
                                   ((1, 2, 3, 2), 2, 1), ((), 0, 3)):
            inputs = [source_of(file, shape, dtype) for _ in range(count)]
            for other in inputs:
                other.scale, other.zero_point = inputs[0].scale, inputs[0].zero_point
            output = Tensor(dtype=dtype, scale=inputs[0].scale, zero_point=inputs[0].zero_point)
            run(OPERATOR.PACK, "PackOptions", {"axis": axis, "valuesCount": count}, inputs, [output])
            file.add_all(inputs, [output], [axis])
    return file


def transpose():
    file = MovementFile("transpose")
    for dtype in TYPES:
        for shape, order in (((1, 4, 5, 3), (0, 3, 1, 2)), ((2, 3, 4, 5), (0, 2, 3, 1)), ((2, 3, 4, 5), (3, 1, 0, 2)),
                             ((4, 7), (1, 0)), ((6,), (0,)), ((2, 3, 4), (0, 2, 1)), ((2, 3, 4), (0, 1, 2)),
                             ((2, 3, 2, 4, 3), (4, 2, 0, 3, 1)), ((2, 1, 3, 2, 2, 3), (0, 2, 5, 1, 4, 3))):
            move(file, OPERATOR.TRANSPOSE, "TransposeOptions", {}, shape, dtype, order, [integers(*order)])
    return file


def gather():
    file = MovementFile("gather")
    for dtype in (*TYPES, "int32"):
        for shape, indices, axis, batch in (((5, 4), [3, 0, 3], 0, 0), ((2, 5, 3), [[4, 1], [0, 0]], 1, 0),
                                            ((2, 3, 6), [5, 0, 2, 2], -1, 0), ((3, 4), 2, 1, 0),
                                            ((2, 5, 3), [[4, 1, 1], [0, 3, 2]], 1, 1),
                                            ((2, 3, 5, 2), [[4, 1], [0, 3]], 2, 1)):
            source = source_of(file, shape, dtype)
            output = Tensor(dtype=dtype, scale=source.scale, zero_point=source.zero_point)
            chosen = Tensor(np.array(indices, np.int32), constant=True)
            run(OPERATOR.GATHER, "GatherOptions", {"axis": axis, "batchDims": batch}, [source, chosen], [output])
            file.add_all([source, chosen], [output], [axis, batch])
    return file


# --- padding, blocks, resizing --------------------------------------------------------------------------------------


def mirror_pad():
    file = MovementFile("mirror_pad")
    for dtype in TYPES:
        for mode in (0, 1):
            for shape, paddings in (((1, 4, 5, 3), (0, 0, 1, 2, 3, 1, 0, 0)), ((2, 3, 4, 3), (1, 1, 0, 2, 2, 0, 1, 2)),
                                    ((3, 4), (2, 2, 3, 3)), ((5,), (4, 4)), ((2, 3), (0, 0, 0, 0))):
                move(file, OPERATOR.MIRROR_PAD, "MirrorPadOptions", {"mode": mode}, shape, dtype, [mode, *paddings],
                     [integers(*paddings, shape=(-1, 2))])
            move(file, OPERATOR.MIRROR_PAD, "MirrorPadOptions", {"mode": 1}, (3, 4), dtype, [1, 3, 3, 4, 4],
                 [integers(3, 3, 4, 4, shape=(-1, 2))])
    return file


def block_file(name, code, options_name, cases):
    file = MovementFile(name)
    for dtype in TYPES:
        for shape, block in cases:
            move(file, code, options_name, {"blockSize": block}, shape, dtype, [block])
    return file


def space_to_depth():
    return block_file("space_to_depth", OPERATOR.SPACE_TO_DEPTH, "SpaceToDepthOptions",
                      (((1, 4, 6, 3), 2), ((2, 6, 3, 5), 3), ((1, 2, 2, 4), 1), ((1, 8, 4, 1), 4)))


def depth_to_space():
    return block_file("depth_to_space", OPERATOR.DEPTH_TO_SPACE, "DepthToSpaceOptions",
                      (((1, 2, 3, 12), 2), ((2, 2, 1, 18), 3), ((1, 2, 2, 4), 1), ((1, 1, 3, 16), 4)))


def space_to_batch_nd():
    file = MovementFile("space_to_batch_nd")
    for dtype in TYPES:
        for shape, block, sides in (((1, 4, 6, 3), (2, 2), (0, 0, 0, 0)), ((2, 5, 4, 2), (3, 2), (1, 0, 1, 1)),
                                    ((1, 4, 4, 5), (2, 3), (2, 2, 1, 1)), ((3, 2, 2, 1), (1, 1), (0, 1, 0, 2))):
            move(file, OPERATOR.SPACE_TO_BATCH_ND, "SpaceToBatchNDOptions", {}, shape, dtype, [*block, *sides],
                 [integers(*block), integers(*sides, shape=(2, 2))])
    return file


def batch_to_space_nd():
    file = MovementFile("batch_to_space_nd")
    for dtype in TYPES:
        for shape, block, sides in (((4, 2, 3, 3), (2, 2), (0, 0, 0, 0)), ((12, 2, 3, 2), (3, 2), (1, 0, 1, 1)),
                                    ((6, 4, 2, 5), (2, 3), (2, 2, 1, 1)), ((3, 3, 4, 1), (1, 1), (0, 1, 0, 2))):
            move(file, OPERATOR.BATCH_TO_SPACE_ND, "BatchToSpaceNDOptions", {}, shape, dtype, [*block, *sides],
                 [integers(*block), integers(*sides, shape=(2, 2))])
    return file


RESIZES = (((1, 4, 6, 3), (8, 12)), ((2, 5, 7, 2), (9, 14)), ((1, 8, 9, 3), (4, 3)), ((1, 6, 5, 2), (13, 3)),
           ((1, 3, 3, 5), (1, 1)), ((1, 1, 1, 2), (4, 5)), ((1, 2, 2, 2), (11, 7)), ((1, 10, 16, 1), (7, 21)),
           ((1, 3, 20, 1), (11, 19)))


def resize_file(name, code, options_name, flags, types):
    file = MovementFile(name)
    for dtype in types:
        for align, half in flags:
            for shape, size in RESIZES:
                fields = {"alignCorners": bool(align), "halfPixelCenters": bool(half)}
                move(file, code, options_name, fields, shape, dtype, [*size, align, half], [integers(*size)])
    return file


def resize_nearest_neighbor():
    return resize_file("resize_nearest_neighbor", OPERATOR.RESIZE_NEAREST_NEIGHBOR, "ResizeNearestNeighborOptions",
                       ((0, 0), (1, 0), (0, 1), (1, 1)), ("int8",))


def resize_bilinear():
    return resize_file("resize_bilinear", OPERATOR.RESIZE_BILINEAR, "ResizeBilinearOptions", ((0, 0), (1, 0), (0, 1)),
                       TYPES)


# --- transposed convolution -----------------------------------------------------------------------------------------


def transposed_size(extent, kernel, stride, padding):
    return extent * stride + (max(kernel - stride, 0) if padding == VALID else 0)


def run_transposed(source, filter, bias, fields, size, output):
    shape = integers(source.data.shape[0], *size, filter.data.shape[0])
    inputs = [shape, filter, source] + ([] if bias is None else [bias])
    run(OPERATOR.TRANSPOSE_CONV, "TransposeConvOptions", fields, inputs, [output])


def transposed_case(file, dtype, per_channel, shape, units, kernel, stride, padding, activation=NONE, size=None,
                    flavour="plain"):
    """One transposed convolution, its output spread over the type."""
    rng = file.rng
    size = size or [transposed_size(*n, padding) for n in zip(shape[1:3], kernel, stride)]
    fields = {"strideH": stride[0], "strideW": stride[1], "padding": padding, "fusedActivationFunction": activation}
    plain = fields | {"fusedActivationFunction": NONE}
    source = random_activation(rng, shape, dtype)
    filter_shape = (units, *kernel, shape[3])
    if dtype == "float32":
        filter = Tensor((rng.standard_normal(filter_shape) / 3).astype(np.float32), constant=True)
        bias = None if flavour == "no_bias" else Tensor(rng.standard_normal(units).astype(np.float32), constant=True)
        output = Tensor(dtype=dtype)
    else:
        filter = random_filter(rng, filter_shape, dtype, 0, per_channel, 127, flavour)
        exact = Tensor(dtype="float32")
        run_transposed(Tensor((source.data.astype(np.float32) - source.zero_point)),
                       Tensor(filter.data.astype(np.float32) - np.float32(filter.zero_point), constant=True), None,
                       plain, size, exact)
        deviation = max(float(exact.data.std()), 1.0)
        bias = random_bias(rng, units, deviation, flavour)
        filter.scale = (filter.scale * 3.0 / (deviation * float(source.scale[0]))).astype(np.float32)
        real = (exact.data + (0 if bias is None else bias.data)) * (source.scale * filter.scale)
        scale, zero_point = quantization_for(apply_activation(real, activation), dtype, rng.uniform(0.7, 1.0))
        if bias is not None:
            bias.scale = (source.scale * filter.scale).astype(np.float32)
        output = Tensor(dtype=dtype, scale=scale, zero_point=zero_point)
        file.note_multiplier(source.scale.astype(np.float64) * filter.scale / output.scale)
    run_transposed(source, filter, bias, fields, size, output)
    file.add([source], output, [*stride, padding, activation, *size], filter=filter, bias=bias)


def transpose_conv():
    file = MovementFile("transpose_conv")
    for dtype, per_channel in (("int8", True), ("int8", False), ("uint8", False), ("float32", False)):
        def case(*arguments, **named):
            transposed_case(file, dtype, per_channel, *arguments, **named)
        case((1, 4, 5, 3), 8, (2, 2), (2, 2), SAME)
        case((1, 4, 5, 8), 5, (3, 3), (2, 2), SAME, activation=RELU)
        case((1, 3, 4, 5), 3, (4, 4), (2, 2), SAME, activation=RELU6)
        case((2, 3, 3, 4), 6, (3, 3), (2, 2), VALID)
        case((1, 4, 3, 7), 2, (3, 2), (1, 2), VALID, flavour="no_bias")
        case((1, 5, 5, 3), 4, (3, 3), (1, 1), SAME, flavour="large_bias")
        case((1, 3, 3, 5), 4, (2, 2), (3, 3), VALID)
        case((1, 3, 4, 5), 4, (3, 3), (2, 2), SAME, size=(5, 7))
        case((1, 3, 3, 4), 4, (3, 3), (2, 2), VALID, size=(8, 7), flavour="no_bias")
        case((1, 2, 3, 9), 7, (5, 5), (2, 2), SAME)
    return file


# --- detections -----------------------------------------------------------------------------------------------------


def quantized(real, dtype):
    if dtype == "float32":
        return Tensor(real)
    scale, zero_point = quantization_for(real, dtype, 1.0)
    stored = np.clip(np.rint(real / scale) + zero_point, *limits(dtype)).astype(dtype)
    return Tensor(stored, scale=scale, zero_point=zero_point)


def detection_case(file, dtype, boxes, classes, detections, per_box=1, regular=False, per_class=100, background=1,
                   score_threshold=0.3, overlap_threshold=0.5, levels=0, top=1.0, code_size=4):
    """Random boxes around few anchors, so that many overlap; `levels`: so many different scores, for ties."""
    rng = file.rng
    scales = [10.0, 10.0, 5.0, 5.0]
    centres = rng.uniform(0.2, 0.8, (max(boxes // 4, 1), 2))
    anchors = np.concatenate([centres[rng.integers(0, len(centres), boxes)], rng.uniform(0.1, 0.4, (boxes, 2))], 1)
    offsets = rng.normal(0, 1, (1, boxes, code_size))
    scores = rng.uniform(0, top, (1, boxes, classes + background))
    if levels:
        scores = np.rint(scores * levels) / levels
        twins = rng.integers(0, boxes, boxes // 3)  # boxes at the same place with the same scores
        anchors[twins], offsets[0, twins], scores[0, twins] = anchors[0], offsets[0, 0], scores[0, 0]
    inputs = [quantized(offsets.astype(np.float32), dtype), quantized(scores.astype(np.float32), dtype),
              quantized(anchors.astype(np.float32), dtype)]
    inputs[2].constant = True
    outputs = [Tensor(dtype="float32") for _ in range(4)]
    options = {"max_detections": detections, "max_classes_per_detection": per_box, "detections_per_class": per_class,
               "use_regular_nms": regular, "nms_score_threshold": score_threshold,
               "nms_iou_threshold": overlap_threshold, "num_classes": classes, "y_scale": scales[0],
               "x_scale": scales[1], "h_scale": scales[2], "w_scale": scales[3]}
    run(OPERATOR.CUSTOM, None, {}, inputs, outputs, ("TFLite_Detection_PostProcess", flexbuffers.Dumps(options)))
    count = int(outputs[3].data[0]) * (1 if regular else per_box)
    for output in outputs[:3]:
        output.data[:, count:] = 0
        if not regular:
            for place in range(classes, per_box):
                output.data[:, place::per_box] = 0
    file.add_all(inputs, outputs, [detections, per_box, per_class, int(regular), classes],
                 [score_threshold, overlap_threshold, *scales])
    return count


def detection_post_process():
    file = MovementFile("detection_post_process")
    counts = []
    for dtype in ("float32", "uint8"):
        for regular in (False, True):
            def case(*arguments, **named):
                counts.append(detection_case(file, dtype, *arguments, regular=regular, **named))
            case(30, 4, 10)
            case(40, 4, 40, background=0)
            case(50, 3, 15, per_class=4)
            case(10, 3, 5, score_threshold=2.0)  # none
            case(1, 1, 5, score_threshold=0.0)
            case(40, 4, 20, levels=4)
            case(40, 4, 10, levels=2, per_class=3)
            case(30, 7, 10, levels=3, score_threshold=0.5, overlap_threshold=0.2)
            case(30, 4, 20, overlap_threshold=1.0, score_threshold=0.0, levels=5)
            case(30, 3, 10, code_size=7)
            if not regular:
                case(30, 8, 10, per_box=3)
                case(30, 2, 10, per_box=3)
                case(30, 5, 20, per_box=5, score_threshold=0.9)
                case(30, 9, 15, per_box=3, levels=4)
                case(20, 30, 15, per_box=4, levels=3)
    print("detections:", *counts)
    return file


OPERATORS = [resize_nearest_neighbor, strided_slice, split, split_v, transpose, slice, resize_bilinear, pack, unpack,
             transpose_conv, detection_post_process, depth_to_space, space_to_depth, mirror_pad, space_to_batch_nd,
             batch_to_space_nd, gather]


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
