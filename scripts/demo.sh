#!/usr/bin/env bash
# The demo on Debian 12: one network on five targets, and a combination that the compiler refuses. Installs what is
# missing, where it may; builds into build/demo. The exit status is 0 only where the results are what they must be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH  # in an empty environment bash has one of its own, and cmake finds its files by it

source scripts/install_packages.sh
install_packages g++ cmake ninja-build
for tool in g++ cmake ninja; do
  if ! command -v "$tool" >/dev/null; then
    echo "The demo needs $tool. As root: apt-get install g++ cmake ninja-build" >&2
    exit 1
  fi
done

# A folder of its own: these options must not reach the build of the tests.
build=build/demo
log=$build/demo.log
mkdir -p "$build"
quietly() { "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }; }
if [ ! -x "$build/examples/digits_demo" ]; then echo "Building the demo; the first time takes about half a minute"; fi
quietly cmake --preset release -B "$build" \
  -DDLPU_BUILD_TESTS=OFF -DDLPU_BUILD_BENCHMARKS=OFF -DDLPU_BUILD_TOOLS=OFF -DDLPU_INSTALL=OFF
quietly cmake --build "$build" --target example_digits_demo

"$build/examples/digits_demo" examples/digits

compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
command=("$compiler" -std=c++20 -Iinclude -fsyntax-only examples/digits/illegal.cpp)
echo
echo "Per-channel weights on ARTPEC-8, which nothing in the type allows:"
echo "    $(grep '^using Illegal' examples/digits/illegal.cpp)"
echo "\$ ${command[*]}"
if LC_ALL=C "${command[@]}" 2>"$log"; then
  echo "It compiled, and must not" >&2
  exit 1
fi
# Of the compiler's message the sentence, the operator and the line that asked for it.
message=$(grep -m 1 'static assertion failed' "$log" && grep -m 1 'runs_at<.*at_operator<.*evaluates to false' "$log" &&
  grep -m 1 '^examples/digits/illegal.cpp:.*required from here' "$log") || { cat "$log" >&2; exit 1; }
echo "$message"
