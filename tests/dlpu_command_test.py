#!/usr/bin/env python3
"""Runs the dlpu command as its users do: results, messages, exit statuses, JSON.

    dlpu_command_test.py --dlpu build/release/tools/dlpu --fixtures tests/fixtures
"""
import argparse
import ast
import glob
import json
import math
import os
import re
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

DLPU = FIXTURES = ""
NUMBERS = {"<f4": "f", "|i1": "b", "|u1": "B"}  # of NumPy, of struct


def fixture(name):
    return os.path.join(FIXTURES, name)


def read_npy(path):
    """Type, shape, bytes of the elements."""
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


def write_png(path, width, height, channels, pixels):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes(pixels[y * width * channels:(y + 1) * width * channels]) for y in range(height))
    colours = {1: 0, 3: 2, 4: 6}[channels]
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_bmp(path, width, height, pixels):
    """Blue, green, red; rows from the bottom, padded to 4 bytes."""
    rows = b""
    for y in reversed(range(height)):
        row = b"".join(bytes(pixels[(y * width + x) * 3:(y * width + x) * 3 + 3][::-1]) for x in range(width))
        rows += row + b"\0" * (-len(row) % 4)
    with open(path, "wb") as file:
        file.write(struct.pack("<2sIII", b"BM", 54 + len(rows), 0, 54) +
                   struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(rows), 0, 0, 0, 0) + rows)


def shrink_line(line, size):
    """Bilinear with antialiasing, in exact-enough arithmetic: the weights of a triangle."""
    scale = len(line) / size
    reach = max(scale, 1.0)
    result = []
    for i in range(size):
        center = (i + 0.5) * scale
        weights = [max(0.0, 1.0 - abs(j + 0.5 - center) / reach) for j in range(len(line))]
        result.append(int(sum(w * p for w, p in zip(weights, line)) / sum(weights) + 0.5))
    return result


class CommandTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def call(self, *arguments, **environment):
        return subprocess.run([DLPU, *arguments], capture_output=True, text=True, check=False, timeout=120,
                              env={**os.environ, **environment})

    def succeed(self, *arguments, **environment):
        result = self.call(*arguments, **environment)
        self.assertEqual((result.returncode, result.stderr), (0, ""), arguments)
        return result.stdout

    def document(self, *arguments):
        self.succeed(*arguments, "--json", self.path("document.json"))
        with open(self.path("document.json"), encoding="utf-8") as file:
            document = json.load(file)
        self.assertEqual(document["schema_version"], 1)
        self.assertEqual(document["command"], arguments[0])
        return document

    def fail_with(self, pattern, *arguments, status=1):
        """An error is one line on standard error, and a status other than 0."""
        result = self.call(*arguments)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertRegex(result.stderr, r"\Adlpu: [^\n]*\n\Z")
        self.assertRegex(result.stderr, pattern)


def models():
    return sorted(os.path.basename(path)[:-len(".tflite")] for path in glob.glob(fixture("*.tflite")))


def inputs_of(name):
    return sorted(glob.glob(fixture(name + ".input_*.npy")))


MODEL, INPUT = "int8_residual.tflite", "int8_residual.input_0.npy"  # [1, 9, 7, 3]


