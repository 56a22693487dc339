#!/usr/bin/env python3
"""Check that LiteRT's reference kernels compute the bits that dlpu says they do, from .tflite files that dlpu wrote.

    write_networks FOLDER                 # tests/tools/write_networks.cpp
    python3 -m venv venv && venv/bin/pip install -r tools/requirements.txt
    venv/bin/python tools/check_written.py FOLDER

For each NAME.tflite: runs NAME.input_K.npy (one entry per sample) and compares with NAME.output_K.npy: integers to the
bit, float32 to 1e-5 of the largest magnitude, since the order of summation is not part of a file. Differences from
NAME.policy_output_K.npy, where there are such files, are only printed. Exit status 1 where something differs.
"""
import argparse
import pathlib
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

FLOAT_TOLERANCE = 1e-5


def run(path):
    """The outputs of all samples, in the file's order."""
    interpreter = Interpreter(str(path), num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    samples = [np.load(path.with_suffix(f".input_{i}.npy")) for i in range(len(inputs))]
    results = [[] for _ in outputs]
    for sample in zip(*samples):
        for detail, value in zip(inputs, sample):
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
        for result, detail in zip(results, outputs):
            result.append(interpreter.get_tensor(detail["index"]))
    return [(detail["name"], np.stack(result)) for detail, result in zip(outputs, results)]


class Comparison:
    """Counts over the outputs of one file."""

    def __init__(self):
        self.elements = self.different = 0
        self.largest = 0.0
        self.first = None  # the first output that differs

    def add(self, name, actual, expected):
        assert actual.dtype == expected.dtype, (name, actual.dtype, expected.dtype)
        expected = expected.reshape(actual.shape)  # tensors of many dimensions are written flat
        difference = np.abs(actual.astype(np.float64) - expected.astype(np.float64))
        if actual.dtype == np.float32:
            difference /= max(1.0, float(np.abs(expected).max()))
            wrong = ~(difference <= FLOAT_TOLERANCE)
        else:
            wrong = difference != 0
        self.elements += actual.size
        self.different += int(wrong.sum())
        self.largest = max(self.largest, float(difference.max()))
        if wrong.any() and self.first is None:
            self.first = name

    def __str__(self):
        first = f", first in {self.first}" if self.first else ""
        return f"{self.different} of {self.elements} differ{first} (largest difference {self.largest:.2g})"


def compare(path, results, prefix):
    comparison = Comparison()
    for i, (name, actual) in enumerate(results):
        comparison.add(name, actual, np.load(path.with_suffix(f".{prefix}_{i}.npy")))
    return comparison


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    files = sorted(parser.parse_args().folder.glob("*.tflite"))
    different = 0
    for path in files:
        try:
            results = run(path)
        except (RuntimeError, ValueError) as error:
            print(f"{path.stem}: LiteRT refuses it: {error}")
            different += 1
            continue
        comparison = compare(path, results, "output")
        different += comparison.different
        print(f"{path.stem}: {len(results)} outputs, {len(results[0][1])} samples: {comparison}", flush=True)
        if path.with_suffix(".policy_output_0.npy").exists():
            print(f"  from the policy's own rounding: {compare(path, results, 'policy_output')}")
    print(f"{len(files)} files, {different} differences")
    return 0 if files and different == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
