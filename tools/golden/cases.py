"""The file of an operator's cases, and the rule that a case must be able to find something."""
import math
import zlib

import numpy as np
from safetensors.numpy import save

SEED = 20


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

    def add_all(self, inputs, outputs, options, options_float=None):
        """Store one case with any number of outputs, whose values the operator only moves or chooses."""
        self.add(inputs, outputs[0], options, options_float, degenerate=True)
        for i, output in enumerate(outputs[1:], 1):
            self.entries[f"{self.count - 1:03d}.output_{i}"] = output.data

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