class Run(CommandTest):
    def test_every_network_computes_what_it_should(self):
        self.assertGreater(len(models()), 5)
        for name in models():
            with self.subTest(name):
                self.succeed("run", fixture(name + ".tflite"), "--input", *inputs_of(name), "--output",
                             self.path(name))
                outputs = sorted(glob.glob(fixture(name + ".output_*.npy")))
                self.assertEqual(len(outputs), len(os.listdir(self.path(name))))
                for expected in outputs:
                    self.compare_arrays(expected, os.path.join(self.path(name), expected.rsplit(".", 2)[1] + ".npy"))

    def compare_arrays(self, expected, actual):
        descr, shape, data = read_npy(expected)
        actual_descr, actual_shape, actual_data = read_npy(actual)
        self.assertEqual((actual_descr, actual_shape), (descr, shape))
        if descr != "<f4":
            self.assertEqual(actual_data, data)
            return
        count = len(data) // 4
        for a, b in zip(struct.unpack(f"<{count}f", data), struct.unpack(f"<{count}f", actual_data)):
            self.assertTrue(math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6), f"{a} {b}")

    def test_json_and_top_classes(self):
        document = self.document("run", fixture(MODEL), "--input", fixture(INPUT), "--output", self.path("out"), "--top",
                                 "2")
        self.assertEqual(document["rounding"], "reference")
        self.assertEqual(document["outputs"][0]["file"], self.path("out/output_0.npy"))
        top = [output["top"] for output in document["outputs"] if "top" in output][0]
        self.assertEqual(len(top), 2)
        self.assertGreaterEqual(top[0]["score"], top[1]["score"])

    def test_labels(self):
        output = read_npy(fixture("int8_residual.output_0.npy"))
        classes = output[1][-1]
        with open(self.path("labels.txt"), "w", encoding="utf-8") as file:
            file.writelines(f"label {i}\r\n" for i in range(classes))
        arguments = ("run", fixture(MODEL), "--input", fixture(INPUT), "--labels", self.path("labels.txt"))
        top = self.document(*arguments)["outputs"][0]["top"][0]
        best = max(range(classes), key=lambda i: struct.unpack(f"{classes}b", output[2])[i])
        self.assertEqual((top["class"], top["label"]), (best, f"label {best}"))
        with open(self.path("labels.txt"), "a", encoding="utf-8") as file:
            file.write("one more\n")
        self.fail_with(f"labels.txt: it has {classes + 1} labels.*{classes} classes", *arguments)

    def test_roundings(self):
        for rounding in ("reference", "float", "single"):
            document = self.document("run", fixture(MODEL), "--input", fixture(INPUT), "--rounding", rounding)
            self.assertEqual(document["rounding"], rounding)

    def test_targets(self):
        arguments = ("run", fixture(MODEL), "--input", fixture(INPUT), "--target")
        self.assertEqual(self.document(*arguments, "cpu")["placement"]["verdict"], "runs")
        per_channel = self.document(*arguments, "artpec8@Q1656-LE")["placement"]
        self.assertEqual((per_channel["target"], per_channel["device"]), ("artpec8", "Q1656-LE"))
        self.assertGreater(per_channel["slow_operators"], 0)
        self.assertIn("per-channel", self.succeed(*arguments, "artpec8"))
        self.fail_with("int8_residual.tflite: CV25 cannot run it: .*PowerOfTwo", *arguments, "cv25")
        self.fail_with("'artpec6' is no target; known targets: cpu, artpec7, artpec8, artpec9, cv25", *arguments,
                       "artpec6")
        self.fail_with("ARTPEC-8 has no device 'Q1'; known devices: .*Q1656-LE", *arguments, "artpec8@Q1")

    def test_bad_input(self):
        model, good = fixture(MODEL), fixture(INPUT)
        with open(self.path("notes.txt"), "w", encoding="utf-8") as file:
            file.write("not a photograph\n")
        write_npy(self.path("shape.npy"), "|i1", (1, 9, 7), bytes(63))
        write_npy(self.path("type.npy"), "|u1", (1, 9, 7, 3), bytes(189))
        write_npy(self.path("short.npy"), "|i1", (1, 9, 7, 3), bytes(188))
        open(self.path("empty.tflite"), "wb").close()
        self.fail_with("no.tflite: cannot be read: No such file", "run", self.path("no.tflite"), "--input", good)
        self.fail_with("empty.tflite: ", "run", self.path("empty.tflite"), "--input", good)
        self.fail_with("notes.txt: ", "run", self.path("notes.txt"), "--input", good)
        self.fail_with("zoo:resnet8: networks of the zoo have no weights", "run", "zoo:resnet8", "--input", good)
        self.fail_with("no.npy: cannot be read: No such file", "run", model, "--input", self.path("no.npy"))
        self.fail_with(r"shape.npy: the array is int8 \[1, 9, 7\], but .* int8 \[1, 9, 7, 3\]", "run", model, "--input",
                       self.path("shape.npy"))
        self.fail_with(r"type.npy: the array is uint8 .*, but .* int8", "run", model, "--input", self.path("type.npy"))
        self.fail_with("short.npy: .*188 bytes", "run", model, "--input", self.path("short.npy"))
        self.fail_with("has 1 inputs, but there are 2 files", "run", model, "--input", good, good)
        self.fail_with("there is no input; give --input x.npy.*or --image", "run", model)
        self.fail_with("notes.txt: it cannot be read as a PNG, JPEG or BMP image", "run", model, "--image",
                       self.path("notes.txt"))
        self.fail_with("the network takes no photograph", "run", fixture("two_outputs.tflite"), "--image",
                       self.path("notes.txt"))
        self.fail_with("--rounding: 'half' is no rounding; there is: reference, single, float", "run", model, "--input",
                       good, "--rounding", "half")

    def test_bad_output(self):
        with open(self.path("file"), "w", encoding="utf-8"):
            pass
        arguments = ("run", fixture(MODEL), "--input", fixture(INPUT), "--output")
        self.fail_with("file/out: the output folder cannot be made: Not a directory", *arguments,
                       self.path("file/out"))
        self.fail_with("file: the output folder cannot be made", *arguments, self.path("file"))
        os.makedirs(self.path("out/output_1.npy"))  # in the way of the second output
        self.fail_with("output_1.npy: cannot be written", *arguments, self.path("out"))
        self.assertEqual(os.listdir(self.path("out")), ["output_1.npy"])  # all outputs or none
        self.fail_with("file/x.json: cannot be written: Not a directory", *arguments, self.path("fine"), "--json",
                       self.path("file/x.json"))
        if os.path.exists("/dev/full"):
            with open("/dev/full", "w", encoding="utf-8") as full:
                result = subprocess.run([DLPU, *arguments[:-1]], stdout=full, stderr=subprocess.PIPE, check=False)
            self.assertEqual((result.returncode, result.stderr), (1, b"dlpu: standard output cannot be written\n"))


