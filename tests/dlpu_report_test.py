#!/usr/bin/env python3
"""dlpu report and dlpu fit as their users run them. What needs the published latencies or real models skips where
../shared is not beside the checkout.

    dlpu_report_test.py --dlpu build/release/tools/dlpu --fixtures tests/fixtures
"""
import argparse
import csv
import json
import os
import re
import sys
import unittest

import dlpu_command_test as base

SHARED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "shared")
PUBLISHED = os.path.join(SHARED, "data", "axis_model_zoo.csv")
HEADER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "include", "dlpu", "estimate",
                      "published_latency_data.hpp")
needs_rows = unittest.skipUnless(os.path.exists(PUBLISHED), "../shared/data/axis_model_zoo.csv is not there")
TARGETS = ["cpu", "artpec7", "artpec8", "artpec9", "cv25"]


class ReportTest(base.CommandTest):
    def report(self, *arguments):
        return self.document("report", *arguments)["rows"]

    def by_target(self, *arguments):
        return {row["target"]: row for row in self.report(*arguments)}


class Placement(ReportTest):
    """Against what is published of the two networks that Axis ships."""

    def test_mobilenet_v2(self):
        rows = self.by_target("zoo:mobilenet_v2")
        self.assertEqual(list(rows), TARGETS)
        for target in ("cpu", "artpec7", "artpec8", "cv25"):
            self.assertEqual((rows[target]["verdict"], rows[target]["cpu_operators"]), ("runs", 0), target)
        artpec9 = rows["artpec9"]  # its Softmax is not in the documented list
        self.assertEqual((artpec9["verdict"], artpec9["cpu_operators"]), ("runs with fallback", 1))
        self.assertIn("Softmax", artpec9["first_to_fix"])

    def test_yolov5n_of_artpec8(self):
        rows = self.by_target("zoo:yolov5n_artpec8")
        # 9 Logistic, 7 Pad and 5 Quantize are not in the documented list, and more than 16 partitions do not load ...
        self.assertEqual(rows["artpec8"]["verdict"], "does not load")
        self.assertEqual(rows["artpec8"]["cpu_operators"], 21)
        self.assertGreater(rows["artpec8"]["partitions"], 16)
        self.assertIsNone(rows["artpec8"]["latency_ms"])
        self.assertIn("artpec8_observed", rows["artpec8"]["remark"])
        # ... but the file loads on the device.
        observed = self.report("zoo:yolov5n_artpec8", "--target", "artpec8_observed")[0]
        self.assertEqual((observed["verdict"], observed["cpu_operators"]), ("runs", 0))

    def test_yolov5n_of_artpec9(self):
        row = self.report("zoo:yolov5n_artpec9", "--target", "artpec9")[0]
        self.assertEqual(row["verdict"], "runs with fallback")
        types = {op["type"] for finding in row["findings"] for op in finding["operators"]}
        self.assertLessEqual({"STRIDED_SLICE", "MUL"}, types)  # the decoder
        self.assertNotIn("CONV_2D", types)  # the 5x5 stem is in the list
        stem = self.report("zoo:yolov5n_artpec8", "--target", "artpec9")[0]["findings"]
        self.assertTrue(any("kernels" in f["sentence"] and f["operators"][0]["type"] == "CONV_2D" for f in stem))

    def test_ssd_on_artpec7(self):
        # As in the compiled file of google-coral/test_data: two Dequantize and the post-processing stand behind the mapped part.
        row = self.report("zoo:ssd_mobilenet_v2", "--target", "artpec7")[0]
        on_cpu = [op["type"] for finding in row["findings"] for op in finding["operators"]]
        self.assertEqual(sorted(on_cpu), ["DEQUANTIZE", "DEQUANTIZE", "TFLite_Detection_PostProcess"])
        self.assertEqual(row["partitions"], 2)

    def test_one_partition(self):
        rows = self.by_target("zoo:yolov5n")  # with SiLU, of which ARTPEC-7 has no part but Mul and Logistic
        self.assertGreaterEqual(rows["artpec7"]["accelerated_operators"], 1)
        self.assertEqual(rows["cv25"]["verdict"], "runs")


