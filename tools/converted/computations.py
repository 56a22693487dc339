"""Operators that compute: each takes the choices and a tensor, and returns what it makes of it."""
import numpy as np
import tensorflow as tf


def conv2d(net, x):
    kernel, dilation = net.window(x, 3), 1
    stride = net.pick([1, 1], [2, 2], [3, 2], [1, 2])
    padding = net.pick("SAME", "VALID")
    if net.pick(0, 1, 2) == 0 and padding == "SAME":
        stride, dilation = [1, 1], net.pick(2, 3)
    filters = net.number(1, 9)
    depth = kernel[0] * kernel[1] * x.shape[3]
    weights = net.normal(*kernel, x.shape[3], filters, scale=depth**-0.5)
    y = tf.nn.conv2d(x, weights, strides=stride, padding=padding, dilations=dilation)
    return net.activation(tf.nn.bias_add(y, net.normal(filters, scale=0.3)) if net.pick(0, 1) else y)


def depthwise(net, x):
    kernel, stride = net.window(x, 3), net.pick(1, 2, 3)
    multiplier = net.pick(1, 1, 2, 3)
    dilation = net.pick(1, 1, 2) if stride == 1 else 1
    weights = net.normal(*kernel, x.shape[3], multiplier, scale=(kernel[0] * kernel[1])**-0.5)
    y = tf.nn.depthwise_conv2d(x, weights, [1, stride, stride, 1], net.pick("SAME", "VALID") if dilation == 1 else "SAME",
                               dilations=[dilation, dilation])
    return net.activation(tf.nn.bias_add(y, net.normal(y.shape[3], scale=0.3)))


def transpose_conv(net, x):
    n, h, w, c = x.shape
    kernel, stride = [net.number(1, 3), net.number(1, 3)], net.number(1, 2)
    padding = net.pick("SAME", "VALID")
    size = [s * stride if padding == "SAME" else (s - 1) * stride + k for s, k in zip((h, w), kernel)]
    filters = net.number(1, 5)
    weights = net.normal(*kernel, filters, c, scale=c**-0.5)
    y = tf.nn.conv2d_transpose(x, weights, [n, *size, filters], stride, padding)
    return tf.nn.bias_add(y, net.normal(filters, scale=0.3)) if net.pick(0, 1) else y


def fully_connected(net, x):
    n, h, w, c = x.shape
    flat = tf.reshape(x, [n, h * w * c])
    y = tf.matmul(flat, net.normal(h * w * c, 12, scale=(h * w * c)**-0.5))
    y = net.activation(y + net.normal(12, scale=0.2)) if net.pick(0, 1) else y
    return tf.reshape(y, [n, 2, 3, 2])


def batch_matmul(net, x):
    n, h, w, c = x.shape
    depth = net.number(1, 6)
    adjoint = bool(net.pick(0, 1))
    if net.pick(0, 1):
        other = net.normal(*([depth, c] if adjoint else [c, depth]), scale=c**-0.5)
    else:
        other = tf.nn.relu6(tf.reshape(x, [n, h, w, c]))
        other = other if adjoint else tf.transpose(other, [0, 1, 3, 2])
    return tf.matmul(x, other, transpose_b=adjoint)


def pool(kind):
    def build(net, x):
        return getattr(tf.nn, kind)(x, net.window(x, 4), net.pick(1, 2, 3), net.pick("SAME", "VALID"))
    return build


def reduce(function):
    def build(net, x):
        axes = net.pick([1, 2], [1], [2], [3], [1, 3], [1, 2, 3])
        keep = bool(net.pick(0, 1))
        y = function(x, axes, keepdims=keep)
        shape = [1 if i in axes else s for i, s in enumerate(x.shape)]
        return y if keep else tf.reshape(y, shape)
    return build


def pair(function):
    def build(net, x):
        kind = net.number(0, 3)
        if kind == 0:
            other = net.normal(*net.pick([x.shape[3]], [1, 1, 1, x.shape[3]], [1], x.shape))
        elif kind == 1:
            other = tf.nn.relu(x)
        elif kind == 2:
            other = tf.reduce_max(x, [1, 2], keepdims=True)
        else:
            other = tf.transpose(x, [0, 1, 2, 3])[:, :1]
        return net.activation(function(x, other) if net.pick(0, 1) else function(other, x))
    return build


def divide(net, x):
    return x / net.pick(net.normal(x.shape[3], scale=0.1, shift=1.5), tf.nn.relu6(x) + 1.0)


def positive(function):
    return lambda net, x: function(tf.abs(x) + 0.25)


def prelu(net, x):
    alpha = net.normal(*net.pick([1, 1, x.shape[3]], list(x.shape[1:])), scale=0.3)
    return tf.nn.relu(x) + -alpha * tf.nn.relu(-x)


def hard_swish(net, x):
    return x * tf.nn.relu6(x + 3.0) * np.float32(1 / 6)


def l2_normalization(net, x):
    return tf.nn.l2_normalize(x, axis=-1, epsilon=1e-6)


def softmax(net, x):
    return tf.nn.softmax(x)


def index(function):
    def build(net, x):
        net.extra.append(function(x, axis=net.number(1, 3), output_type=net.pick(tf.int32, tf.int64)))
        return x
    return build


def cast(net, x):
    net.extra.append(tf.cast(tf.cast(x * 3.0, tf.int32), tf.float32))
    return x


def compare(function):
    def build(net, x):
        other = net.pick(tf.nn.relu(x), net.normal(x.shape[3], scale=0.5))
        net.extra.append(function(x, other))
        return x
    return build


def logical(net, x):
    a, b = x > 0.0, tf.nn.relu6(x) < 0.5
    net.extra.append(net.pick(tf.logical_and, tf.logical_or)(a, b))
    net.extra.append(tf.logical_not(a))
    return x


def plain(function):
    return lambda net, x: function(x)
