#!/usr/bin/env bash
# clang-tidy 14 over all headers, with the checks of .clang-tidy. One translation unit includes them
# all, so that each is read once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/install_packages.sh
install_packages clang-tidy libeigen3-dev libflatbuffers-dev pkg-config git

mkdir -p build
unit=build/all_headers.cpp
git ls-files 'include/*.hpp' ':!*_generated.hpp' | sed -E 's|^include/(.*)|#include <\1>|' >"$unit"
read -ra eigen < <(pkg-config --cflags-only-I eigen3)
clang-tidy --quiet "$unit" -- -std=c++20 -Iinclude "${eigen[@]/#-I/-isystem}"
