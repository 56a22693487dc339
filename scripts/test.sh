#!/usr/bin/env bash
# Builds and tests everything on Debian 12: with g++, and with clang++ and its sanitizers; with clang++ optimized, only
# the tests in which the optimizer takes part; the kernels for 64-bit and 32-bit Arm under qemu. Installs what is missing,
# where it may. The last line sums up all presets as ctest does, and counts a preset that does not build as one failed
# test; the exit status is 0 only where all passed.
#
#     scripts/test.sh [PRESET...]       presets of CMakePresets.json; by default those below
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The last row is for the dlpu command only, Chromium for the test of its page.
packages=(
  g++ clang libclang-rt-14-dev cmake ninja-build ccache python3 pkg-config binutils
  libgtest-dev libbenchmark-dev libeigen3-dev
  libflatbuffers-dev libcli11-dev libfmt-dev nlohmann-json3-dev libstb-dev chromium
)
presets=("$@")
if [ ${#presets[@]} -eq 0 ]; then presets=(asan-ubsan release clang-optimized aarch64 armv7); fi  # the longest first
for preset in "${presets[@]}"; do
  case $preset in
    aarch64) packages+=(g++-aarch64-linux-gnu googletest qemu-user) ;;
    armv7) packages+=(g++-arm-linux-gnueabihf googletest qemu-user) ;;
  esac
done
source scripts/install_packages.sh
install_packages "${packages[@]}"

# Two presets at a time, each with half of the processors: one compiles where the other waits for its last unit or test.
export jobs=$(((${JOBS:-$(nproc)} + 1) / 2))

# Builds and tests one preset. build/PRESET/test.log has all that it prints; build/PRESET/test.result how many tests failed,
# how many ran, and what went wrong.
test_preset() {
  local preset=$1 folder=build/$1 began=$SECONDS failed="" summary failures=1 tests=1
  mkdir -p "$folder"
  if ! { cmake --preset "$preset" && cmake --build --preset "$preset" -j "$jobs"; } >"$folder/test.log" 2>&1; then
    failed="does not build"
  elif ! ctest --preset "$preset" -j "$jobs" >>"$folder/test.log" 2>&1; then
    failed="tests fail"
  fi
  # ctest: "97% tests passed, 3 tests failed out of 100"
  summary=$(grep -E '% tests passed, .* tests failed out of ' "$folder/test.log" || true)
  if [ -n "$summary" ]; then
    read -r failures tests < <(sed -E 's/.* ([0-9]+) tests failed out of ([0-9]+).*/\1 \2/' <<<"$summary")
  fi
  if [ -n "$failed" ] && [ "$failures" -eq 0 ]; then failures=1; fi
  echo "$failures $tests $failed" >"$folder/test.result"
  if [ -n "$failed" ]; then tail -n 60 "$folder/test.log"; fi
  echo "== $preset: ${failed:+$failed, }$failures of $tests tests failed, $((SECONDS - began)) s, $folder/test.log"
}
export -f test_preset
printf '%s\0' "${presets[@]}" | xargs -0 -P 2 -I '{}' bash -c 'test_preset "$1"' _ '{}'

failures=0
tests=0
echo
for preset in "${presets[@]}"; do
  read -r preset_failures preset_tests failed <"build/$preset/test.result"
  if [ -n "$failed" ]; then echo "Failed: $preset ($failed)"; fi
  failures=$((failures + preset_failures))
  tests=$((tests + preset_tests))
done
echo "$(((tests - failures) * 100 / tests))% tests passed, $failures tests failed out of $tests"
[ "$failures" -eq 0 ]