class Photographs(CommandTest):
    def output(self, model, *arguments):
        self.succeed("run", fixture(model), *arguments, "--output", self.path("out"))
        return read_npy(self.path("out/output_0.npy"))

    def same(self, model, photo, descr, shape, numbers):
        write_npy(self.path("x.npy"), descr, shape, struct.pack(f"<{len(numbers)}{NUMBERS[descr]}", *numbers))
        self.assertEqual(self.output(model, "--image", photo), self.output(model, "--input", self.path("x.npy")))

    @staticmethod
    def pixels(count):
        return [(i * i * 7 + i * 13) % 256 for i in range(count)]

    def test_scaling_by_type(self):
        png = self.path("photo.png")
        pixels = self.pixels(9 * 7 * 3)
        write_png(png, 7, 9, 3, pixels)
        self.same(MODEL, png, "|i1", (1, 9, 7, 3), [p - 128 for p in pixels])
        pixels = self.pixels(8 * 8 * 3)
        write_png(png, 8, 8, 3, pixels)
        self.same("uint8_zero_points.tflite", png, "|u1", (1, 8, 8, 3), pixels)
        pixels = self.pixels(10 * 10 * 3)
        write_png(png, 10, 10, 3, pixels)
        self.same("float_network.tflite", png, "<f4", (1, 10, 10, 3), [(p - 127.5) / 127.5 for p in pixels])

    def test_formats(self):
        pixels = self.pixels(8 * 8 * 3)
        write_bmp(self.path("photo.bmp"), 8, 8, pixels)
        self.same("uint8_zero_points.tflite", self.path("photo.bmp"), "|u1", (1, 8, 8, 3), pixels)
        grey = self.pixels(8 * 8)
        write_png(self.path("grey.png"), 8, 8, 1, grey)
        self.same("uint8_zero_points.tflite", self.path("grey.png"), "|u1", (1, 8, 8, 3),
                  [p for p in grey for _ in range(3)])
        transparent = [p for i in range(0, len(pixels), 3) for p in (*pixels[i:i + 3], 5)]
        write_png(self.path("transparent.png"), 8, 8, 4, transparent)
        self.same("uint8_zero_points.tflite", self.path("transparent.png"), "|u1", (1, 8, 8, 3), pixels)

    def test_resizing(self):
        for width in (23, 5):
            line = self.pixels(width)
            resized = shrink_line(line, 8)
            write_png(self.path("photo.png"), width, 8, 3, [p for _ in range(8) for p in line for _ in range(3)])
            self.same("uint8_zero_points.tflite", self.path("photo.png"), "|u1", (1, 8, 8, 3),
                      [p for _ in range(8) for p in resized for _ in range(3)])
            write_png(self.path("photo.png"), 8, width, 3, [p for p in line for _ in range(8 * 3)])
            self.same("uint8_zero_points.tflite", self.path("photo.png"), "|u1", (1, 8, 8, 3),
                      [p for p in resized for _ in range(8 * 3)])

    def test_jpeg_with_too_many_codes(self):
        """A Huffman table with 257 codes, for which the decoder has no room."""
        table = b"\xff\xc4" + struct.pack(">H", 2 + 17 + 257) + b"\x00" + bytes([255, 2] + [0] * 14) + bytes(257)
        for start in (b"\xff\xd8", b"\xff\xff\xd8"):
            with open(self.path("photo.jpg"), "wb") as file:
                file.write(start + table)
            self.fail_with("photo.jpg: it cannot be read .*: bad Huffman table", "run",
                           fixture("uint8_zero_points.tflite"), "--image", self.path("photo.jpg"))

    def test_cut_off(self):
        write_png(self.path("photo.png"), 8, 8, 3, self.pixels(8 * 8 * 3))
        with open(self.path("photo.png"), "rb") as file:
            content = file.read()
        for size in (0, 8, 30, 60, len(content) - 20):
            with open(self.path("photo.png"), "wb") as file:
                file.write(content[:size])
            self.fail_with("photo.png: it cannot be read as a PNG", "run", fixture("uint8_zero_points.tflite"),
                           "--image", self.path("photo.png"))