class Latency(ReportTest):
    def test_published_networks(self):
        for network, target, published in (("mobilenet_v2", "artpec7", 4.5), ("mobilenet_v2", "artpec8@P1465-LE", 9.89),
                                           ("mobilenet_v2", "artpec8@Q1656-LE", 5.36), ("mobilenet_v2", "artpec9", 2.02),
                                           ("ssd_mobilenet_v2", "artpec8@Q1656-LE", 17.84),
                                           ("yolov5n_artpec8", "artpec8_observed@Q1656-LE", 55.57),
                                           ("yolov5m_artpec9", "artpec9", 42.70)):
            row = self.report("zoo:" + network, "--target", target)[0]
            self.assertTrue(row["calibrated"])
            self.assertLess(row["latency_low_ms"], published)
            self.assertGreater(row["latency_high_ms"], published)
            self.assertAlmostEqual(row["latency_ms"] / published, 1, delta=0.1)

    def test_uncalibrated(self):
        row = self.report("zoo:mobilenet_v2", "--target", "cpu")[0]
        self.assertFalse(row["calibrated"])
        self.assertIsNone(row["latency_ms"])
        self.assertIn("uncalibrated", self.succeed("report", "zoo:mobilenet_v2", "--target", "cpu"))

    def test_unlike_networks_are_less_certain(self):
        def half_width(network):
            row = self.report(network, "--target", "artpec9")[0]
            return row["latency_high_ms"] / row["latency_ms"]

        self.assertGreater(half_width("zoo:deeplab_v3_mobilenet_v2"), half_width("zoo:mobilenet_v2"))

    def test_rows_of_ones_own(self):
        with open(self.path("rows.csv"), "w", encoding="utf-8") as file:
            file.write("target,device,model,latency_ms\nartpec8,M9999,zoo:mobilenet_v2,20\n")
        self.fail_with("no device 'M9999'", "report", "zoo:mobilenet_v2", "--target", "artpec8@M9999")
        row = self.report("zoo:mobilenet_v2", "--target", "artpec8@M9999", "--rows", self.path("rows.csv"))[0]
        self.assertAlmostEqual(row["latency_ms"], 20, delta=1)
        self.assertEqual(row["device"], "M9999")

    def test_rows_of_a_new_chip(self):
        with open(self.path("rows.csv"), "w", encoding="utf-8") as file:
            file.write("target,device,model,latency_ms,like\nARTPEC-10,X1,zoo:mobilenet_v2,1.2,artpec9\n")
        arguments = ("report", "zoo:mobilenet_v2", "--rows", self.path("rows.csv"))
        row = self.report(*arguments[1:], "--target", "ARTPEC-10@X1")[0]
        self.assertEqual((row["target"], row["device"], row["cpu_operators"]), ("ARTPEC-10", "X1", 1))
        self.assertLess(row["latency_ms"], 1.7)
        self.assertIn("uncalibrated: fewer than two", self.succeed(*arguments, "--target", "ARTPEC-10"))
        self.assertEqual(len(self.report(*arguments[1:])), len(TARGETS) + 1)
        self.fail_with("tell of no device 'X2'", *arguments, "--target", "ARTPEC-10@X2")
        self.fail_with("'ARTPEC-11' is no target", *arguments, "--target", "ARTPEC-11")

    def test_per_channel_is_slow_on_artpec8(self):
        rows = self.report("zoo:mobilenet_v2", "--target", "artpec8", "--schemes", "all")
        tensor, channel = (next(row for row in rows if row["scheme"] == s) for s in ("per tensor", "per channel"))
        self.assertGreater(channel["latency_ms"], 3 * tensor["latency_ms"])
        self.assertGreater(channel["slow_operators"], 0)
        self.assertGreater(channel["advice"][0]["gain_ms"], channel["latency_ms"] / 2)


