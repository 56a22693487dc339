"""Operators that move data, in the manner of computations.py."""
import numpy as np
import tensorflow as tf


def some_padding(net, most):
    return [[0, 0], *([net.number(0, most), net.number(0, most)] for _ in range(2)), net.pick([0, 0], [1, 0])]


def mirror_pad(net, x):
    most = min(2, x.shape[1] - 1, x.shape[2] - 1)
    paddings = [[0, 0], *([net.number(0, most), net.number(0, most)] for _ in range(2)), [0, 0]]
    return tf.pad(x, paddings, net.pick("REFLECT", "SYMMETRIC"))


def concatenation(net, x):
    axis = net.number(1, 3)
    return tf.concat([x, net.pick(tf.nn.relu6, tf.tanh, lambda y: y * 0.5)(x), x][:net.number(2, 3)], axis)


def split(net, x):
    axis = net.number(1, 3)
    size = x.shape[axis]
    if size % 2 == 0:
        a, b = tf.split(x, 2, axis)
        return a + b
    if size > 1:
        a, b = tf.split(x, [1, size - 1], axis)
        net.extra.append(a)
        return b
    return tf.split(x, 1, axis)[0]


def slice_(net, x):
    begin = [0, *(net.number(0, s - 1) for s in x.shape[1:])]
    return tf.slice(x, begin, [x.shape[0], *(net.number(1, s - b) for s, b in zip(x.shape[1:], begin[1:]))])


def strided_slice(net, x):
    y = x[:, ::net.pick(1, 2, -1), net.number(0, x.shape[2] - 1)::net.pick(1, 2)]
    return tf.expand_dims(y[:, 0], 1) if net.pick(0, 1) else y


def gather(net, x):
    axis = net.number(1, 3)
    return tf.gather(x, net.rng.integers(0, x.shape[axis], net.number(1, 5)).astype(np.int32), axis=axis)


def transpose(net, x):
    return tf.transpose(x, [0, *(1 + net.rng.permutation(3)).tolist()])


def squeeze(net, x):
    y = tf.squeeze(tf.reduce_max(x, [1], keepdims=True), [1])
    return tf.expand_dims(tf.nn.relu(y), net.pick(1, 2, -1))


def reshape(net, x):
    n, h, w, c = x.shape
    return tf.reshape(x, net.pick([n, w, h, c], [n, h * w, 1, c], [n, 1, c, h * w]))


def stack(net, x):
    parts = tf.unstack(x, axis=1)[:6]
    if len(parts) < 2:
        parts *= 2
    return tf.stack(parts[::-1], axis=net.number(1, 3))


def space_to_depth(net, x):
    y = tf.pad(x, [[0, 0], [0, x.shape[1] % 2], [0, x.shape[2] % 2], [0, 0]])
    return tf.nn.space_to_depth(y, 2)


def depth_to_space(net, x):
    return tf.nn.depth_to_space(tf.concat([x, tf.nn.relu(x), x, x * 0.5], 3), 2)


def space_batch(net, x):
    block = net.pick(2, 3)
    pads = [[net.number(0, 1), 0] for _ in range(2)]
    pads = [[a, (-(s + a)) % block] for (a, _), s in zip(pads, x.shape[1:3])]
    y = tf.nn.relu6(tf.space_to_batch(x, [block, block], pads))
    return tf.batch_to_space(y, [block, block], pads if net.pick(0, 1) else [[0, 0], [0, 0]])


def resize(method):
    def build(net, x):
        size = [net.number(1, 2 * x.shape[1]), net.number(1, 2 * x.shape[2])]
        corners, centers = net.pick((False, False), (True, False), (False, True))
        function = tf.raw_ops.ResizeBilinear if method == "bilinear" else tf.raw_ops.ResizeNearestNeighbor
        return function(images=x, size=size, align_corners=corners, half_pixel_centers=centers)
    return build
