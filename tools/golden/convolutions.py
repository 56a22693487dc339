"""Conv2D and DepthwiseConv2D."""
from .model import NONE, OPERATOR, RELU, RELU6, RELU_N1_TO_1, SAME, VALID
from .weighted import Weighted, weighted_file


def conv_spec(input_shape, units, kernel, stride=(1, 1), dilation=(1, 1), padding=SAME, activation=NONE,
              flavour="plain"):
    fields = {"strideH": stride[0], "strideW": stride[1], "dilationHFactor": dilation[0],
              "dilationWFactor": dilation[1], "padding": padding, "fusedActivationFunction": activation}
    return Weighted(OPERATOR.CONV_2D, 3, "Conv2DOptions", fields, input_shape, (units, *kernel, input_shape[3]), 0,
                    [*stride, *dilation, padding, activation], activation, flavour)


def depthwise_spec(input_shape, multiplier, kernel, stride=(1, 1), dilation=(1, 1), padding=SAME, activation=NONE,
                   flavour="plain"):
    fields = {"strideH": stride[0], "strideW": stride[1], "dilationHFactor": dilation[0],
              "dilationWFactor": dilation[1], "padding": padding, "fusedActivationFunction": activation,
              "depthMultiplier": multiplier}
    return Weighted(OPERATOR.DEPTHWISE_CONV_2D, 3, "DepthwiseConv2DOptions", fields, input_shape,
                    (1, *kernel, input_shape[3] * multiplier), 3,
                    [*stride, *dilation, padding, activation, multiplier], activation, flavour)

CONV_GEOMETRIES = [
    conv_spec((1, 5, 5, 1), 1, (1, 1)),
    conv_spec((1, 4, 6, 3), 5, (1, 1), activation=RELU),
    conv_spec((2, 3, 5, 16), 17, (1, 1), activation=RELU6),
    conv_spec((1, 5, 3, 64), 32, (1, 1)),
    conv_spec((1, 1, 1, 128), 17, (1, 1)),
    conv_spec((1, 5, 7, 15), 16, (1, 1), stride=(2, 2), activation=RELU_N1_TO_1),
    conv_spec((1, 7, 7, 3), 16, (3, 3), activation=RELU6),
    conv_spec((1, 9, 9, 3), 8, (3, 3), stride=(2, 2), activation=RELU6),
    conv_spec((1, 8, 8, 3), 8, (3, 3), stride=(2, 2), padding=VALID, activation=RELU),
    conv_spec((1, 10, 7, 5), 3, (3, 3), stride=(3, 3)),
    conv_spec((1, 7, 9, 1), 15, (3, 3), padding=VALID),
    conv_spec((2, 5, 6, 16), 5, (3, 3), activation=RELU),
    conv_spec((1, 5, 5, 17), 15, (3, 3), stride=(1, 2), activation=RELU6),
    conv_spec((1, 4, 5, 33), 3, (3, 3), padding=VALID),
    conv_spec((1, 9, 9, 3), 5, (3, 3), dilation=(2, 2)),
    conv_spec((1, 9, 11, 5), 3, (3, 3), dilation=(2, 1), padding=VALID, activation=RELU),
    conv_spec((1, 9, 9, 3), 5, (5, 5), activation=RELU_N1_TO_1),
    conv_spec((1, 11, 9, 5), 3, (5, 5), stride=(2, 2), padding=VALID),
    conv_spec((1, 6, 7, 3), 5, (2, 3)),
    conv_spec((1, 6, 7, 5), 4, (2, 3), stride=(2, 1), padding=VALID, activation=RELU6),
    conv_spec((1, 11, 11, 3), 3, (7, 7), stride=(2, 2)),
    conv_spec((1, 3, 3, 3), 5, (7, 7), activation=RELU),  # the kernel is larger than the image
    conv_spec((1, 6, 6, 33), 33, (1, 1), activation=RELU6),
]
CONV_FLAVOURS = [
    conv_spec((1, 6, 7, 5), 7, (3, 3), flavour="saturating"),
    conv_spec((1, 6, 7, 5), 7, (3, 3), activation=RELU6, flavour="saturating"),
    conv_spec((1, 5, 5, 17), 5, (3, 3), flavour="extreme"),
    conv_spec((1, 5, 5, 16), 4, (1, 1), flavour="extreme"),
    conv_spec((1, 5, 6, 5), 9, (3, 3), flavour="large_bias"),
    conv_spec((1, 4, 5, 3), 9, (1, 1), flavour="huge_bias"),
    conv_spec((1, 6, 5, 1), 5, (1, 1), flavour="left_shift"),
    conv_spec((1, 6, 5, 3), 5, (1, 1), activation=RELU, flavour="left_shift"),
    conv_spec((1, 5, 6, 16), 5, (3, 3), activation=RELU, flavour="saturating"),
    *(conv_spec((1, 4, 5, 17), 5, (1, 1), flavour=f"shift_{k}") for k in range(9)),
    *(conv_spec((1, 5, 5, 33), 5, (5, 5), flavour=f"shift_{k}") for k in (9, 10, 11, 12)),
]
CONV_TIES = [conv_spec((1, 4, 5, 5), 9, (1, 1), flavour=f"ties_{k}") for k in range(6)]
CONV_INT8_ONLY = [
    conv_spec((1, 5, 5, 17), 5, (3, 3), flavour="minimum_weight"),
    conv_spec((1, 5, 6, 33), 7, (1, 1), flavour="minimum_weight"),
]