class Forms(ReportTest):
    def test_operations(self):
        output = self.succeed("report", "zoo:mobilenet_v2", "--target", "artpec7", "-s")
        for pattern in (r"Off-chip memory used for streaming uncached model parameters: 0B",
                        r"Total number of operations: \d+", r"CONV_2D +36 +Mapped to ARTPEC-7"):
            self.assertRegex(output, pattern)

    def test_csv(self):
        rows = self.report("zoo:resnet8", "--csv", self.path("layers.csv"))
        with open(self.path("layers.csv"), encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
        self.assertEqual(len(lines) % len(rows), 0)
        nine = [line for line in lines if line["target"] == "artpec9"]
        self.assertEqual(sum(int(line["MAC Count"]) for line in nine), rows[0]["macs"])
        self.assertAlmostEqual(max(float(line["Peak%"]) for line in nine), 100)
        self.assertLess(sum(float(line["Network%"]) for line in nine), 100.5)

    def test_cpu_alone(self):
        for fps, answer in (("0.5", "would probably do"), ("1000", "will not do"), ("20", "must be measured")):
            self.assertIn(answer, self.succeed("report", "zoo:mobilenet_v2", "--target", "cpu", "--fps", fps))

    def test_accuracy(self):
        def labels(name):
            descr, shape, data = base.read_npy(base.fixture(f"{name}.output_0.npy"))
            return shape, data

        shape, data = labels("int8_residual")
        best = max(range(shape[-1]), key=lambda i: int.from_bytes(data[i:i + 1], "little", signed=True))
        base.write_npy(self.path("y.npy"), "<i8", (1,), best.to_bytes(8, "little"))
        arguments = (base.fixture(base.MODEL), "--inputs", base.fixture(base.INPUT), "--target", "artpec9")
        self.fail_with("both --inputs and --labels", "report", *arguments)
        self.assertEqual(self.report(*arguments, "--labels", self.path("y.npy"))[0]["accuracy"], 1.0)

    def test_page(self):
        self.report("zoo:yolov5n_artpec9", "--html", self.path("page.html"))
        self.assertLess(os.path.getsize(self.path("page.html")), 500_000)
        with open(self.path("page.html"), encoding="utf-8") as file:
            page = file.read()
        self.assertNotRegex(re.sub(r"http://www\.w3\.org/\S+", "", page), r"https?://")
        data = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S)
        self.assertEqual(len(json.loads(data.group(1))["models"][0]["rows"]), len(TARGETS))


