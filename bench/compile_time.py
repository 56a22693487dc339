"""What dlpu costs a build: compile time, memory of the compiler, bytes in the program.

    bench/compile_time.py [--compilers g++ clang++] [--repeats 3]

Prints a markdown table. Times are of the processor, each the least of the repeats. Bytes are those of a stripped program at -O2 beyond one
with an empty main.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile

INCLUDE = pathlib.Path(__file__).resolve().parent.parent / "include"

HEADER = '#include "dlpu/dlpu.hpp"\n'

# Weights come from outside, so that no compiler computes the answer itself.
NETWORK = """
template <class Net>
int run(const dlpu::Parameters& parameters) {
  static typename Net::Arena arena;
  static typename Net::Packed packed;
  const auto weights = Net::Weights::from_parameters(parameters);
  if (!weights) return 1;
  Net net{*weights, packed, arena};
  static auto image = net.input();
  return net.run(image)[0] > 0;
}
"""


def network_program(model, targets):
    runs = " + ".join(f"run<dlpu::Network<{model}, {target}>>(parameters)" for target in targets)
    return (HEADER + NETWORK +
            "int main(int count, char**) {\n"
            "  const dlpu::Parameters parameters(static_cast<std::size_t>(count));\n"
            f"  return {runs};\n}}\n")


FIVE_TARGETS = ["dlpu::soc::Cpu, dlpu::Unquantized", "dlpu::soc::Artpec7, dlpu::PerChannel",
                "dlpu::soc::Artpec8, dlpu::PerTensor, dlpu::Allow<dlpu::cpu>",
                "dlpu::soc::Artpec9, dlpu::PerChannel, dlpu::Allow<dlpu::cpu>", "dlpu::soc::Cv25, dlpu::PowerOfTwo"]

EMPTY = "int main() {}\n"
PROGRAMS = [
    ("`dlpu/dlpu.hpp` alone", HEADER + EMPTY),
    ("`dlpu/ops/conv2d.hpp` alone", '#include "dlpu/ops/conv2d.hpp"\n' + EMPTY),
    ("KWS, one target", network_program("dlpu::zoo::KwsDscnn", FIVE_TARGETS[2:3])),
    ("MobileNetV2, five targets", network_program("dlpu::zoo::MobileNetV2<>", FIVE_TARGETS)),
]


def run_measured(command):
    """Seconds of the processor and peak memory (MB) of a command and its children."""
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"failed: {' '.join(map(str, command))}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024  # of the compiler proper: the largest child


def compile_measured(compiler, source, output, repeats):
    command = [compiler, "-std=c++20", "-O2", f"-I{INCLUDE}", "-c", str(source), "-o", str(output)]
    results = [run_measured(command) for _ in range(repeats)]
    return min(seconds for seconds, _ in results), min(memory for _, memory in results)


def stripped_bytes(compiler, object_file, program):
    subprocess.run([compiler, "-s", str(object_file), "-o", str(program)], check=True)
    return program.stat().st_size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compilers", nargs="+", default=["g++", "clang++"])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()

    print("| translation unit | compiler | seconds | peak MB | bytes in the program |")
    print("| --- | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        source, objects, program = (pathlib.Path(folder) / name for name in ("program.cpp", "program.o", "program"))
        for compiler in options.compilers:
            source.write_text(EMPTY, encoding="utf-8")
            compile_measured(compiler, source, objects, 1)
            empty = stripped_bytes(compiler, objects, program)
            for name, text in PROGRAMS:
                source.write_text(text, encoding="utf-8")
                seconds, memory = compile_measured(compiler, source, objects, options.repeats)
                size = stripped_bytes(compiler, objects, program) - empty
                print(f"| {name} | {compiler} | {seconds:.2f} | {memory:.0f} | {size} |", flush=True)


if __name__ == "__main__":
    main()
