"""Writes dlpu as one header: everything that a header includes, in order, each file once.

    python3 tools/amalgamate.py [--include include] [--output dlpu_single.hpp] [HEADER...]

HEADER is a path from the include folder; by default dlpu/dlpu.hpp and the doors beside it that need no further library.
"""

import argparse
import pathlib
import re
import sys

DLPU_INCLUDE = re.compile(r'^\s*#\s*include\s*["<](dlpu/[^">]+)[">]')
SYSTEM_INCLUDE = re.compile(r"^#include <[^>]+>$")


class Amalgamation:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.done = set()
        self.system = set()
        self.lines = []

    def add(self, header):
        if header in self.done:
            return
        self.done.add(header)
        conditions = 0  # an include under #if may be needed again elsewhere
        self.lines += ["", f"// ---- {header}"]
        for line in (self.folder / header).read_text(encoding="utf-8").splitlines():
            if re.match(r"\s*#\s*if", line):
                conditions += 1
            elif re.match(r"\s*#\s*endif", line):
                conditions -= 1
            include = DLPU_INCLUDE.match(line)
            if include and conditions:
                raise ValueError(f"{header}: '{line.strip()}' depends on a condition; put the condition into that header")
            if include:
                self.add(include[1])
            elif line == "#pragma once" or (conditions == 0 and line in self.system):
                continue
            else:
                if conditions == 0 and SYSTEM_INCLUDE.match(line):
                    self.system.add(line)
                self.lines.append(line)


def squeezed(lines):
    """At most one empty line in a row."""
    return [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--include", default="include")
    parser.add_argument("--output", default="dlpu_single.hpp")
    parser.add_argument("headers", nargs="*", default=["dlpu/dlpu.hpp", "dlpu/graph/program.hpp",
                                                         "dlpu/quantize/quantize.hpp", "dlpu/io/weights.hpp"])
    options = parser.parse_args()
    result = Amalgamation(options.include)
    try:
        for header in options.headers:
            result.add(header)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    start = ["// dlpu as one header, made by tools/amalgamate.py; do not edit.",
             "// SPDX-License-Identifier: Apache-2.0", "#pragma once"]
    text = "\n".join(squeezed(start + result.lines)) + "\n"
    pathlib.Path(options.output).write_text(text, encoding="utf-8")
    print(f"{options.output}: {len(result.done)} headers, {text.count(chr(10))} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
