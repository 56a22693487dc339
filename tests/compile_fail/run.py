"""Compiles one source twice: with DLPU_BAD=0 it must compile, with DLPU_BAD=1 it must not, and the compiler must say
what the user is to read.

The source states what that is, in comments at its start:

    // expect: REGEX          must match the compiler's output; every such line must match
    // expect(g++): REGEX     the same for one compiler only; also expect(clang)
    // errors: N              there are exactly N errors: one mistake must not bury its sentence
    // compile: full          -fsyntax-only does not suffice

`dlpu.hpp` may have been precompiled, by the same script: it takes longer than what is behind it.
"""

import argparse
import pathlib
import re
import subprocess
import sys

# Those of the project's own programs; -Wrestrict is a false alarm in g++ 12.
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-Wno-restrict"]


def is_clang(options):
    return "clang" in options.compiler


def command(options, *words):
    return [options.compiler, "-std=c++20", *WARNINGS, "-Wno-unknown-warning-option", "-fno-diagnostics-color", *words,
            "-I" + options.include]


def precompile(options):
    """Writes PRECOMPILED/dlpu/dlpu.hpp.gch, which g++ finds where it looks for the header, or clang's .pch."""
    folder = options.precompiled / "dlpu"
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / ("dlpu.hpp.pch" if is_clang(options) else "dlpu.hpp.gch")
    header = options.include + "/dlpu/dlpu.hpp"
    instantiate = ["-fpch-instantiate-templates"] if is_clang(options) else []  # once, not in each source
    # Of `#pragma once` in a main file, g++ cannot but warn.
    subprocess.run(command(options, "-Wno-error", *instantiate, "-x", "c++-header", header, "-o", written), check=True)


def use_precompiled(options):
    if not options.precompiled:
        return []
    if is_clang(options):
        return ["-include-pch", options.precompiled / "dlpu/dlpu.hpp.pch"]
    return [f"-I{options.precompiled}", "-Winvalid-pch"]


def compile_source(options, source, bad):
    goal = ["-c", "-o", "/dev/null"] if re.search(r"^// compile: full$", source, re.M) else ["-fsyntax-only"]
    words = command(options, *use_precompiled(options), f"-DDLPU_BAD={bad}", *goal, options.source)
    return subprocess.run(words, capture_output=True, text=True, check=False)


def problems(options):
    with open(options.source, encoding="utf-8") as file:
        source = file.read()
    compiler = "clang" if is_clang(options) else "g++"
    expected = [text for only, text in re.findall(r"^// expect(?:\((.*?)\))?: (.*)$", source, re.M) if only in ("", compiler)]
    if not expected:
        yield "the source has no line '// expect: REGEX'"

    good = compile_source(options, source, 0)
    if good.returncode != 0:
        yield "with DLPU_BAD=0 it must compile, but:\n" + good.stderr

    bad = compile_source(options, source, 1)
    if bad.returncode == 0:
        yield "with DLPU_BAD=1 it must not compile, but it does"
        return
    for text in expected:
        if not re.search(text, bad.stderr):
            yield f"the compiler's output does not match: {text}\n{bad.stderr}"
    count = len(re.findall(r"(?:^|: )(?:fatal )?error: ", bad.stderr, re.M))
    allowed = re.search(r"^// errors: (\d+)$", source, re.M)
    if allowed and count != int(allowed[1]):
        yield f"there are {count} errors instead of {allowed[1]}:\n{bad.stderr}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--include", default="include", help="dlpu's include folder")
    parser.add_argument("--precompiled", type=pathlib.Path, help="the folder of the precompiled header")
    parser.add_argument("source", nargs="?", help="by default, the header is precompiled")
    options = parser.parse_args()
    if options.source is None:
        precompile(options)
        return 0
    found = list(problems(options))
    for problem in found:
        print(f"{options.source}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
