"""ResizeNearestNeighbor and ResizeBilinear."""
from .cases import File
from .model import OPERATOR
from .movement import TYPES, move
from .quantization import integers

RESIZES = (((1, 4, 6, 3), (8, 12)), ((2, 5, 7, 2), (9, 14)), ((1, 8, 9, 3), (4, 3)), ((1, 6, 5, 2), (13, 3)),
           ((1, 3, 3, 5), (1, 1)), ((1, 1, 1, 2), (4, 5)), ((1, 2, 2, 2), (11, 7)), ((1, 10, 16, 1), (7, 21)),
           ((1, 3, 20, 1), (11, 19)))


def resize_file(name, code, options_name, flags, types):
    file = File(name)
    for dtype in types:
        for align, half in flags:
            for shape, size in RESIZES:
                fields = {"alignCorners": bool(align), "halfPixelCenters": bool(half)}
                move(file, code, options_name, fields, shape, dtype, [*size, align, half], [integers(*size)])
    return file


def resize_nearest_neighbor():
    return resize_file("resize_nearest_neighbor", OPERATOR.RESIZE_NEAREST_NEIGHBOR, "ResizeNearestNeighborOptions",
                       ((0, 0), (1, 0), (0, 1), (1, 1)), ("int8",))


def resize_bilinear():
    return resize_file("resize_bilinear", OPERATOR.RESIZE_BILINEAR, "ResizeBilinearOptions", ((0, 0), (1, 0), (0, 1)),
                       TYPES)
