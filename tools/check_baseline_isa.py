"""Checks that programs built without -m flags hold AVX, AVX-512 or AMX instructions (on Arm: the dot product, or NEON on
32 bits) only in functions whose name carries a rung of the ladder (isa::avx2, kernels::avx512_vnni, ...). Anywhere else
they would run on a CPU that lacks them: through an inline function that the linker took from a unit built with other
flags, or through a target attribute that covers more than it should.

    python3 tools/check_baseline_isa.py PROGRAM... [--only REGEX] [--architecture NAME --objdump PROGRAM]

Exit status 77 where objdump is missing.
"""

import argparse
import collections
import re
import shutil
import subprocess
import sys

# By architecture: mnemonics beyond the baseline, and the rungs that may have them.
WIDE = {
    # VEX and EVEX encoded instructions: vector, mask register, bit manipulation; and AMX. The v... that are left out
    # belong to the segment and the virtual machine instructions of the baseline.
    "x86_64": (re.compile(
        r"^(v(?!err$|erw$|mcall$|mfunc$|mlaunch$|mresume$|mxoff$|mxon$|mread$|mwrite$|mclear$|mptr|mload$|msave$|mrun$|mmcall$)"
        r"|k(mov|and|or|xor|xnor|not|shift|unpck|test|ortest|add)"
        r"|tile|tdp|ldtilecfg|sttilecfg"
        r"|(andn|bextr|blsi|blsr|blsmsk|bzhi|mulx|pdep|pext|rorx|sarx|shlx|shrx)[lq]?$)"), re.compile(r"\b(avx2|avx_vnni|avx512_vnni|amx)\b")),
    "aarch64": (re.compile(r"^(u?s|s?u)dot$"), re.compile(r"\bneon_dot\b")),
    # Vector instructions that floating-point hardware alone does not have.
    "armv7": (re.compile(r"^v(mull|mlal|padal?|paddl|q?r?dmulh|q?r?sh[lr]|r?sra|q?movl?u?n|movl|ld1|st1|max|min|dup|ext|zip|uzp)\b"),
              re.compile(r"\bneon\b")),
}
# The list of all rungs in a name is no rung.
LADDER = re.compile(r"isa::list<[^<>]*>")


def wide_instructions(program, objdump, pattern):
    """Function name -> its wide mnemonics."""
    listing = subprocess.run([objdump, "--disassemble", "--demangle", "--no-show-raw-insn", "--no-addresses", program],
                             capture_output=True, text=True, check=True).stdout
    found, functions, name = collections.defaultdict(collections.Counter), set(), ""
    for line in listing.splitlines():
        header = re.match(r"^<(.*)>:$", line)
        if header:
            name = header[1]
            functions.add(name)
            continue
        words = line.split()
        if line.startswith((" ", "\t")) and words and pattern.match(words[0]):
            found[name][words[0]] += 1
    return found, functions


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--only", default="", help="check only functions whose name matches; at least one must")
    parser.add_argument("--architecture", choices=WIDE, default="x86_64")
    parser.add_argument("--objdump", default="objdump")
    options = parser.parse_args()
    pattern, rung = WIDE[options.architecture]

    def has_rung(name):
        return rung.search(LADDER.sub("", name)) is not None

    if shutil.which(options.objdump) is None:
        print("objdump is missing (Debian: binutils)", file=sys.stderr)
        return 77
    failed = False
    for program in options.programs:
        found, functions = wide_instructions(program, options.objdump, pattern)
        if not any(re.search(options.only, name) for name in functions):
            print(f"{program}: no function's name matches {options.only}", file=sys.stderr)
            failed = True
        for name, mnemonics in sorted(found.items()):
            if has_rung(name) or not re.search(options.only, name):
                continue
            examples = ", ".join(mnemonic for mnemonic, _ in mnemonics.most_common(5))
            print(f"{program}: {sum(mnemonics.values())} wide instructions ({examples}) in a function of no rung:\n  {name}",
                  file=sys.stderr)
            failed = True
        rungs = sum(1 for name in found if has_rung(name))
        print(f"{program}: {len(functions)} functions, {rungs} of them wide by their rung")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
