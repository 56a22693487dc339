#!/bin/sh
# Makes include/dlpu/io/tflite/schema_generated.hpp from schema.fbs beside it. The result is part of the repository, so
# that users need only the flatbuffers headers.
#
#     tools/generate_schema.sh           # writes the header (Debian: flatbuffers-compiler)
#     tools/generate_schema.sh --check   # exit status 1 where the header is out of date, 77 where flatc 2.0.8 is missing
#
# The header's own check for one exact version of flatbuffers is taken out: it uses nothing that differs between
# versions from 2.0 on. The other changes are those that the project's rules for headers ask for.
set -eu
folder=$(cd "$(dirname "$0")/../include/dlpu/io/tflite" && pwd)
command -v flatc >/dev/null || { echo "flatc is missing; install flatbuffers-compiler" >&2; exit 77; }
if [ "${1:-}" = --check ] && [ "$(flatc --version)" != "flatc version 2.0.8" ]; then
  echo "only flatc 2.0.8, which made the header, can tell whether it is up to date" >&2
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flatc --cpp --scoped-enums --filename-ext hpp -o "$work" "$folder/schema.fbs"
{
  echo '#pragma once'
  sed -e '/^#ifndef FLATBUFFERS_GENERATED/d' -e '/^#define FLATBUFFERS_GENERATED/d' -e '/^#endif  \/\/ FLATBUFFERS_GENERATED/d' \
      -e '/^\/\/ Ensure the included flatbuffers.h/,/Non-compatible flatbuffers version/d' \
      -e 's|#include "flatbuffers/flatbuffers.h"|#include <flatbuffers/flatbuffers.h>|' "$work/schema_generated.hpp" | cat -s
} > "$work/header.hpp"

if [ "${1:-}" = --check ]; then
  cmp "$work/header.hpp" "$folder/schema_generated.hpp" && exit 0
  echo "schema_generated.hpp is not what schema.fbs gives; run tools/generate_schema.sh" >&2
  exit 1
fi
cp "$work/header.hpp" "$folder/schema_generated.hpp"
