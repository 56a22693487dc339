#!/usr/bin/env python3
"""`dlpu generate` and a compiler make of a .tflite file a program that computes the same bits as `dlpu run`.

    generate_test.py --dlpu build/release/tools/dlpu --include include --compiler g++ MODEL.tflite ...

All networks are compiled into one program. Inputs are random bytes, or small numbers in float32, from a fixed seed. Figures
are printed: bytes of the header, seconds of compilation. Exit status 1 where a bit differs.
"""
import argparse
import ast
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time

SIZES = {"<f4": 4, "|i1": 1, "|u1": 1, "<i2": 2, "<i4": 4, "<i8": 8, "|b1": 1}
TYPES = {"float32": "<f4", "int8": "|i1", "uint8": "|u1", "int16": "<i2", "int32": "<i4", "int64": "<i8", "bool": "|b1"}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-Wno-restrict",
            "-Wno-unknown-warning-option"]
INPUTS = 3  # for each network

MAIN = r"""
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <tuple>
#include <utility>
@INCLUDES@
namespace {

template <class... T>
std::tuple<T...> all(const std::tuple<T...>& views) { return views; }
template <class View>
std::tuple<View> all(const View& view) { return {view}; }

/// Inputs as raw bytes, one behind the other, from standard input; outputs likewise.
template <class Net>
int run(const typename Net::Weights& weights) {
  static typename Net::Arena arena;
  static typename Net::Packed packed;
  Net net{weights, packed, arena};
  constexpr std::size_t inputs = std::tuple_size_v<typename Net::Inputs>;
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    auto tensors = std::tuple{net.template input<I>()...};
    while (true) {
      const bool read = ([&](auto& tensor) {
        return std::fread(tensor.data(), sizeof *tensor.data(), tensor.size(), stdin) == tensor.size();
      }(std::get<I>(tensors)) && ...);
      if (!read) return 0;
      const auto outputs = [&] {
        if constexpr (inputs == 1) return net.run(std::get<0>(tensors));
        else return net.run(typename Net::Inputs{std::get<I>(tensors)...});
      }();
      std::apply([](const auto&... view) {
        (std::fwrite(view.data(), sizeof *view.data(), view.size(), stdout), ...);
      }, all(outputs));
    }
  }(std::make_index_sequence<inputs>{});
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
@CALLS@
  return 2;
}
"""


def read_npy(path):
    with open(path, "rb") as file:
        content = file.read()
    end = 10 + struct.unpack("<H", content[8:10])[0]
    header = ast.literal_eval(content[10:end].decode())
    return header["descr"], header["shape"], content[end:]


def write_npy(path, descr, shape, data):
    header = repr({"descr": descr, "fortran_order": False, "shape": tuple(shape)}).encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data)


def random_bytes(rng, descr, shape):
    count = 1
    for dim in shape:
        count *= dim
    if descr == "<f4":
        return struct.pack(f"<{count}f", *(rng.uniform(-1, 1) for _ in range(count)))
    if descr == "|b1":
        return bytes(rng.randrange(2) for _ in range(count))
    if descr in ("<i4", "<i8"):
        return bytes(count * SIZES[descr])  # indices: zero is one in any case
    return rng.randbytes(count * SIZES[descr])


class Network:
    def __init__(self, path, number, folder, options):
        self.path, self.name, self.folder, self.options = path, f"model_{number}", folder, options
        self.header = os.path.join(folder, self.name + ".hpp")

    def call(self, *arguments):
        return subprocess.run([self.options.dlpu, *arguments], check=True, capture_output=True, text=True).stdout

    def generate(self):
        """Bytes of the header."""
        document = os.path.join(self.folder, "generate.json")
        self.call("generate", self.path, "-o", self.header, "--json", document)
        with open(document, encoding="utf-8") as file:
            content = json.load(file)
        self.kinds = [(TYPES[item["type"]], item["shape"]) for item in content["inputs"]]
        return content["header_bytes"]

    def expected(self, arrays):
        """What the command makes of the file."""
        paths = []
        for i, (descr, shape, data) in enumerate(arrays):
            paths.append(os.path.join(self.folder, f"in_{i}.npy"))
            write_npy(paths[-1], descr, shape, data)
        out = os.path.join(self.folder, "out_" + self.name)
        self.call("run", self.path, "--input", *paths, "--output", out)
        return b"".join(read_npy(os.path.join(out, f"output_{i}.npy"))[2] for i in range(len(os.listdir(out))))

    def differences(self, program):
        """Bytes that differ, and bytes compared."""
        rng = random.Random(5)
        given, expected = b"", b""
        for _ in range(INPUTS):
            arrays = [(descr, shape, random_bytes(rng, descr, shape)) for descr, shape in self.kinds]
            given += b"".join(data for _, _, data in arrays)
            expected += self.expected(arrays)
        actual = subprocess.run([program, self.name], input=given, check=True, capture_output=True).stdout
        if len(actual) != len(expected):
            return max(len(actual), len(expected)), len(expected)
        return sum(a != b for a, b in zip(actual, expected)), len(expected)


def compile_program(networks, folder, options):
    source, program = os.path.join(folder, "main.cpp"), os.path.join(folder, "program")
    includes = "".join(f'#include "{network.name}.hpp"\n' for network in networks)
    calls = "".join(f'  if (name == "{n.name}") return run<{n.name}::Network<>>({n.name}::weights());\n' for n in networks)
    with open(source, "w", encoding="utf-8") as file:
        file.write(MAIN.replace("@INCLUDES@", includes).replace("@CALLS@", calls))
    flags = ["-fconstexpr-steps=16777216"] if "clang" in options.compiler else []
    started = time.monotonic()
    subprocess.run([options.compiler, "-std=c++20", options.optimize, *WARNINGS, *flags, "-I" + options.include, "-I" + folder,
                    source, "-o", program], check=True)
    return program, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dlpu", required=True)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--include", default="include")
    parser.add_argument("--optimize", default="-O1")
    parser.add_argument("models", nargs="+")
    options = parser.parse_args()
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        networks = [Network(path, i, folder, options) for i, path in enumerate(options.models)]
        sizes = [network.generate() for network in networks]
        program, seconds = compile_program(networks, folder, options)
        for network, size in zip(networks, sizes):
            different, compared = network.differences(program)
            failures += different > 0
            print(f"{os.path.basename(network.path)}: header of {size} bytes; {different} of {compared} bytes of outputs differ")
        print(f"compiled in {seconds:.1f} s with {options.compiler} {options.optimize}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
