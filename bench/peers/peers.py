"""Times networks in dlpu, LiteRT (with XNNPACK), OpenVINO and ONNX Runtime, all in one run and by turns, so that what the
machine does meanwhile meets them all.

    python3 bench/peers/peers.py ../shared/models/*_int8.tflite keras:MobileNetV2
    taskset -c 1 python3 bench/peers/peers.py ...      # one processor, for one thread

What bench/peers/requirements.txt lists is installed into --environment where this Python lacks it. Prints a Markdown table;
--plot writes the ratios as a picture, --json everything, after each network. keras:NAME is a network of Keras in float32
with invented weights. ONNX Runtime and OpenVINO also get each network as ONNX, quantized ones with Quantize and Dequantize
nodes, made by tf2onnx. Each system has a process of its own: what one of them does, even that it crashes, is no other's
business.
"""

import argparse
import importlib.util
import json
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import venv

FOLDER = pathlib.Path(__file__).resolve().parent
WARM_UP = 10
DLPU = {"float": "dlpu, float", "reference": "dlpu, reference"}


def say(text):
    print(text, file=sys.stderr, flush=True)


def ensure_packages(environment):
    """Goes on in an environment that has them, which is made where it is missing."""
    needed = ("ai_edge_litert", "matplotlib", "numpy", "onnx", "onnxruntime", "openvino", "tensorflow", "tf2onnx")
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if not missing:
        return
    python = environment.resolve() / "bin" / "python"
    if os.environ.get("DLPU_PEERS_ENVIRONMENT"):
        sys.exit(f"{python} still lacks {', '.join(missing)}; remove {environment} and try again")
    if not python.exists():
        say(f"making {environment}")
        venv.create(environment, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", FOLDER / "requirements.txt"], check=True)
    os.execve(python, [python, *sys.argv], os.environ | {"DLPU_PEERS_ENVIRONMENT": "1"})


def random_like(shape, dtype, seed=0):
    import numpy
    generator = numpy.random.default_rng(seed)
    if numpy.issubdtype(dtype, numpy.floating):
        return generator.random(shape).astype(dtype)
    info = numpy.iinfo(dtype)
    return generator.integers(info.min, info.max + 1, shape, dtype)


# A system opens a network and returns what is one inference.

def open_litert(tflite, _onnx, threads):
    from ai_edge_litert.interpreter import Interpreter
    interpreter = Interpreter(str(tflite), num_threads=threads)
    interpreter.allocate_tensors()
    for info in interpreter.get_input_details():
        interpreter.set_tensor(info["index"], random_like(info["shape"], info["dtype"]))
    return interpreter.invoke


def open_openvino(path, threads):
    import openvino
    core = openvino.Core()
    options = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False}
    model = core.read_model(path)
    if all(port.element_type == openvino.Type.f32 for port in model.inputs):
        options["INFERENCE_PRECISION_HINT"] = "f32"  # it would take bfloat16 where the CPU has it
    compiled = core.compile_model(model, "CPU", options)
    request = compiled.create_infer_request()
    for i, port in enumerate(compiled.inputs):
        request.set_input_tensor(i, openvino.Tensor(random_like(list(port.shape), port.element_type.to_dtype())))
    return request.infer


def open_onnxruntime(_tflite, onnx, threads):
    import numpy
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
    types = {"tensor(int8)": numpy.int8, "tensor(uint8)": numpy.uint8, "tensor(float)": numpy.float32}
    inputs = {i.name: random_like([d if isinstance(d, int) else 1 for d in i.shape], types[i.type])
              for i in session.get_inputs()}
    return lambda: session.run(None, inputs)


PEERS = {
    "LiteRT": open_litert,
    "OpenVINO": lambda tflite, _onnx, threads: open_openvino(tflite, threads),
    "OpenVINO, ONNX": lambda _tflite, onnx, threads: open_openvino(onnx, threads),
    "ONNX Runtime": open_onnxruntime,
}
OF_ONNX = ("OpenVINO, ONNX", "ONNX Runtime")


def serve(connection, name, tflite, onnx, threads):
    """The process of a peer: says that the network is open, then for each number received the times of so many runs."""
    try:
        run = PEERS[name](tflite, onnx, threads)
        run()
    except Exception as error:  # whatever a peer throws at a file that it does not take
        connection.send(next(iter(str(error).splitlines()), type(error).__name__)[:100])
        return
    connection.send(None)
    while True:
        try:
            runs = connection.recv()
        except EOFError:
            return
        for _ in range(WARM_UP):
            run()
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e6)
        connection.send(times)


class Peer:
    def __init__(self, name, tflite, onnx, threads, patience):
        self.patience = patience
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, name, tflite, onnx, threads), daemon=True)
        self.process.start()
        other.close()
        try:
            refusal = self.receive()
        except RuntimeError as error:
            refusal = str(error)
        if refusal is not None:
            self.close()
            raise RuntimeError(refusal)

    def receive(self):
        if not self.connection.poll(self.patience):
            raise RuntimeError(f"no answer within {self.patience} s")
        try:
            return self.connection.recv()
        except EOFError:
            self.process.join(10)
            raise RuntimeError(f"its process ended with status {self.process.exitcode}") from None

    def times(self, runs):
        self.connection.send(runs)
        return self.receive()

    def close(self):
        self.connection.close()
        self.process.join(1)
        if self.process.is_alive():
            self.process.kill()


