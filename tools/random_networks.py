#!/usr/bin/env python3
"""Make random networks with TensorFlow's converter and check that dlpu computes what LiteRT's reference kernels compute.

    python3 -m venv venv && venv/bin/pip install -r tools/requirements.txt
    venv/bin/python tools/random_networks.py --dlpu build/release/tools/dlpu [--count 240] [--first 0] [--keep DIR]

Network number N (`converted/network.py`) is a function of N alone. Every operator of `OPERATORS` is the focus of some
networks and turns up in others, with odd sizes, strides, paddings and dilations; the modes (per channel or per tensor, int8,
uint8 or float32 outside, float32 throughout, float16 weights) take turns. Each network runs on random inputs. With `--wide`
activations have 16 bits, and operators are those of `WIDE_OPERATORS`.

Compared are the outputs and what every operator makes, as `dlpu compare` reads it from a folder of tensors:
- integers bit for bit;
- float32 outputs to 1e-5 of the tensor's largest magnitude;
- integers that were quantized from the results of float32 arithmetic, which may round to the other side, to one step. How
  often that happens is printed.

Exit status 1 where something differs. `--fixtures tests/fixtures/random` writes small networks for the tests instead:
thirty, and ten of 16 bits.
"""
import argparse
import pathlib
import shutil
import sys
import tempfile

import numpy as np

from converted.golden import Golden
from converted.network import build, convert
from converted.report import Report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dlpu", default="build/release/tools/dlpu")
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=pathlib.Path, help="leave models and tensors of networks that differ here")
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--fixtures", type=pathlib.Path)
    options = parser.parse_args()
    if options.fixtures:
        write_fixtures(options.fixtures, "", 30)
        return write_fixtures(options.fixtures, "wide_", 10, wide=True)
    report = Report()
    for number in range(options.first, options.first + options.count):
        function, shape, mode, chain, rng = build(number, wide=options.wide)
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


def write_fixtures(target, prefix, wanted, wide=False, most_bytes=9000):
    """Small networks, one for every second operator in turn, each of some kB, and exact."""
    written = 0
    number = 1000
    while written < wanted:
        number += 2
        function, shape, mode, chain, rng = build(number, small=True, wide=wide)
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
            undefined = any(np.isnan(o).any() for o in golden.outputs if o.dtype == np.float32)
            if size > most_bytes or soft or golden.sums_int8() or undefined:
                continue
            stem = target / f"{prefix}{written:02d}"
            stem.with_suffix(".tflite").write_bytes(model)
            shutil.copy(pathlib.Path(name) / "input_0.npy", f"{stem}.input_0.npy")
            for i, output in enumerate(golden.outputs):
                np.save(f"{stem}.output_{i}.npy", output)
            print(f"{stem.name}: network {number}, {mode}, {' '.join(chain)}, {size} bytes", flush=True)
            written += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
