#!/usr/bin/env python3
"""Compiles the first C++ example of README.md as it is printed there, with warnings as errors.

    readme_code.py --compiler g++ --include include README.md
"""
import argparse
import re
import subprocess
import sys

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--compiler", required=True)
parser.add_argument("--include", required=True)
parser.add_argument("readme")
args = parser.parse_args()

with open(args.readme, encoding="utf-8") as readme:
    code = re.search(r"```cpp\n(.*?)```", readme.read(), re.DOTALL).group(1)
warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
command = [args.compiler, "-std=c++20", *warnings, "-I", args.include, "-fsyntax-only", "-x", "c++", "-"]
sys.exit(subprocess.run(command, input=code, text=True, check=False).returncode)
