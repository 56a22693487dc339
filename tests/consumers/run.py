"""Builds and runs programs as users of dlpu would: through each way to find it, and under each compiler setting that a
header-only library must bear. Exit status 77: something that the way needs is not installed.
"""

import argparse
import concurrent.futures
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
INCLUDE = ROOT / "include"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]


class Skip(Exception):
    pass


def run(*command, **keywords):
    command = [str(word) for word in command]
    result = subprocess.run(command, capture_output=True, text=True, check=False, **keywords)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{result.stdout}{result.stderr}")
    return result.stdout


def install(options):
    run(options.cmake, "--install", options.build, "--prefix", options.work / "prefix")
    return options.work / "prefix"


def build_with_cmake(options, source, *settings):
    build = options.work / "build"
    run(options.cmake, "-S", source, "-B", build, f"-DCMAKE_CXX_COMPILER={options.compiler}", *settings)
    run(options.cmake, "--build", build)
    print(run(build / "consumer"))


def find_package(options):
    build_with_cmake(options, HERE / "find_package", f"-DCMAKE_PREFIX_PATH={install(options)}")


def add_subdirectory(options):
    build_with_cmake(options, HERE / "add_subdirectory")


def pkg_config(options):
    if shutil.which("pkg-config") is None:
        raise Skip("pkg-config is not installed")
    environment = dict(os.environ, PKG_CONFIG_PATH=str(install(options) / "share/pkgconfig"))
    flags = run("pkg-config", "--cflags", "dlpu", env=environment).split()
    run(options.compiler, "-std=c++20", *flags, HERE / "program.cpp", "-o", options.work / "program")
    print(run(options.work / "program"))


def cpu_has(*flags):
    try:
        words = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return all(flag in words for flag in flags)


def libraries(options):
    return [word for folder in options.library for word in ("-isystem", folder)]


def two_tu(options):
    """Two units with different flags share no dlpu function, whichever the linker sees first. Little optimized, most
    functions stand by themselves, where they could be shared."""
    if platform.machine() != "x86_64":
        raise Skip("the flags of this test are those of x86-64")

    def compile_unit(unit, name, *flags):
        target = options.work / f"{name}.o"
        run(options.compiler, "-std=c++20", "-O1", *WARNINGS, *flags, f"-I{INCLUDE}", *libraries(options), "-c",
            HERE / "two_tu" / f"{unit}.cpp", "-o", target)
        return target

    main, baseline = compile_unit("main", "main"), compile_unit("baseline", "baseline")
    for name, flags, needed in (("avx2", ["-mavx2", "-mfma"], ["avx2", "fma"]),
                                ("v4", ["-march=x86-64-v4"], ["avx512f", "avx512bw", "avx512vl", "avx512dq"])):
        wide = compile_unit("wide", f"wide_{name}", *flags)
        for first, second in ((baseline, wide), (wide, baseline)):
            program = options.work / f"{first.stem}_first_{name}"
            run(options.compiler, first, second, main, "-o", program)
            print(run(program, *(["wide"] if cpu_has(*needed) else [])))
            print(run(sys.executable, "-B", ROOT / "tools/check_baseline_isa.py", program, "--only", "base_x86_64"))


# Headers that many others include, the dearest first: precompiled, each is parsed once.
CONTEXTS = [f"dlpu/{name}.hpp" for name in (
    "quantize/scheme", "quantize/observe", "quantize/float_network", "quantize/quantize", "quantize/calibrate",
    "io/tflite/operator_reader", "io/tflite/writer/operator_writer", "estimate/latency_terms", "graph/program", "soc/soc",
    "zoo/backbones/backbone", "graph/lowering/lowered", "graph/builder", "graph/graph", "ops/conv2d",
    "kernels/avx512_vnni/requantize", "kernels/avx512_vnni/vectors", "kernels/portable/simd", "kernels/avx2/vectors",
    "kernels/requantization", "quant/policy", "core/shape")]


def closures(headers):
    """Of every header by its name: the names of dlpu's headers that it includes, directly or not."""
    direct = {name: set(re.findall(r'^#include "(dlpu/.*)"$', path.read_text(encoding="utf-8"), re.M))
              for name, path in headers.items()}
    complete = {}

    def closure(name):
        if name not in complete:
            complete[name] = direct[name].union(*map(closure, direct[name]))
        return complete[name]

    return {name: closure(name) for name in headers}


def headers_alone(options):
    """Each header compiles by itself, without exceptions and run-time type information, and without a warning.

    A context may be there before the header's first line where the header includes all that is in the context, since no
    header has code before its last #include (tools/check_layers.py): it hides nothing that is missing.
    """
    flags = [options.compiler, "-std=c++20", "-fno-exceptions", "-fno-rtti", *WARNINGS, f"-I{INCLUDE}", *libraries(options)]
    headers = {header.relative_to(INCLUDE).as_posix(): header for header in sorted(INCLUDE.rglob("*.hpp"))}
    included = closures(headers)
    instantiate = ["-fpch-instantiate-templates"] if "clang" in options.compiler else []

    def context_file(name):
        return options.work / name.replace("/", "_")

    def precompile(name):
        source = context_file(name)
        source.write_text(f"#include <{name}>\n", encoding="utf-8")
        run(*flags, *instantiate, "-x", "c++-header", source, "-o", f"{source}.gch")

    def check(name):
        context = next((c for c in CONTEXTS if c in included[name]), None)
        run(*flags, *(["-include", context_file(context)] if context else []), "-fsyntax-only", "-x", "c++", "-",
            input=f"#include <{name}>\n")

    def run_all(function, names):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [(name, pool.submit(function, name)) for name in names]
        failed = [f"{name}\n{job.exception()}" for name, job in jobs if job.exception()]
        if failed:
            raise RuntimeError("\n".join(failed))

    run_all(precompile, CONTEXTS)
    own = [name for name in headers if not name.endswith("_generated.hpp")]
    run_all(check, own)
    program = options.work / "program"
    run(options.compiler, "-std=c++20", "-fno-exceptions", "-fno-rtti", f"-I{INCLUDE}", *libraries(options),
        HERE / "program.cpp", "-o", program)
    print(f"{len(own)} headers", run(program))


def single_header(options):
    single = options.work / "dlpu_single.hpp"
    run(sys.executable, "-B", ROOT / "tools/amalgamate.py", "--include", INCLUDE, "--output", single)
    # In two units, so that a function that is neither inline nor a template does not link.
    other = options.work / "other.cpp"
    other.write_text('#include "dlpu_single.hpp"\n', encoding="utf-8")
    run(options.compiler, "-std=c++20", *WARNINGS, f"-I{options.work}", *libraries(options), "-DDLPU_SINGLE_HEADER",
        HERE / "program.cpp", other, "-o", options.work / "program")
    print(run(options.work / "program"))


WAYS = {way.__name__: way for way in (find_package, add_subdirectory, pkg_config, two_tu, headers_alone, single_header)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--cmake", default="cmake")
    parser.add_argument("--build", type=pathlib.Path, help="a configured build folder of dlpu, to install from")
    parser.add_argument("--library", action="append", default=[], help="the include folder of a library that dlpu uses")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a folder for this test's files; emptied first")
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    try:
        WAYS[options.way](options)
    except Skip as reason:
        print(f"skipped: {reason}")
        return 77
    except RuntimeError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