class Dlpu:
    """The command measures by itself; it is told how often."""

    def __init__(self, command, tflite, threads, rounding, patience):
        self.command = [command, "benchmark", f"--graph={tflite}", f"--num_threads={threads}", f"--rounding={rounding}",
                        f"--warmup_runs={WARM_UP}"]
        self.patience = patience
        self.times(1)

    def times(self, runs):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            try:
                subprocess.run([*self.command, f"--num_runs={runs}", f"--json={file.name}"], check=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=self.patience)
            except subprocess.CalledProcessError as error:
                raise RuntimeError(error.stderr.strip()[:200]) from None
            document = json.loads(pathlib.Path(file.name).read_text(encoding="utf-8"))
        return [document["min_us"], document["median_us"]]

    def close(self):
        pass


# Both run in processes of their own: TensorFlow keeps threads and memory.

def from_keras(name, path):
    os.environ.update({"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"})
    import tensorflow
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    model = getattr(tensorflow.keras.applications, name)(weights=None)
    image = tensorflow.TensorSpec([1, *model.inputs[0].shape[1:]], tensorflow.float32)
    function = tensorflow.function(lambda x: model(x, training=False)).get_concrete_function(image)
    frozen = convert_variables_to_constants_v2(function)
    path.write_bytes(tensorflow.lite.TFLiteConverter.from_concrete_functions([frozen], model).convert())


def to_onnx(tflite, folder):
    onnx = folder / (tflite.stem + ".onnx")
    try:
        subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--tflite", tflite, "--output", onnx, "--opset", "13"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
    except subprocess.SubprocessError as error:
        say(f"{tflite.stem}: no ONNX form ({error})")
        return None
    return onnx


def make_network(name, folder):
    """The network's .tflite file."""
    if not name.startswith("keras:"):
        return pathlib.Path(name)
    path = folder / (name.removeprefix("keras:") + "_float.tflite")
    process = multiprocessing.get_context("spawn").Process(target=from_keras, args=(name.removeprefix("keras:"), path))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"Keras did not make {name}")
    return path


def is_float(tflite):
    """No tensor has 8 bits."""
    from ai_edge_litert.interpreter import Interpreter
    details = Interpreter(str(tflite), num_threads=1).get_tensor_details()
    return not any(info["dtype"].__name__ in ("int8", "uint8") for info in details)


def systems_for(arguments, tflite, onnx):
    def offer(name, make):
        if name in OF_ONNX and onnx is None:
            return
        try:
            systems[name] = make()
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            say(f"{tflite.stem}: {name} refuses it: {error}")

    systems = {}
    for name in PEERS:
        offer(name, lambda name=name: Peer(name, tflite, onnx, arguments.threads, arguments.patience))
    for rounding in ("float",) if is_float(tflite) else DLPU:
        offer(DLPU[rounding],
              lambda rounding=rounding: Dlpu(arguments.dlpu, tflite, arguments.threads, rounding, arguments.patience))
    return systems


def measure(arguments, tflite, folder):
    systems = systems_for(arguments, tflite, to_onnx(tflite, folder))
    times = {name: [] for name in systems}
    for _ in range(arguments.rounds):
        for name, system in list(systems.items()):
            try:
                times[name] += system.times(arguments.runs)
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                say(f"{tflite.stem}: {name} is left out: {error}")
                systems.pop(name).close()
                del times[name]
    for system in systems.values():
        system.close()
    result = {name: {"min_us": min(t), "median_us": statistics.median(t)} for name, t in times.items()}
    best = min((v["min_us"] for name, v in result.items() if name in PEERS), default=None)
    for name in DLPU.values():
        if name in result and best is not None:
            result[name]["ratio"] = best / result[name]["min_us"]
    return result


def print_table(results):
    names = [n for n in (*PEERS, *DLPU.values()) if any(n in result for result in results.values())]
    print("| model | " + " | ".join(names) + " | best peer / dlpu, float | reference |")
    print("| --- |" + " --- |" * (len(names) + 2))
    for model, result in results.items():
        cells = [f"{result[n]['min_us']:.0f} / {result[n]['median_us']:.0f}" if n in result else "-" for n in names]
        ratios = [f"{result[n]['ratio']:.2f}" if "ratio" in result.get(n, {}) else "-" for n in DLPU.values()]
        print(f"| `{model}` | " + " | ".join(cells + ratios) + " |", flush=True)


def plot(results, path):
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(figsize=(8, 0.7 + 0.6 * len(results)))
    for offset, (rounding, name) in zip((0.2, -0.2), DLPU.items()):
        ratios = [result.get(name, {}).get("ratio", 0) for result in results.values()]
        axes.barh([i + offset for i in range(len(results))], ratios, 0.38, label=f"{rounding} rounding")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(results)), list(results))
    axes.set_xlabel("time of the fastest peer / time of dlpu")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help=".tflite files, or keras:NAME")
    parser.add_argument("--dlpu", default="build/release/tools/dlpu")
    parser.add_argument("--environment", type=pathlib.Path, default=pathlib.Path("build/peers"),
                        help="a folder for the packages that are missing")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=8, help="how often each system has its turn")
    parser.add_argument("--runs", type=int, default=40, help="inferences in a turn")
    parser.add_argument("--patience", type=int, default=120, help="seconds that a system has for a turn")
    parser.add_argument("--plot", help="a .svg file to write")
    parser.add_argument("--json", type=pathlib.Path, help="a file to write")
    arguments = parser.parse_args()
    ensure_packages(arguments.environment)
    results, failed = {}, False
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.models:
            start = time.monotonic()
            try:
                tflite = make_network(name, pathlib.Path(folder))
                results[tflite.stem] = measure(arguments, tflite, pathlib.Path(folder))
            except (OSError, RuntimeError, ValueError) as error:
                say(f"{name}: not measured: {error}")
                failed = True
                continue
            say(f"{tflite.stem}: {time.monotonic() - start:.0f} s")
            if arguments.json:
                arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    print_table(results)
    if arguments.plot and results:
        plot(results, arguments.plot)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
