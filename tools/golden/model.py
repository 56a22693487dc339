"""Models of one operator, and what LiteRT computes from them."""
import dataclasses

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

OPERATOR = schema.BuiltinOperator
OPTIONS = schema.BuiltinOptions
REFERENCE = OpResolverType.BUILTIN_REF
DEFAULT = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
TENSOR_TYPES = {"int8": schema.TensorType.INT8, "uint8": schema.TensorType.UINT8, "bool": schema.TensorType.BOOL,
                "int16": schema.TensorType.INT16,
                "int32": schema.TensorType.INT32, "int64": schema.TensorType.INT64,
                "float32": schema.TensorType.FLOAT32}
SAME, VALID = 0, 1
NONE, RELU, RELU_N1_TO_1, RELU6 = 0, 1, 2, 3


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


def pack_model(code, version, options_type, options, custom, inputs, outputs):
    """The bytes of a model with one operator; `custom` is its name and its options where it is no builtin one."""
    tensors = [*inputs, *outputs]
    model = schema.ModelT()
    model.version = 3
    model.operatorCodes = [schema.OperatorCodeT()]
    model.operatorCodes[0].builtinCode = code
    model.operatorCodes[0].deprecatedBuiltinCode = min(code, 127)
    model.operatorCodes[0].version = version
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


def run_all(code, version, options_name, fields, inputs, outputs, resolver=REFERENCE, custom=None):
    """Fill the data of `outputs` with what LiteRT's reference kernel, or that of another resolver, computes."""
    options = None
    if options_name:
        options = getattr(schema, options_name + "T")()
        for name, value in fields.items():
            assert hasattr(options, name), name
            setattr(options, name, value)
    options_type = getattr(OPTIONS, options_name) if options_name else OPTIONS.NONE
    content = pack_model(code, version, options_type, options, custom, inputs, outputs)
    interpreter = Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    variable = [tensor for tensor in inputs if not tensor.constant]
    for detail, tensor in zip(interpreter.get_input_details(), variable):
        interpreter.set_tensor(detail["index"], tensor.data)
    interpreter.invoke()
    for i, output in enumerate(outputs):
        output.data = np.array(interpreter.get_tensor(len(inputs) + i))
        assert output.data.dtype.name == output.dtype, (output.data.dtype, output.dtype)


def run(code, version, options_name, fields, inputs, output, resolver=REFERENCE):
    """What the operator computes for its only output."""
    run_all(code, version, options_name, fields, inputs, [output], resolver)
    return output.data
