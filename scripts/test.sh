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
if [ ${#presets[@]} -eq 0 ]; then presets=(release clang-optimized asan-ubsan aarch64 armv7); fi
for preset in "${presets[@]}"; do
  case $preset in
    aarch64) packages+=(g++-aarch64-linux-gnu googletest qemu-user) ;;
    armv7) packages+=(g++-arm-linux-gnueabihf googletest qemu-user) ;;
  esac
done
source scripts/install_packages.sh
install_packages "${packages[@]}"

jobs=${JOBS:-$(nproc)}
failed_presets=()
tests=0
failures=0

for preset in "${presets[@]}"; do
  echo "== $preset"
  log=build/$preset/test.log
  mkdir -p "build/$preset"
  if ! { cmake --preset "$preset" && cmake --build --preset "$preset" -j "$jobs"; }; then
    failed_presets+=("$preset (does not build)")
    failures=$((failures + 1))
    tests=$((tests + 1))
    continue
  fi
  ctest --preset "$preset" -j "$jobs" --progress 2>&1 | tee "$log" || failed_presets+=("$preset")
  # ctest: "97% tests passed, 3 tests failed out of 100"
  summary=$(grep -E '% tests passed, .* tests failed out of ' "$log" || true)
  read -r preset_failures preset_tests < <(sed -E 's/.* ([0-9]+) tests failed out of ([0-9]+).*/\1 \2/' <<<"${summary:-x 0 tests failed out of 0}")
  failures=$((failures + preset_failures))
  tests=$((tests + preset_tests))
done

echo
if [ ${#failed_presets[@]} -ne 0 ]; then echo "Failed: ${failed_presets[*]}"; fi
echo "$(((tests - failures) * 100 / tests))% tests passed, $failures tests failed out of $tests"
[ ${#failed_presets[@]} -eq 0 ]