class Benchmark(CommandTest):
    line = re.compile(r"^count=(\d+) first=\d+ curr=\d+ min=(\d+) max=(\d+) avg=\d+(?:\.\d+)?(?:e\+\d+)? std=\d+$", re.M)

    def test_lines(self):
        output = self.succeed("benchmark", "--graph=" + fixture(MODEL), "--num_threads=1", "--warmup_runs=2",
                              "--num_runs=7", "--enable_op_profiling=true")
        self.assertEqual([match[0] for match in self.line.findall(output)], ["2", "7"])
        for _, least, most in self.line.findall(output):
            self.assertLessEqual(int(least), int(most))
        self.assertRegex(output, r"Inference timings in us: Init: \d+, First inference: \d+, Warmup \(avg\): [\d.]+, "
                                 r"Inference \(avg\): [\d.]+\n")

    def test_document(self):
        arguments = ("benchmark", "--graph", fixture(MODEL), "--num_runs", "3", "--enable_op_profiling")
        document = self.document(*arguments, "--input", fixture(INPUT))
        checksum = 0
        for path in sorted(glob.glob(fixture("int8_residual.output_*.npy"))):
            checksum = zlib.crc32(read_npy(path)[2], checksum)
        self.assertEqual(document["output_crc32"], f"{checksum:08x}")
        self.assertLessEqual(document["min_us"], document["median_us"])
        self.assertEqual(document["count"], 3)
        self.assertIn(document["rung"], ("scalar", "portable", "avx2", "avx_vnni", "avx512_vnni", "amx", "neon"))
        self.assertEqual({"operator", "type", "name", "avg_us", "macs"}, set(document["operators"][0]))
        self.assertGreater(sum(operator["macs"] for operator in document["operators"]), 0)

    def test_random_inputs(self):
        def checksum(*arguments):
            return self.document("benchmark", "--graph", fixture(MODEL), "--num_runs", "1", *arguments)["output_crc32"]

        self.assertEqual(checksum(), checksum("--warmup_runs", "0"))
        self.assertEqual(checksum(), checksum("--num_threads", "3"))
        self.assertEqual(checksum(), checksum("--no_fusion"))
        self.assertNotEqual(checksum(), checksum("--seed", "1"))
        for name in models():
            self.document("benchmark", "--graph", fixture(name + ".tflite"), "--num_runs", "1")

    def test_bad_options(self):
        self.fail_with("benchmark.*--num_threads", "benchmark", "--graph", fixture(MODEL), "--num_threads", "0", status=2)
        self.fail_with("benchmark.*--num_runs", "benchmark", "--graph", fixture(MODEL), "--num_runs", "0", status=2)
        self.fail_with("benchmark.*--graph is required", "benchmark", status=2)


