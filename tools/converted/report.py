"""The comparison of dlpu's results with LiteRT's."""
import collections
import json
import subprocess

import numpy as np

FLOAT_TOLERANCE = 1e-5


def relative_error(actual, expected):
    """Of the largest magnitude; infinities and NaN at the same places are equal."""
    same = (actual == expected) | (np.isnan(actual) & np.isnan(expected))
    if same.all():
        return 0.0
    finite = np.abs(expected[np.isfinite(expected)])
    with np.errstate(invalid="ignore"):
        error = np.abs(actual.astype(np.float64) - expected)[~same].max()
    return float(error / max(finite.max() if finite.size else 0.0, 1e-30))


class Report:
    def __init__(self):
        self.networks = self.elements = self.layers = self.other_side = self.left_out = 0
        self.modes, self.operators = collections.Counter(), collections.Counter()
        self.largest_error = 0.0
        self.problems = []

    def check(self, dlpu, path, golden, number):
        """Whether dlpu computes the same."""
        call = subprocess.run([dlpu, "run", path, "--input", *sorted(map(str, golden.folder.glob("input_*.npy"))),
                               "--output", golden.folder / "out"], capture_output=True, text=True, check=False)
        if call.returncode != 0:
            self.problems.append(f"{number}: {call.stderr.strip()}")
            return
        soft = golden.behind_float()
        golden.write_layers()
        subprocess.run([dlpu, "compare", path, "reference", golden.folder, "--json", golden.folder / "compare.json"],
                       capture_output=True, check=True)
        for operator in json.loads((golden.folder / "compare.json").read_text())["operators"]:
            self.check_operator(operator, golden, soft, number)
        for i, expected in enumerate(golden.outputs):
            actual = np.load(golden.folder / "out" / f"output_{i}.npy")
            assert actual.dtype == expected.dtype and actual.shape == expected.shape
            self.elements += actual.size
            if expected.dtype == np.float32:
                error = relative_error(actual, expected)
                self.largest_error = max(self.largest_error, error)
                if not error <= FLOAT_TOLERANCE and not self.dequantized(golden, i, error, soft):
                    self.problems.append(f"{number}: output {i} has a relative error of {error:.2g}")

    def dequantized(self, golden, output, error, soft):
        """A float32 output that is a quantized tensor's, which may be one step off behind float32 arithmetic."""
        tensor = golden.interpreter.get_output_details()[output]["index"]
        makers = [i for i, operator in enumerate(golden.operators) if tensor in operator["outputs"]]
        if not makers or makers[0] not in soft:
            return False
        return golden.operators[makers[0]]["op_name"] == "DEQUANTIZE" and error < 0.02

    def check_operator(self, operator, golden, soft, number):
        index = operator["operator"]
        self.operators[operator["type"]] += 1
        if not operator["compared"]:
            return
        self.layers += 1
        if golden.is_float(golden.operators[index]["outputs"][0]) or operator["differing"] == 0:
            return
        if index in soft and operator["largest_steps"] <= 1:
            self.other_side += operator["differing"]
            return
        self.problems.append(f"{number}: operator {index} ({operator['type']}): {operator['differing']} of "
                             f"{operator['elements']} differ by up to {operator['largest_steps']} steps")

    def print(self):
        print(f"{self.networks} networks: " + ", ".join(f"{n} {mode}" for mode, n in sorted(self.modes.items())))
        print(f"{self.layers} operators compared, of {len(self.operators)} kinds: " +
              ", ".join(f"{n} {kind}" for kind, n in sorted(self.operators.items())))
        print(f"{self.elements} elements of outputs; largest relative error in float32 {self.largest_error:.2g}; "
              f"{self.other_side} integers quantized from float32 fell on the other side")
        print(f"{self.left_out} networks with Sum in int8, which LiteRT's reference kernel computes as if it were uint8, "
              "left out")
        print(f"{len(self.problems)} problems")
