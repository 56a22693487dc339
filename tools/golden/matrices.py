"""FullyConnected and BatchMatMul."""
import numpy as np

from .cases import File, redraw
from .model import NONE, OPERATOR, RELU, RELU6, RELU_N1_TO_1, Tensor, run
from .quantization import QUANTIZED, quantization_for, random_activation
from .weighted import Weighted, weighted_file


def fully_connected_spec(input_shape, units, inputs, activation=NONE, keep=False, flavour="plain"):
    fields = {"fusedActivationFunction": activation, "keepNumDims": keep}
    return Weighted(OPERATOR.FULLY_CONNECTED, 5, "FullyConnectedOptions", fields, input_shape, (units, inputs), 0,
                    [activation, int(keep)], activation, flavour)


def fully_connected():
    geometries = [
        fully_connected_spec((1, 16), 10, 16),
        fully_connected_spec((1, 33), 17, 33, activation=RELU),
        fully_connected_spec((3, 15), 5, 15, activation=RELU6),
        fully_connected_spec((4, 17), 16, 17),
        fully_connected_spec((1, 4, 4, 3), 10, 48),
        fully_connected_spec((2, 3, 5), 7, 5, keep=True),
        fully_connected_spec((2, 3, 16), 3, 16, keep=True, activation=RELU),
        fully_connected_spec((1, 128), 10, 128),
        fully_connected_spec((5, 3), 15, 3, activation=RELU_N1_TO_1),
        fully_connected_spec((8, 1), 3, 1),
        fully_connected_spec((1, 257), 1, 257),
        fully_connected_spec((2, 64), 33, 64, activation=RELU6),
    ]
    flavours = [
        fully_connected_spec((4, 20), 5, 20, flavour="saturating"),
        fully_connected_spec((4, 20), 5, 20, activation=RELU6, flavour="saturating"),
        fully_connected_spec((10, 33), 4, 33, flavour="extreme"),
        fully_connected_spec((5, 64), 5, 64, flavour="extreme"),
        fully_connected_spec((4, 15), 9, 15, flavour="large_bias"),
        fully_connected_spec((3, 5), 9, 5, flavour="huge_bias"),
        fully_connected_spec((9, 2), 5, 2, flavour="left_shift"),
        fully_connected_spec((9, 3), 5, 3, activation=RELU, flavour="left_shift"),
        fully_connected_spec((3, 17), 7, 17, flavour="no_bias"),
        *(fully_connected_spec((4, 32), 6, 32, flavour=f"shift_{k}") for k in range(9)),
        *(fully_connected_spec((4, 800), 3, 800, flavour=f"shift_{k}") for k in (10, 12)),
    ]
    ties = [fully_connected_spec((16, 5), 9, 5, flavour=f"ties_{k}") for k in range(6)]
    int8_only = [fully_connected_spec((3, 33), 5, 33, flavour="minimum_weight")]
    return weighted_file("fully_connected", geometries, flavours, ties, int8_only)


@redraw
def batch_matmul_case(file, dtype, first, second, transposed, tightness=1.0):
    """`first` and `second` are the shapes as stored."""
    rng = file.rng
    a, b = (random_activation(rng, shape, dtype) for shape in (first, second))
    output = Tensor(dtype=dtype)
    if dtype in QUANTIZED:
        x, y = (np.swapaxes(t.real(), -1, -2) if swap else t.real() for t, swap in zip((a, b), transposed))
        scale, zero_point = quantization_for(x @ y, dtype, tightness)
        output = Tensor(dtype=dtype, scale=scale, zero_point=zero_point)
    fields = {"adjX": bool(transposed[0]), "adjY": bool(transposed[1])}
    output.data = run(OPERATOR.BATCH_MATMUL, 2, "BatchMatMulOptions", fields, [a, b], output)
    file.add([a, b], output, [int(t) for t in transposed])


def batch_matmul():
    file = File("batch_matmul")
    for dtype in ("int8", "float32"):
        batch_matmul_case(file, dtype, (4, 5), (5, 6), (0, 0))
        batch_matmul_case(file, dtype, (1, 17), (17, 9), (0, 0))
        batch_matmul_case(file, dtype, (2, 3, 5), (2, 5, 4), (0, 0))
        batch_matmul_case(file, dtype, (2, 3, 5), (2, 4, 5), (0, 1))
        batch_matmul_case(file, dtype, (2, 5, 3), (2, 5, 4), (1, 0))
        batch_matmul_case(file, dtype, (2, 5, 3), (2, 4, 5), (1, 1))
        batch_matmul_case(file, dtype, (2, 1, 3, 7), (1, 4, 7, 2), (0, 0))
        batch_matmul_case(file, dtype, (3, 2, 8), (8, 3), (0, 0))
        batch_matmul_case(file, dtype, (1, 2, 64), (1, 3, 64), (0, 1), tightness=0.5)
    return file
