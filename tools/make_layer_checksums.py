#!/usr/bin/env python3
"""Write the CRC-32 of every tensor that an operator of a model makes, by LiteRT's reference kernels (op resolver
BUILTIN_REF, one thread): lines of tensor number and checksum.

    python3 -m venv venv && venv/bin/pip install -r tools/requirements.txt
    venv/bin/python tools/make_layer_checksums.py MODEL.tflite INPUT.npy > tests/golden/MODEL.layers
"""
import sys
import zlib

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    interpreter = Interpreter(sys.argv[1], num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                              experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.load(sys.argv[2]))
    interpreter.invoke()
    for operator in interpreter._get_ops_details():
        for tensor in operator["outputs"]:
            value = np.ascontiguousarray(interpreter.get_tensor(tensor))
            print(tensor, f"{zlib.crc32(value.tobytes()):08x}")


if __name__ == "__main__":
    main()
