"""Checks the order of the layers under include/dlpu: a header includes only headers of its own layer and of those
above it in LAYERS. Also that only the places named in LIBRARIES include a heavy library, and that no header grows
past what one concept needs.

    python3 tools/check_layers.py include
"""

import pathlib
import re
import sys

LAYERS = ["core", "quant", "isa", "kernels", "ops", "graph", "soc", "zoo", "quantize", "estimate", "io"]

# Which folders or headers may include a library. dlpu/ops/conv2d.hpp alone must stay a light door for other runtimes.
LIBRARIES = {
    r"xsimd/": ["kernels/portable/"],
    r"Eigen/|eigen3/": ["graph/", "soc/", "zoo/", "quantize/", "estimate/", "io/"],
    r"immintrin\.h|arm_neon\.h": ["kernels/", "isa/"],
    r"flatbuffers/": ["io/"],
    # 0.07 s and 0.04 s of every unit; dlpu/core/math.hpp and <span>, <array> or <string> have what is needed of them.
    r"cmath$": ["kernels/reference/hybrid_conv2d.hpp", "quantize/", "estimate/", "io/"],
    r"iterator$": ["quantize/", "estimate/", "io/"],
}

LONGEST = 500


def layer_of(path):
    return path.split("/", 1)[0] if "/" in path else None  # None: the spine, dlpu.hpp


def problems_of(path, text):
    lines = text.splitlines()
    if "#pragma once" not in lines:
        yield 1, "there is no #pragma once"
    if len(lines) > LONGEST and not path.endswith("_generated.hpp"):
        yield LONGEST, f"{len(lines)} lines are more than {LONGEST}; split the file, one concept in each"
    if "DLPU_ABI" in text and '#include "dlpu/' not in text and "#define DLPU_ABI" not in text:
        yield 1, 'DLPU_ABI is used without dlpu/core/config.hpp, which says what it is'
    layer = layer_of(path)
    if layer is not None and layer not in LAYERS:
        yield 1, f"the layer '{layer}' is unknown; add it to LAYERS in tools/check_layers.py at its place"
        return
    for number, line in enumerate(lines, 1):
        include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
        if include:
            yield from ((number, problem) for problem in include_problems(path, layer, *include.groups()))


def include_problems(path, layer, delimiter, target):
    for pattern, folders in LIBRARIES.items():
        if re.match(pattern, target) and not any(path.startswith(folder) for folder in folders):
            yield f"only {', '.join(folders)} may include <{target}>"
    if delimiter == '"' and not target.startswith("dlpu/"):
        yield f'write "dlpu/..." instead of "{target}": paths are from the include folder'
    if not target.startswith("dlpu/"):
        return
    target = target.removeprefix("dlpu/")
    other = layer_of(target)
    if layer is None:
        return
    if other is None:
        yield f"{target} includes everything; include the headers that are used"
    elif other not in LAYERS:
        yield f"the layer '{other}' is unknown"
    elif LAYERS.index(other) > LAYERS.index(layer):
        yield (f"'{layer}' must not include '{other}' ({target}): a layer includes only those before it in "
               f"{', '.join(LAYERS)}. Move what both need up, or pass it as a template parameter")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(sys.argv[1]) / "dlpu"
    headers = sorted(root.rglob("*.hpp"))
    if not headers:
        print(f"{root}: there is no header", file=sys.stderr)
        return 2
    count = 0
    for header in headers:
        for line, problem in problems_of(header.relative_to(root).as_posix(), header.read_text(encoding="utf-8")):
            print(f"{header}:{line}: {problem}", file=sys.stderr)
            count += 1
    print(f"{len(headers)} headers, {count} problems")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