class Compare(CommandTest):
    def test_instruction_sets_agree(self):
        best = self.document("run", fixture(MODEL), "--input", fixture(INPUT))["rung"]
        rungs = ["scalar", "portable"] if best != "scalar" else ["scalar"]
        for name in models():
            exact = not name.startswith("float")  # in float32 the order of additions may differ
            for rung in rungs:
                document = self.document("compare", fixture(name + ".tflite"), "reference", rung, "--input",
                                         *inputs_of(name))
                self.assertEqual((document["a"], document["b"]), ("reference@" + best, "reference@" + rung))
                if exact:
                    self.assertTrue(document["identical"], (name, rung))
                    self.assertIsNone(document["first_difference"])
                self.assertEqual(document["compared_operators"], len(document["operators"]))

    def test_roundings_differ(self):
        arguments = ("compare", fixture(MODEL), "reference@scalar", "float@scalar", "--input", fixture(INPUT))
        document = self.document(*arguments)
        if not document["identical"]:
            first = document["first_difference"]
            counts = {entry["steps"]: entry["elements"] for entry in first["histogram"]}
            self.assertEqual(sum(counts.values()), first["elements"])
            self.assertEqual(sum(count for steps, count in counts.items() if steps), first["differing"])
            self.assertEqual(max(abs(steps) for steps in counts), first["largest_steps"])
            self.fail_with("reference@scalar and float@scalar differ", *arguments, "--require-equal")

    def test_targets(self):
        arguments = ("compare", fixture(MODEL), "cpu", "artpec8@Q1656-LE", "--input", fixture(INPUT))
        self.assertTrue(self.document(*arguments)["identical"])
        self.fail_with("CV25 computes with power-of-two scales", "compare", fixture(MODEL), "cpu", "cv25", "--input",
                       fixture(INPUT))
        self.fail_with("artpec8.*device|no device", "compare", fixture(MODEL), "cpu", "artpec8@none", "--input",
                       fixture(INPUT))

    def write_layers(self, tensor, data):
        os.makedirs(self.path("golden/layers"), exist_ok=True)
        descr, shape, _ = read_npy(fixture("int8_residual.output_0.npy"))
        write_npy(self.path("golden/layers/000.npy"), descr, shape, data)
        with open(self.path("golden/layers/index.json"), "w", encoding="utf-8") as file:
            json.dump([{"file": "000.npy", "tensor": tensor}], file)

    def test_folder_of_layers(self):
        data = read_npy(fixture("int8_residual.output_0.npy"))[2]
        arguments = ("compare", fixture(MODEL), self.path("golden"), "reference", "--input", fixture(INPUT))
        matching = []
        for tensor in range(40):  # the file knows the number of its output, this test does not
            self.write_layers(tensor, data)
            if self.call(*arguments).returncode == 0:
                document = self.document(*arguments)
                self.assertEqual(document["compared_operators"], 1)
                if document["identical"]:
                    matching.append(tensor)
        self.assertEqual(len(matching), 1)
        changed = bytearray(data)
        changed[0] = (changed[0] + 2) % 256 if changed[0] not in (126, 127) else changed[0] - 2
        self.write_layers(matching[0], bytes(changed))
        first = self.document(*arguments)["first_difference"]
        self.assertEqual((first["differing"], first["largest_steps"]), (1, 2))

    def test_bad_sides(self):
        def fail_with(pattern, first, second):
            self.fail_with(pattern, "compare", fixture(MODEL), first, second, "--input", fixture(INPUT))

        fail_with("'sse9' is neither a rounding .* nor an instruction set .* nor a folder", "reference", "sse9")
        fail_with("reference@sse9|'sse9' is no instruction set of this machine; there is: scalar", "reference@sse9",
                  "float")
        fail_with("'half' is no rounding", "reference", "half@scalar")
        fail_with("neither index.json nor layers/index.json", "reference", self.folder.name)
        self.write_layers(0, b"")
        for text in ("", "{}", "[1]", '[{"file": "000.npy"}]', '[{"file": "../x.npy", "tensor": 3}]'):
            with open(self.path("golden/layers/index.json"), "w", encoding="utf-8") as file:
                file.write(text)
            fail_with("index.json: it is no JSON list", "reference", self.path("golden"))


