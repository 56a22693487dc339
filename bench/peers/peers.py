"""Times int8 networks in dlpu, LiteRT (with XNNPACK), OpenVINO and ONNX Runtime, all in one run and by turns, so that what
the machine does meanwhile meets them all.

    python3 bench/peers/peers.py --dlpu build/release/tools/dlpu ../shared/models/*_int8.tflite
    taskset -c 1 python3 bench/peers/peers.py ...      # one processor, for one thread

Needs bench/peers/requirements.txt. Prints a Markdown table; --plot writes the ratios as a picture, --json everything.
ONNX Runtime and OpenVINO also get the network as ONNX with Quantize and Dequantize nodes, made by tf2onnx.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import numpy

WARM_UP = 10


def random_like(shape, dtype, seed=0):
    generator = numpy.random.default_rng(seed)
    if numpy.issubdtype(dtype, numpy.floating):
        return generator.random(shape).astype(dtype)
    info = numpy.iinfo(dtype)
    return generator.integers(info.min, info.max + 1, shape, dtype)


class Timed:
    """A system with a network: `run` is one inference."""

    def times(self, runs):
        for _ in range(WARM_UP):
            self.run()
        result = []
        for _ in range(runs):
            start = time.perf_counter()
            self.run()
            result.append((time.perf_counter() - start) * 1e6)
        return result


class LiteRt(Timed):
    def __init__(self, tflite, _onnx, threads):
        from ai_edge_litert.interpreter import Interpreter
        interpreter = Interpreter(str(tflite), num_threads=threads)
        interpreter.allocate_tensors()
        for info in interpreter.get_input_details():
            interpreter.set_tensor(info["index"], random_like(info["shape"], info["dtype"]))
        self.run = interpreter.invoke


class OpenVino(Timed):
    def __init__(self, tflite, _onnx, threads):
        self.open(tflite, threads)

    def open(self, path, threads):
        import openvino
        core = openvino.Core()
        options = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False}
        compiled = core.compile_model(core.read_model(path), "CPU", options)
        self.request = compiled.create_infer_request()
        for i, port in enumerate(compiled.inputs):
            data = random_like(list(port.shape), port.element_type.to_dtype())
            self.request.set_input_tensor(i, openvino.Tensor(data))
        self.run = self.request.infer


class OpenVinoOnnx(OpenVino):
    def __init__(self, _tflite, onnx, threads):
        self.open(onnx, threads)


class OnnxRuntime(Timed):
    def __init__(self, _tflite, onnx, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
        types = {"tensor(int8)": numpy.int8, "tensor(uint8)": numpy.uint8, "tensor(float)": numpy.float32}
        inputs = {i.name: random_like([d if isinstance(d, int) else 1 for d in i.shape], types[i.type])
                  for i in session.get_inputs()}
        self.run = lambda: session.run(None, inputs)


class Dlpu:
    """The command measures by itself; it is told how often."""

    def __init__(self, command, tflite, threads, rounding):
        self.command = [command, "benchmark", f"--graph={tflite}", f"--num_threads={threads}", f"--rounding={rounding}",
                        f"--warmup_runs={WARM_UP}"]
        self.times(1)

    def times(self, runs):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            subprocess.run([*self.command, f"--num_runs={runs}", f"--json={file.name}"], check=True,
                           stdout=subprocess.DEVNULL)
            document = json.load(open(file.name, encoding="utf-8"))
        self.rung = document["rung"]
        return [document["min_us"], document["median_us"]]


def to_onnx(tflite, folder):
    onnx = pathlib.Path(folder) / (tflite.stem + ".onnx")
    subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--tflite", str(tflite), "--output", str(onnx), "--opset", "13"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
    return onnx


def systems_for(arguments, tflite, folder):
    try:
        onnx = to_onnx(tflite, folder)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{tflite.name}: no ONNX form ({error})", file=sys.stderr)
        onnx = None
    systems = {}
    for name, kind in [("LiteRT", LiteRt), ("OpenVINO", OpenVino), ("OpenVINO, ONNX", OpenVinoOnnx),
                       ("ONNX Runtime", OnnxRuntime)]:
        if onnx is None and kind in (OpenVinoOnnx, OnnxRuntime):
            continue
        try:
            systems[name] = kind(tflite, onnx, arguments.threads)
        except Exception as error:  # whatever a peer throws at a file that it does not take
            print(f"{tflite.name}: {name} refuses it: {str(error).splitlines()[0][:100]}", file=sys.stderr)
    for rounding in ("float", "reference"):
        systems[f"dlpu, {rounding}"] = Dlpu(arguments.dlpu, tflite, arguments.threads, rounding)
    return systems


def measure(arguments, tflite, folder):
    systems = systems_for(arguments, tflite, folder)
    times = {name: [] for name in systems}
    for _ in range(arguments.rounds):
        for name, system in systems.items():
            times[name] += system.times(arguments.runs)
    result = {name: {"min_us": min(t), "median_us": statistics.median(t)} for name, t in times.items()}
    best = min(v["min_us"] for name, v in result.items() if not name.startswith("dlpu"))
    for rounding in ("float", "reference"):
        result[f"dlpu, {rounding}"]["ratio"] = best / result[f"dlpu, {rounding}"]["min_us"]
    return result


def print_table(results):
    names = list(dict.fromkeys(name for result in results.values() for name in result))
    print("| model | " + " | ".join(names) + " | best peer / dlpu, float | reference |")
    print("| --- |" + " --- |" * (len(names) + 2))
    for model, result in results.items():
        cells = [f"{result[n]['min_us']:.0f} / {result[n]['median_us']:.0f}" if n in result else "-" for n in names]
        ratios = [f"{result[f'dlpu, {r}']['ratio']:.2f}" for r in ("float", "reference")]
        print(f"| `{model}` | " + " | ".join(cells + ratios) + " |")


def plot(results, path):
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(figsize=(8, 0.7 + 0.6 * len(results)))
    for offset, rounding in ((0.2, "float"), (-0.2, "reference")):
        ratios = [result[f"dlpu, {rounding}"]["ratio"] for result in results.values()]
        axes.barh([i + offset for i in range(len(results))], ratios, 0.38, label=f"{rounding} rounding")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(results)), list(results))
    axes.set_xlabel("time of the fastest peer / time of dlpu")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path, help=".tflite files")
    parser.add_argument("--dlpu", default="build/release/tools/dlpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=8, help="how often each system has its turn")
    parser.add_argument("--runs", type=int, default=40, help="inferences in a turn")
    parser.add_argument("--plot", help="a .svg file to write")
    parser.add_argument("--json", help="a file to write")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = {path.stem: measure(arguments, path, folder) for path in arguments.models}
    print_table(results)
    if arguments.plot:
        plot(results, arguments.plot)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
