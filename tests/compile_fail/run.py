"""Compiles one source twice: with DLPU_BAD=0 it must compile, with DLPU_BAD=1 it must not, and the compiler must say
what the user is to read.

The source states what that is, in comments at its start:

    // expect: REGEX          must match the compiler's output; every such line must match
    // expect(g++): REGEX     the same for one compiler only; also expect(clang)
    // errors: N              there are exactly N errors: one mistake must not bury its sentence
    // compile: full          -fsyntax-only does not suffice
"""

import argparse
import re
import subprocess
import sys

# Those of the project's own programs; -Wrestrict is a false alarm in g++ 12.
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-Wno-restrict"]


def compile_source(options, source, bad):
    goal = ["-c", "-o", "/dev/null"] if re.search(r"^// compile: full$", source, re.M) else ["-fsyntax-only"]
    command = [options.compiler, "-std=c++20", *WARNINGS, "-Wno-unknown-warning-option", "-fno-diagnostics-color",
               "-I" + options.include, f"-DDLPU_BAD={bad}", *goal, options.source]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def problems(options):
    with open(options.source, encoding="utf-8") as file:
        source = file.read()
    compiler = "clang" if "clang" in options.compiler else "g++"
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
    parser.add_argument("source")
    options = parser.parse_args()
    found = list(problems(options))
    for problem in found:
        print(f"{options.source}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