class Generate(CommandTest):
    """What is wrong; that the header computes the same bits, generate_test.py shows."""

    def test_document(self):
        document = self.document("generate", fixture(MODEL), "-o", self.path("my-net.2.hpp"))
        self.assertEqual((document["namespace"], document["policy"]), ("my_net_2", "dlpu::PerChannel"))
        self.assertEqual(document["inputs"][0]["shape"], [1, 9, 7, 3])
        with open(self.path("my-net.2.hpp"), encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(len(text), document["header_bytes"])
        self.assertIn(".filters = 8, .kernel = 3, .stride = 2, .activation = dlpu::Activation::relu6", text)
        self.document("generate", fixture(MODEL), "-o", self.path("x.hpp"), "--namespace", "cameras")

    def test_every_network_or_its_reason(self):
        for name in models():
            result = self.call("generate", fixture(name + ".tflite"), "-o", self.path("x.hpp"))
            if name == "float_int8_filters":
                self.fail_with(r"2 of its 2 operators cannot be generated: operator 0 \(CONV_2D, .*\): its filter is "
                               r"int8, but its input is float32.*; operator 1 \(CONV_2D", "generate",
                               fixture(name + ".tflite"), "-o", self.path("x.hpp"))
            else:
                self.assertEqual((result.returncode, result.stderr), (0, ""), name)

    def test_bad_options(self):
        self.fail_with("no/x.hpp: cannot be written", "generate", fixture(MODEL), "-o", self.path("no/x.hpp"))
        self.fail_with("--namespace: 'a b' is no C\\+\\+ name", "generate", fixture(MODEL), "-o", self.path("x.hpp"),
                       "--namespace", "a b")
        self.fail_with("--output is required", "generate", fixture(MODEL), status=2)
        self.fail_with("no such|cannot be read", "generate", self.path("none.tflite"), "-o", self.path("x.hpp"))
        self.assertFalse(os.path.exists(self.path("x.hpp")))


class Weights(CommandTest):
    def test_bad_weights(self):
        with open(self.path("w.safetensors"), "wb") as file:
            file.write(struct.pack("<Q", 2) + b"{}")
        self.fail_with("w.safetensors: tensor '.*' is missing", "run", "zoo:resnet8", "--weights",
                       self.path("w.safetensors"), "--input", fixture(INPUT))
        self.fail_with("--weights: .* has its own", "run", fixture(MODEL), "--weights", self.path("w.safetensors"),
                       "--input", fixture(INPUT))
        self.fail_with("run.*--threads", "run", fixture(MODEL), "--threads", "0", "--input", fixture(INPUT), status=2)


class Quantize(CommandTest):
    def samples(self, name, count=4):
        """The fixture's input some times over, each a little different."""
        descr, shape, data = read_npy(fixture(name + ".input_0.npy"))
        values = struct.unpack(f"<{len(data) // 4}f", data)
        many = [value * (1 - 0.1 * i) for i in range(count) for value in values]
        path = self.path("samples.npy")
        write_npy(path, descr, (count * shape[0],) + tuple(shape[1:]), struct.pack(f"<{len(many)}f", *many))
        return path

    def test_every_scheme_runs(self):
        samples = self.samples("float_network")
        for scheme, storage in (("per-tensor", "int8"), ("per-channel", "int8"), ("power-of-two", "int8"),
                                ("power-of-two", "int16")):
            out, document, page = self.path(scheme + ".tflite"), self.path("q.json"), self.path("q.html")
            self.succeed("quantize", fixture("float_network.tflite"), "--scheme", scheme, "--storage", storage, "--calibration",
                    samples, "--rescue",
                    "--diagnose", "--html", page, "--json", document, "-o", out, "--input-type", "float32",
                    "--output-type", "float32")
            with open(document) as file:
                steps = json.load(file)["steps"]
            # The last step is judged on samples of its own.
            self.assertEqual(steps[-1]["step"], "reconstruct")
            kept = [step["decibel"] for step in steps[:-1] if step["kept"]]
            self.assertEqual(kept, sorted(kept))
            self.assertGreater(kept[-1], 15.0)
            with open(page) as file:
                self.assertIn("<svg", file.read())
            self.succeed("run", out, "--input", fixture("float_network.input_0.npy"))

    def test_sixteen_bits_are_nearer_than_eight(self):
        model, samples = fixture("float_network.tflite"), self.samples("float_network")
        decibels = []
        for storage in ("int8", "int16"):
            document = self.path("q.json")
            self.succeed("quantize", model, "--scheme", "power-of-two", "--storage", storage, "--calibration", samples,
                         "--json", document, "-o", self.path(storage + ".tflite"))
            with open(document) as file:
                decibels.append(json.load(file)["steps"][0]["decibel"])
        self.assertGreater(decibels[1], decibels[0] + 1.0)
        out = self.path("int16.tflite")
        self.fail_with("already", "quantize", out, "--scheme", "power-of-two", "--storage", "int16")
        self.succeed("quantize", out, "--scheme", "per-channel", "-o", self.path("back.tflite"))
        self.fail_with("int16 with power-of-two", "quantize", model, "--scheme", "per-tensor", "--storage", "int16",
                       "--calibration", samples)

    def test_bad_input(self):
        model, samples = fixture("float_network.tflite"), self.samples("float_network")
        self.fail_with("--calibration", "quantize", model, "--scheme", "per-tensor", "-o", self.path("x.tflite"))
        self.fail_with("no scheme", "quantize", model, "--scheme", "per-row", "--calibration", samples)
        self.fail_with("does not exist", "quantize", model, "--scheme", "per-channel", "--storage", "uint8", "--calibration",
                   samples)
        out = self.path("twice.tflite")
        self.succeed("quantize", model, "--scheme", "per-channel", "--calibration", samples, "-o", out)
        self.fail_with("already", "quantize", out, "--scheme", "per-channel")
        self.succeed("quantize", out, "--scheme", "per-tensor", "-o", self.path("moved.tflite"))
        self.fail_with("judged on samples", "quantize", out, "--scheme", "per-tensor", "--rescue")
        self.succeed("quantize", out, "--scheme", "per-tensor", "--correct-bias-analytically", "-o",
                     self.path("corrected.tflite"))
        with open(self.path("moved.tflite"), "rb") as moved, open(self.path("corrected.tflite"), "rb") as corrected:
            self.assertNotEqual(moved.read(), corrected.read())

    def test_own_network_on_all_targets(self):
        folder = os.path.join(FIXTURES, "..", "..", "examples", "cifar10")
        images = os.path.join(folder, "test_images.npy")
        rows = self.document("evaluate", "zoo:mobilenet_v2_cifar10", "--weights", os.path.join(folder, "weights.safetensors"),
                             "--inputs", images, "--labels", os.path.join(folder, "test_labels.npy"), "--calibration",
                             images, "--input-scale", "0.0078125", "--input-zero-point", "128", "--plain")["rows"]
        self.assertEqual([row["target"] for row in rows], ["cpu", "artpec7", "artpec8", "artpec9", "cv25"])  # as of report
        self.assertEqual({row["device"] for row in rows}, {None})
        for row in rows:
            self.assertGreaterEqual(row["accuracy"], 0.75, row["target"])
            self.assertGreaterEqual(row["agreement"], 0.9, row["target"])

    def test_weight_zero_points_go(self):
        out = self.path("int8.tflite")
        self.succeed("quantize", fixture("uint8_zero_points.tflite"), "--scheme", "per-channel", "-o", out, "--input-type",
                     "uint8", "--output-type", "uint8")
        self.succeed("run", out, "--input", fixture("uint8_zero_points.input_0.npy"), "--output", self.path("out"))
        _, _, found = read_npy(self.path("out/output_0.npy"))
        _, _, wanted = read_npy(fixture("uint8_zero_points.output_0.npy"))
        self.assertEqual(len(found), len(wanted))
        self.assertGreater(len(set(found)), 1)
        self.assertLess(sum(abs(a - b) for a, b in zip(found, wanted)) / len(found), 8)


class Lists(CommandTest):
    def test_targets(self):
        targets = {target["key"]: target for target in self.document("targets")["targets"]}
        self.assertLessEqual({"cpu", "artpec7", "artpec8", "artpec9", "cv25"}, set(targets))
        self.assertEqual(targets["artpec8"]["policies"][0], "per tensor")
        self.assertEqual(targets["artpec8"]["larod_device"], "axis-a8-dlpu-tflite")
        self.assertGreater(len(targets["artpec9"]["rules"]), 5)

    def test_zoo(self):
        networks = {network["name"]: network for network in self.document("zoo")["networks"]}
        self.assertEqual(networks["mobilenet_v2"]["input"], [1, 224, 224, 3])
        # 300 million, 3.5 million: Sandler et al. 2018, table 4; with one class more, for the background
        self.assertEqual(networks["mobilenet_v2"]["macs"], 300775552)
        self.assertEqual(networks["mobilenet_v2"]["parameters"], 3489097)
        self.assertIn("artpec8", networks["mobilenet_v2"]["runs_well_on"])
        self.assertNotIn("artpec8", networks["yolov5n_artpec8"]["runs_well_on"])
        self.assertIn("artpec8_observed", networks["yolov5n_artpec8"]["runs_well_on"])
        self.assertEqual(networks["mobilenet_v2"]["placement"]["artpec9"]["cpu_operators"], 1)  # Softmax

    def test_zoo_network(self):
        variants = {variant["name"]: variant for variant in self.document("zoo", "zoo:mobilenet_v2")["variants"]}
        self.assertLess(variants["zoo:mobilenet_v2?width_percent=50"]["macs"], variants["zoo:mobilenet_v2"]["macs"])
        rows = self.document("report", "zoo:mobilenet_v2?width_percent=140,input=192,classes=2")["rows"]
        self.assertLess(rows[0]["macs"], 582e6)
        self.fail_with("zoo:resnet8.classes=0: zoo: the option classes must be from 1 to 100000", "zoo",
                       "zoo:resnet8?classes=0")
        self.fail_with("zoo:resnet8: there is no option 'x'; options are width_percent", "report", "zoo:resnet8?x=1")
        self.fail_with("there is no network 'x'", "zoo", "x")

    def test_zoo_page(self):
        with open(os.path.join(FIXTURES, "..", "..", "docs", "zoo.md"), encoding="utf-8") as file:
            self.assertEqual(self.succeed("zoo", "--page"), file.read(), "docs/zoo.md is not what dlpu zoo --page prints")

    def test_report(self):
        rows = self.document("report", fixture(MODEL), "zoo:resnet8")["rows"]
        self.assertEqual([row["target"] for row in rows], ["cpu", "artpec7", "artpec8", "artpec9", "cv25"] * 2)
        by_target = {row["target"]: row for row in rows[:5]}
        self.assertEqual(by_target["cpu"]["verdict"], "runs")
        self.assertEqual(by_target["cv25"]["verdict"], "does not load")
        self.assertGreater(by_target["artpec8"]["slow_operators"], 0)
        self.assertIn("per-channel", by_target["artpec8"]["first_to_fix"])
        self.assertEqual(len(self.document("report", fixture(MODEL), "--target", "artpec9")["rows"]), 1)
        self.fail_with("there is no network 'x'; known networks: .*resnet8", "report", "zoo:x")
        self.fail_with("'x' is no target", "report", fixture(MODEL), "--target", "x")


class CommandLine(CommandTest):
    def test_help(self):
        output = self.succeed("--help")
        for command in ("run", "benchmark", "compare", "report", "targets", "zoo"):
            self.assertIn(command, output)
            self.assertIn("--json", self.succeed(command, "--help"))

    def test_version(self):
        self.assertRegex(self.succeed("--version"), r"\Adlpu \d+\.\d+\.\d+\n\Z")

    def test_mistakes(self):
        self.fail_with("--help", status=2)
        self.fail_with("'fly' is no command; there is: run, benchmark, ", "fly", status=2)
        self.fail_with("run", "run", status=2)
        self.fail_with("run.*--colour", "run", fixture(MODEL), "--colour", status=2)
        self.fail_with("--image.*--input|--input.*--image", "run", fixture(MODEL), "--input", fixture(INPUT), "--image",
                       "x.png", status=2)

    def test_names_cannot_steer_the_terminal(self):
        self.fail_with(r"\Adlpu: \S*a\?b: cannot be read", "run", self.path("a\nb"), "--input", fixture(INPUT))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dlpu", required=True)
    parser.add_argument("--fixtures", required=True)
    known, rest = parser.parse_known_args()
    DLPU, FIXTURES = known.dlpu, known.fixtures
    unittest.main(argv=[sys.argv[0], *rest])