class SeveralModels(ReportTest):
    """A minute of a device's life, simulated. What the numbers follow from is in the document: times per run and per change."""
    MODELS = ("zoo:mobilenet_v2", "zoo:ssd_mobilenet_v2")
    FRAMES = 60  # seconds

    def together(self, target, fps, *more):
        document = self.document("report", *self.MODELS, "--together", "--fps", fps, "--target", target, *more)
        self.assertEqual(len(document["together"]), 1)
        return document["together"][0], document["rows"]

    def test_rates_are_needed(self):
        self.fail_with("--fps", "report", *self.MODELS, "--together")
        self.fail_with("3 numbers for 2 models", "report", *self.MODELS, "--together", "--fps", "1,2,3")

    def test_rates_that_are_reached(self):
        together, rows = self.together("artpec7", "5,5")
        (first, second), seconds = together["models"], self.FRAMES
        self.assertEqual((together["target"], together["device"]), ("artpec7", rows[0]["device"]))
        for model, row in zip(together["models"], rows):
            self.assertEqual((model["model"], model["run_ms"]), (row["model"], row["latency_ms"]))
            self.assertAlmostEqual(model["achieved_rate"], 5)
            self.assertEqual(model["skipped_share"], 0)
        # Every 200 ms both have a frame; each of the 600 runs but the first changes the model.
        run, change = first["run_ms"] + second["run_ms"], first["switch_ms"] + second["switch_ms"]
        switching = 5 * seconds * change - first["switch_ms"]
        self.assertAlmostEqual(together["utilization"], (5 * seconds * run + switching) / (1000 * seconds))
        self.assertAlmostEqual(together["switch_share"], switching / (1000 * seconds))
        self.assertAlmostEqual(together["demand"], 5 * run / 1000)
        self.assertAlmostEqual(first["worst_wait_ms"], first["switch_ms"])
        self.assertAlmostEqual(second["worst_wait_ms"], first["switch_ms"] + first["run_ms"] + second["switch_ms"])
        self.assertTrue(together["keeps_up"])
        self.assertIsNone(together["stop"])

    def test_changing_fetches_cached_weights_on_artpec7(self):
        for milliseconds in ("0", "1", "3.5"):
            together, rows = self.together("artpec7", "5,5", "--switch-ms", milliseconds)
            for model, row in zip(together["models"], rows):  # 3.6 and 6.3 MB, which the cache holds
                self.assertLess(row["weight_bytes"], 7.5e6)
                self.assertAlmostEqual(model["switch_ms"], float(milliseconds) + 1.55e-6 * row["weight_bytes"])
            elsewhere, _ = self.together("artpec9", "5,5", "--switch-ms", milliseconds)
            self.assertEqual([model["switch_ms"] for model in elsewhere["models"]], [float(milliseconds)] * 2)
        document = self.document("report", "zoo:mobilenet_v2", "--together", "--fps", "5", "--target", "artpec7")
        self.assertEqual(document["together"][0]["models"][0]["switch_ms"], 0)  # there is nothing to change to

    def test_the_model_to_stop(self):
        together, _ = self.together("artpec7", "100,40")
        self.assertFalse(together["keeps_up"])
        self.assertAlmostEqual(together["demand"], sum(m["wanted_rate"] * m["run_ms"] for m in together["models"]) / 1000)
        self.assertAlmostEqual(together["utilization"], 1, delta=0.001)
        self.assertEqual(together["stop"], "zoo:ssd_mobilenet_v2")  # either alone is possible; 40 a second are less
        arguments = ("report", *self.MODELS, "--together", "--target", "artpec7", "--fps")
        output = self.succeed(*arguments, "100,40")
        self.assertRegex(output, r"Together on ARTPEC-7@\S.*, one at a time and not interrupted: busy 100 % of the time, \d+ % "
                                 "with changing models")
        self.assertIn("Stop zoo:ssd_mobilenet_v2: without it the others keep their rates", output)
        self.assertNotIn("Stop", self.succeed(*arguments, "5,5"))
        self.assertIn("stopping one model does not help", self.succeed(*arguments, "900,900"))

    def test_overload_shares_the_device_in_turns(self):
        together, _ = self.together("artpec9", "1000,1000")  # a frame waits whenever a run ends
        round_ms = sum(model["run_ms"] + model["switch_ms"] for model in together["models"])
        for model in together["models"]:
            self.assertAlmostEqual(model["achieved_rate"], 1000 / round_ms, delta=0.05)
        self.assertAlmostEqual(together["switch_share"], 2 / round_ms, delta=1e-4)  # 1 ms each
        self.assertIsNone(together["stop"])
        for model in together["models"]:  # a frame comes within 1 ms of the last one's turn, and then there is 1 ms to change
            self.assertGreaterEqual(model["worst_wait_ms"], round_ms)
            self.assertLessEqual(model["worst_wait_ms"], round_ms + 1)

    def test_what_does_not_load_is_said(self):
        document = self.document("report", "zoo:mobilenet_v2", "zoo:yolov5n_artpec8", "--together", "--fps", "5", "--target",
                                 "artpec8")
        self.assertEqual(document["together"][0]["problem"], "zoo:yolov5n_artpec8: does not load")
        self.assertEqual(document["together"][0]["models"], [])

    def test_the_cpu_is_asked_about(self):
        document = self.document("report", *self.MODELS, "--together", "--fps", "5,5")
        self.assertEqual([t["target"] for t in document["together"]], TARGETS[1:])
        self.assertEqual(len(document["cpu"]), 2)
        self.assertIn("zoo:mobilenet_v2: 5 inferences a second need 1.5 GMAC/s", document["cpu"][0])


