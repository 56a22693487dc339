#!/usr/bin/env python3
"""Write tests/golden/OPERATOR.safetensors: inputs, parameters and LiteRT's results for many small cases.

Every case is a model of one operator, built here and run by LiteRT's reference kernels (op resolver
BUILTIN_REF, one thread): the arithmetic that this project reproduces bit for bit.

    python3 -m venv venv && venv/bin/pip install -r tools/requirements.txt
    venv/bin/python tools/make_golden.py [--out tests/golden] [FILE ...]

The keys of a file and the order of its options are in tests/golden/README.md. The output is a function of the seed and of
the versions of LiteRT and numpy alone.
"""
import argparse
import pathlib
from importlib.metadata import version

from golden import (comparisons, conversions, convolutions, detections, matrices, normalizations, pair_functions, pooling,
                    rearrangements, reductions, resizing, scalar_functions, slices, transposed_convolution)

FILES = [
    convolutions.conv2d, convolutions.depthwise_conv2d, transposed_convolution.transpose_conv, matrices.fully_connected,
    matrices.batch_matmul, pair_functions.add, pair_functions.pair_functions, pair_functions.prelu,
    scalar_functions.relu, scalar_functions.scalar_functions, comparisons.comparison, comparisons.logical,
    pooling.average_pool2d, pooling.max_pool2d, reductions.mean, reductions.reduce, reductions.arg_min_max,
    normalizations.softmax, normalizations.l2_normalization, conversions.quantize, conversions.dequantize,
    conversions.cast, slices.slice, slices.strided_slice, slices.split, slices.split_v, slices.unpack, slices.pack,
    slices.gather, slices.concatenation, rearrangements.transpose, rearrangements.pad, rearrangements.mirror_pad,
    rearrangements.space_to_depth, rearrangements.depth_to_space, rearrangements.space_to_batch_nd,
    rearrangements.batch_to_space_nd, resizing.resize_nearest_neighbor, resizing.resize_bilinear,
    detections.detection_post_process]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", metavar="FILE")
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden")
    args = parser.parse_args()
    makers = {make.__name__: make for make in FILES}
    if unknown := set(args.files) - set(makers):
        parser.error(f"no such file: {', '.join(sorted(unknown))}; there are {', '.join(sorted(makers))}")
    args.out.mkdir(parents=True, exist_ok=True)
    print(f"ai-edge-litert {version('ai-edge-litert')}, numpy {version('numpy')}")
    total = sum(makers[name]().save(args.out) for name in args.files or makers)
    print(f"{total} bytes")


if __name__ == "__main__":
    main()