def conv2d():
    return weighted_file("conv2d", CONV_GEOMETRIES, CONV_FLAVOURS, CONV_TIES, CONV_INT8_ONLY)


def depthwise_conv2d():
    geometries = [
        depthwise_spec((1, 7, 7, 16), 1, (3, 3), activation=RELU6),
        depthwise_spec((1, 9, 9, 15), 1, (3, 3), stride=(2, 2), activation=RELU6),
        depthwise_spec((1, 8, 8, 17), 1, (3, 3), stride=(2, 2)),
        depthwise_spec((1, 6, 6, 33), 1, (3, 3), padding=VALID, activation=RELU),
        depthwise_spec((1, 6, 5, 1), 1, (3, 3)),
        depthwise_spec((1, 7, 6, 3), 2, (3, 3), activation=RELU_N1_TO_1),
        depthwise_spec((1, 6, 7, 5), 3, (3, 3), stride=(2, 1)),
        depthwise_spec((1, 7, 7, 1), 3, (3, 3), stride=(2, 2), padding=VALID),
        depthwise_spec((2, 5, 6, 8), 1, (3, 3)),
        depthwise_spec((1, 9, 9, 5), 1, (5, 5), activation=RELU6),
        depthwise_spec((1, 11, 9, 3), 2, (5, 5), stride=(2, 2), padding=VALID, activation=RELU),
        depthwise_spec((1, 9, 9, 5), 1, (3, 3), dilation=(2, 2)),
        depthwise_spec((1, 9, 10, 3), 2, (3, 3), dilation=(1, 2), padding=VALID),
        depthwise_spec((1, 6, 7, 5), 1, (2, 3)),
        depthwise_spec((1, 11, 11, 3), 1, (7, 7), stride=(3, 3), activation=RELU),
        depthwise_spec((1, 3, 3, 16), 1, (7, 7)),
        depthwise_spec((1, 5, 5, 15), 1, (1, 1), activation=RELU6),
        depthwise_spec((1, 12, 5, 1), 8, (10, 4), stride=(2, 2), activation=RELU),
    ]
    flavours = [
        depthwise_spec((1, 6, 7, 5), 1, (3, 3), flavour="saturating"),
        depthwise_spec((1, 6, 7, 16), 1, (3, 3), activation=RELU6, flavour="saturating"),
        depthwise_spec((1, 5, 5, 17), 1, (3, 3), flavour="extreme"),
        depthwise_spec((1, 5, 6, 4), 2, (3, 3), flavour="extreme"),
        depthwise_spec((1, 5, 6, 9), 1, (3, 3), flavour="large_bias"),
        depthwise_spec((1, 4, 5, 9), 1, (3, 3), flavour="huge_bias"),
        depthwise_spec((1, 6, 5, 5), 1, (1, 1), flavour="left_shift"),
        depthwise_spec((1, 6, 5, 3), 2, (1, 1), activation=RELU, flavour="left_shift"),
        depthwise_spec((1, 5, 6, 16), 1, (3, 3), padding=VALID, activation=RELU, flavour="saturating"),
        *(depthwise_spec((1, 6, 6, 5), 1, (3, 3), flavour=f"shift_{k}") for k in (0, 1, 2, 3, 5, 6, 7, 8, 9)),
    ]
    ties = [depthwise_spec((1, 6, 6, 7), 1, (3, 3), flavour=f"ties_{k}") for k in range(6)]
    int8_only = [depthwise_spec((1, 5, 5, 17), 1, (3, 3), flavour="minimum_weight")]
    return weighted_file("depthwise_conv2d", geometries, flavours, ties, int8_only)