class BadInput(ReportTest):
    def test_refused_everywhere_it_says(self):
        row = self.by_target(base.fixture(base.MODEL))["cv25"]
        self.assertEqual(row["verdict"], "does not load")
        self.assertEqual([finding["rule"] for finding in row["findings"]], ["Cv25PowerOfTwo"])
        self.assertIsNone(row["latency_ms"])
        self.assertIn(row["findings"][0]["sentence"], self.succeed("report", base.fixture(base.MODEL), "--target", "cv25"))
        self.fail_with("CV25 cannot run it: .*PowerOfTwo", "run", base.fixture(base.MODEL), "--input",
                       base.fixture(base.INPUT), "--target", "cv25")

    def test_every_reason_is_told(self):
        row = self.report("zoo:yolov5n_artpec8", "--target", "artpec8")[0]
        self.assertEqual({finding["rule"] for finding in row["findings"]},
                         {"Artpec8NoLogistic", "Artpec8NoPad", "Artpec8NoQuantize"})
        self.assertIn("more than 16 partitions", row["rule"])
        output = self.succeed("report", "zoo:yolov5n_artpec8", "--target", "artpec8")
        for finding in row["findings"]:
            self.assertIn(finding["sentence"], output)
        self.assertIn(row["rule"], output)

    def test_operators_are_called_by_name(self):
        for model in ("zoo:yolov5n", "zoo:deeplab_v3_mobilenet_v2", base.fixture("movement.tflite")):
            document = self.document("report", model, "-s", "--html", self.path("page.html"))
            with open(self.path("page.html"), encoding="utf-8") as file:
                page = file.read()
            output = self.succeed("report", model, "-s")
            for text in (json.dumps(document), page, output):
                self.assertNotIn("this one", text)
        rows = self.by_target(base.fixture("movement.tflite"))
        lacks = next(f for f in rows["artpec9"]["findings"] if f["rule"] == "Artpec9NotListed")
        types = list(dict.fromkeys(op["type"] for op in lacks["operators"]))
        self.assertGreater(len(types), 1)
        self.assertIn(f"do not include {', '.join(types[:-1])} and {types[-1]}; choose another", lacks["sentence"])

    def test_transformers(self):
        transformer = "it looks like a vision transformer.*Axis does not recommend.*ResNet, MobileNet or EfficientNet"
        rows = self.report(base.fixture("attention.tflite"))
        for row in rows:
            self.assertRegex(row["remark"], transformer)
        self.assertRegex(self.succeed("report", base.fixture("attention.tflite")), transformer)
        for row in self.report(base.fixture("functions.tflite")):  # one product and no Softmax
            self.assertNotIn("transformer", row["remark"] or "")
        self.fail_with(f"CUSTOM 'FlexErf'.*{transformer}", "report", self.with_custom_operator(b"FlexErf"))

    def test_deformable_convolutions(self):
        deformable = "it looks like a network of deformable convolutions.*does not recommend.*use regular convolutions"
        for name in (b"DeformConv2D", b"ModulatedDeformableConv"):
            for command in (("report",), ("run", "--input", base.fixture("detector.input_0.npy"))):
                self.fail_with(f"CUSTOM '{name.decode()}'.*{deformable}", command[0], self.with_custom_operator(name),
                               *command[1:])
        result = self.call("report", self.with_custom_operator(b"MyOperator"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("CUSTOM 'MyOperator'", result.stderr)
        self.assertNotIn("it looks like", result.stderr)

    def with_custom_operator(self, name):
        """A file with an operator of that name, in a folder whose name means nothing."""
        with open(base.fixture("detector.tflite"), "rb") as file:
            content = file.read()
        known = b"TFLite_Detection_PostProcess"
        at = content.index(known)
        stored = len(name).to_bytes(4, "little") + name + bytes(len(known) - len(name))
        os.makedirs(self.path("deform_gelu"), exist_ok=True)
        with open(self.path("deform_gelu/custom.tflite"), "wb") as file:
            file.write(content[:at - 4] + stored + content[at + len(known):])
        return self.path("deform_gelu/custom.tflite")

    def test_compiled_models(self):
        for name, content, pattern in (
            ("m_edgetpu.tflite", b"\x1c\0\0\0TFL3" + bytes(40) + b"edgetpu-custom-op" + bytes(40), "compiled for ARTPEC-7"),
            ("m.nb", b"VPMN" + bytes(60), "compiled for ARTPEC-8"), ("m.nbg", bytes(64), "compiled for ARTPEC-8"),
            ("renamed.tflite", b"VPMN" + bytes(60), "compiled for ARTPEC-8"), ("m.bin", bytes(64), "compiled for CV25"),
            ("cavalry", bytes(20) + b"prim_split_0" + bytes(20), "compiled for CV25")):
            with open(self.path(name), "wb") as file:
                file.write(content)
            for command, *more in (("report",), ("run", "--input", base.fixture(base.INPUT)), ("benchmark", "--graph"),
                                   ("quantize", "--scheme", "per-tensor")):
                self.fail_with(f"{name}: .*{pattern}.*give the .tflite", command, *more, self.path(name))

    def test_unknown_names(self):
        self.fail_with("'x' is no target; known targets: cpu, artpec7", "report", "zoo:resnet8", "--target", "x")
        self.fail_with("known networks: .*resnet8", "report", "zoo:x")
        self.fail_with("no device 'X'; known devices: Q1656-LE, P1465-LE", "report", "zoo:resnet8", "--target", "artpec8@X")
        self.fail_with("no device 'X'; known devices: none", "report", "zoo:resnet8", "--target", "cpu@X")
        self.fail_with("'x' is no scheme", "report", "zoo:resnet8", "--schemes", "x")
        self.fail_with("known networks: .*resnet8", "zoo", "zoo:x")
        self.fail_with("known networks: .*resnet8", "run", "zoo:x", "--weights", "x", "--input", base.fixture(base.INPUT))
        self.fail_with("known targets: cpu, artpec7, artpec8, artpec9, cv25", "run", base.fixture(base.MODEL), "--input",
                       base.fixture(base.INPUT), "--target", "x")

    def test_rows(self):
        def rows(text):
            with open(self.path("rows.csv"), "w", encoding="utf-8") as file:
                file.write(text)
            return self.path("rows.csv")

        head = "target,device,model,latency_ms\nartpec8,Q,zoo:resnet8,1\n"
        for text, pattern in (("target,device,model\n", "rows.csv:1: there is no column 'latency_ms'"),
                              (head.replace("target", "chip"), "rows.csv:1: there is no column 'target'"),
                              (head.replace("device", "camera"), "rows.csv:1: there is no column 'device'"),
                              (head.replace("model,", "file,"), "rows.csv:1: there is no column 'model'"),
                              (head + "artpec8,Q,zoo:resnet8\n", "rows.csv:3: it has 3 fields"),
                              (head + "artpec8,Q,zoo:resnet8,0\n", "rows.csv:3: latency_ms is '0'"),
                              (head + "artpec8,Q,zoo:resnet8,fast\n", "rows.csv:3: latency_ms is 'fast'"),
                              (head + "artpec8,Q,zoo:resnet8,-1\n", "rows.csv:3: latency_ms is '-1'"),
                              (head + "artpec8,Q,zoo:resnet8,\n", "rows.csv:3: latency_ms is ''"),
                              (head + "artpec6,Q,zoo:resnet8,1\n", "rows.csv:3: 'artpec6' is no target; known targets"),
                              (head.replace("\n", ",like\n", 1).replace(",1\n", ",1,\n") + "a,Q,zoo:resnet8,1,b\n",
                               "rows.csv:3: like: 'b' is no target"),
                              (head + "artpec8,Q,zoo:x,1\n", "rows.csv:3: .*known networks"),
                              (head + "artpec8,Q,LeNet,1\n", "rows.csv:3: model 'LeNet'.*YOLOv5n")):
            self.fail_with(pattern, "fit", rows(text), "--write-header", self.path("header.hpp"))
            self.assertFalse(os.path.exists(self.path("header.hpp")))
            self.fail_with(pattern, "report", "zoo:resnet8", "--rows", self.path("rows.csv"))


@needs_rows
class Fit(ReportTest):
    def test_errors_on_unseen_rows_and_the_header(self):
        fit = self.document("fit", PUBLISHED, "--write-header", self.path("fresh.hpp"))
        self.expect_published_header(self.path("fresh.hpp"))
        network, family = fit["leave_network_out"], fit["leave_family_out"]
        self.assertEqual(network["rows"], 18)
        self.assertLessEqual(network["mape"], 0.08)
        self.assertGreaterEqual(network["within_10"], 0.75)
        self.assertGreaterEqual(network["coverage_90"], 0.9)
        self.assertLessEqual(network["median_half_width"], 1.3)
        self.assertLessEqual(family["mape"], 0.25)
        for baseline in fit["baselines"].values():
            self.assertGreater(baseline["mape"], 0.3)

    def expect_published_header(self, fresh):
        def numbers(path):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            return re.findall(r'\{"[^}]*\}', text), [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]\d+)?,", text)
                                                     for x in [x[:-1]]]

        names, values = numbers(HEADER)
        fresh_names, fresh_values = numbers(fresh)
        self.assertEqual(names, fresh_names)
        self.assertEqual(len(values), len(fresh_values))
        for a, b in zip(values, fresh_values):
            self.assertAlmostEqual(a, b, delta=1e-5)

    def test_one_device(self):
        with open(PUBLISHED, encoding="utf-8") as file, open(self.path("artpec8.csv"), "w", encoding="utf-8") as some:
            some.writelines(line for line in file if line.startswith(("target,", "ARTPEC-8,")))
        fit = self.document("fit", self.path("artpec8.csv"), "--device", "P1465-LE")
        self.assertEqual({row["device"] for row in fit["rows"]}, {"P1465-LE"})
        self.fail_with("no rows of 'X'; the rows are of: .*Q1656-LE", "fit", PUBLISHED, "--device", "X")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dlpu", required=True)
    parser.add_argument("--fixtures", required=True)
    known, rest = parser.parse_known_args()
    base.DLPU, base.FIXTURES = known.dlpu, known.fixtures
    unittest.main(argv=[sys.argv[0], *rest])
