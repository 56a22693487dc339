"""What LiteRT's reference kernels make of a network."""
import json

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

# In float32, the operators whose last bits depend on the order of summation or on the library of functions.
INEXACT = {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "BATCH_MATMUL", "MEAN", "SUM",
           "AVERAGE_POOL_2D", "SOFTMAX", "LOGISTIC", "TANH", "ELU", "EXP", "LOG", "RSQRT", "L2_NORMALIZATION",
           "RESIZE_BILINEAR"}


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
