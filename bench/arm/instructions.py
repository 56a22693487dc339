"""Counts the instructions that int8 layers execute on each Arm rung, and prints them as Markdown tables.

    python3 bench/arm/instructions.py [--layers REGEX] [--architectures aarch64,armv7]

No Arm CPU is needed: bench/arm/layer.cpp is cross compiled and run under qemu-user, one instruction at a time, with a line
in the log for each. A layer is run once and not at all; the difference is the layer. Instructions are no times:
CPUs issue several per cycle and wait for memory. They show how much work a rung does.

Debian: g++-aarch64-linux-gnu g++-arm-linux-gnueabihf qemu-user
"""

import argparse
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAYERS = re.findall(r'name == "(\w+)"', (ROOT / "bench/arm/layer.cpp").read_text())

# Name: compiler, emulator, rungs. The scalar rung is the oracle's loops, vectorized by the compiler where it can.
ARCHITECTURES = {
    "aarch64": ("aarch64-linux-gnu", ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu", "-cpu", "max"],
                ["scalar", "neon", "neon_dot"]),
    "armv7": ("arm-linux-gnueabihf", ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf", "-cpu", "cortex-a9"],
              ["scalar", "neon"]),
}


def instructions(command, rung):
    """Executed instructions, and what the program says."""
    emulator = command[:-3] + ["-singlestep", "-d", "exec,nochain", "-D", "/dev/stderr", "-E", f"DLPU_ISA={rung}"]
    with subprocess.Popen(emulator + command[-3:], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        count, rest = 0, b""
        while block := process.stderr.read(1 << 20):
            block = rest + block
            count += block.count(b"Trace ")
            rest = block[-5:]  # shorter than the word: nothing is counted twice
        said = process.stdout.read().decode()
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(emulator + command[-3:])} failed")
    return count, said


def count_layer(program, emulator, layer, rung):
    """Instructions of one run, products, and the checksum of the output."""
    once, said = instructions(emulator + [program, layer, "1"], rung)
    never, _ = instructions(emulator + [program, layer, "0"], rung)
    return once - never, int(said.split()[0]), said.split()[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", default="", help="only those whose names match")
    parser.add_argument("--architectures", default=",".join(ARCHITECTURES))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for architecture in options.architectures.split(","):
            triple, emulator, rungs = ARCHITECTURES[architecture]
            program = f"{folder}/{architecture}"
            subprocess.run([f"{triple}-g++", "-std=c++20", "-O2", "-DNDEBUG", f"-I{ROOT}/include",
                            f"{ROOT}/bench/arm/layer.cpp", "-o", program], check=True)
            print(f"\n| {architecture} | products | " + " | ".join(rungs) + " | products per instruction of " +
                  f"{rungs[-1]} | scalar / {rungs[-1]} |")
            print("| --- |" + " ---: |" * (len(rungs) + 3))
            for layer in filter(re.compile(options.layers).search, LAYERS):
                counts, all_products, checksums = zip(*(count_layer(program, emulator, layer, rung) for rung in rungs))
                products = all_products[0]
                if len(set(checksums)) != 1:
                    raise SystemExit(f"{layer}: the rungs' outputs differ")
                print(f"| {layer} | {products:,} | " + " | ".join(f"{count:,}" for count in counts) +
                      f" | {products / counts[-1]:.2f} | {counts[0] / counts[-1]:.1f} |", flush=True)


if __name__ == "__main__":
    main()
