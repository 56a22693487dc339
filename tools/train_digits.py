#!/usr/bin/env python3
"""Train the digits network and write examples/digits/.

The network is a small MobileNetV2 on scikit-learn's 8x8 grey digits (raw values 0..16). Its C++ twin
loads the tensors by name, folds the batch normalizations and quantizes the result.

    python3 -m venv venv && venv/bin/pip install -r tools/requirements.txt
    venv/bin/python tools/train_digits.py [--out examples/digits] [--epochs 150] [--seed 1]

Writes
    weights.safetensors     float32; SCOPE.weight (convolutions [O, KH, KW, I], depthwise [1, KH, KW, C],
                            fully connected [units, in]), SCOPE.batch_norm.{gamma,beta,mean,variance},
                            classifier.bias. Scopes: stem, block_N.{expand,depthwise,project}, head, classifier.
    test_images.npy         uint8 [540, 8, 8, 1], held back: neither trained on nor used to choose an epoch
    test_labels.npy         int64 [540]
    calibration_images.npy  uint8 [200, 8, 8, 1], from the training part
    expected_logits.npy     float32 [540, 10], the float network's softmax output on test_images

The float network's input is the raw value divided by 16. Batch normalization uses epsilon 1e-3, padding
is TensorFlow's "same". Seeds are fixed; another TensorFlow version or processor may still give slightly
different weights, so commit all the files of one run together.
"""
import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file, save
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

keras = tf.keras
layers = keras.layers

BATCH_NORM_EPSILON = 1e-3
STEM_FILTERS, HEAD_FILTERS, CLASSES = 16, 96, 10
# filters, expansion, stride
BLOCKS = [(24, 4, 1), (24, 4, 1), (36, 4, 2), (36, 4, 1)]


def layer_name(scope):
    """Keras does not allow dots in every place where a layer's name is used."""
    return scope.replace(".", "__")


def conv_norm(x, scope, make_conv, activation):
    """Convolution without bias, batch normalization, and ReLU6 where `activation`."""
    x = make_conv(name=layer_name(scope))(x)
    x = layers.BatchNormalization(epsilon=BATCH_NORM_EPSILON, momentum=0.9, name=layer_name(scope) + "__bn")(x)
    return layers.ReLU(6.0)(x) if activation else x


def conv(filters, kernel, stride=1):
    """Maker of a convolution layer that lacks only its name."""
    return lambda name: layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=name)


def depthwise(stride):
    """Maker of a 3x3 depthwise convolution layer that lacks only its name."""
    return lambda name: layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False, name=name)


def inverted_residual(x, scope, filters, expansion, stride):
    """MobileNetV2's block: expand, depthwise, linear projection, and the addition where shapes allow it."""
    channels = x.shape[-1]
    y = conv_norm(x, scope + ".expand", conv(expansion * channels, 1), True)
    y = conv_norm(y, scope + ".depthwise", depthwise(stride), True)
    y = conv_norm(y, scope + ".project", conv(filters, 1), False)
    return layers.Add()([x, y]) if stride == 1 and channels == filters else y


def build_model():
    """The network up to the logits; the softmax is applied outside."""
    image = x = keras.Input((8, 8, 1))
    x = conv_norm(x, "stem", conv(STEM_FILTERS, 3), True)
    for i, (filters, expansion, stride) in enumerate(BLOCKS):
        x = inverted_residual(x, f"block_{i}", filters, expansion, stride)
    x = conv_norm(x, "head", conv(HEAD_FILTERS, 1), True)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    return keras.Model(image, layers.Dense(CLASSES, name="classifier")(x))


def scopes():
    """Names of all convolutions, in the order of execution."""
    parts = ("expand", "depthwise", "project")
    return ["stem", *(f"block_{i}.{part}" for i in range(len(BLOCKS)) for part in parts), "head"]


def augment(images, rng):
    """Small random shifts, rotations, scales and shears; images are float [N, 8, 8, 1] in 0..1."""
    out = np.empty_like(images)
    centre = np.array([3.5, 3.5])
    for i, image in enumerate(images[..., 0]):
        angle = np.deg2rad(rng.uniform(-12, 12))
        scale = rng.uniform(0.88, 1.12, 2)
        shear = np.array([[1.0, rng.uniform(-0.15, 0.15)], [0.0, 1.0]])
        rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        matrix = rotation @ shear @ np.diag(1 / scale)
        offset = centre - matrix @ (centre + rng.uniform(-0.8, 0.8, 2))
        out[i, ..., 0] = ndimage.affine_transform(image, matrix, offset, order=1)
    return np.clip(out, 0.0, 1.0)


def split(seed):
    """Raw images and labels as (train, validation, test); test is a stratified 30 %."""
    digits = load_digits()
    images = digits.images.astype(np.uint8)[..., None]
    labels = digits.target.astype(np.int64)
    x_rest, x_test, y_rest, y_test = train_test_split(images, labels, test_size=0.3, stratify=labels, random_state=seed)
    x_train, x_valid, y_train, y_valid = train_test_split(
        x_rest, y_rest, test_size=0.15, stratify=y_rest, random_state=seed)
    return (x_train, y_train), (x_valid, y_valid), (x_test, y_test)


def to_float(images):
    """Raw values 0..16 to the network's input range 0..1."""
    return images.astype(np.float32) / 16.0


def train(model, training, validation, epochs, rng):
    """Fit with cosine decay; leaves the weights of the epoch with the lowest validation loss in the model."""
    x_train, y_train = to_float(training[0]), tf.one_hot(training[1], CLASSES).numpy()
    x_valid, y_valid = to_float(validation[0]), tf.one_hot(validation[1], CLASSES).numpy()
    batch = 32
    steps = epochs * int(np.ceil(len(x_train) / batch))
    schedule = keras.optimizers.schedules.CosineDecay(3e-3, steps, alpha=0.01)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-3)
    model.compile(optimizer, keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05),
                  metrics=["accuracy"])
    best_loss, best_weights = np.inf, model.get_weights()
    for epoch in range(epochs):
        fitted = model.fit(augment(x_train, rng), y_train, batch_size=batch, shuffle=True, verbose=0)
        loss, accuracy = model.evaluate(x_valid, y_valid, batch_size=len(x_valid), verbose=0)
        if loss < best_loss:
            best_loss, best_weights = loss, model.get_weights()
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1:3d}: training loss {fitted.history['loss'][0]:.4f}, "
                  f"validation loss {loss:.4f}, accuracy {accuracy:.4f}", flush=True)
    model.set_weights(best_weights)
    print(f"best validation loss {best_loss:.4f}")


def export(model):
    """All tensors by name, in the layouts of the docstring."""
    tensors = {}
    for scope in scopes():
        kernel = model.get_layer(layer_name(scope)).get_weights()[0]  # HWIO, depthwise HWC1
        order = (3, 0, 1, 2)
        tensors[scope + ".weight"] = kernel.transpose(order)
        values = model.get_layer(layer_name(scope) + "__bn").get_weights()
        for part, value in zip(("gamma", "beta", "mean", "variance"), values):
            tensors[f"{scope}.batch_norm.{part}"] = value
    kernel, bias = model.get_layer("classifier").get_weights()
    tensors["classifier.weight"], tensors["classifier.bias"] = kernel.T, bias
    return {name: np.ascontiguousarray(value, np.float32) for name, value in tensors.items()}


def apply(tensors, images):
    """The network again, from the exported tensors alone, in float64: checks the names and layouts."""
    tensors = {name: value.astype(np.float64) for name, value in tensors.items()}

    def conv_norm_apply(x, scope, stride, activation):
        kernel = tensors[scope + ".weight"]
        if scope.endswith("depthwise"):
            x = tf.nn.depthwise_conv2d(x, kernel.transpose(1, 2, 3, 0), (1, stride, stride, 1), "SAME")
        else:
            x = tf.nn.conv2d(x, kernel.transpose(1, 2, 3, 0), stride, "SAME")
        gamma, beta, mean, variance = (tensors[f"{scope}.batch_norm.{p}"] for p in ("gamma", "beta", "mean", "variance"))
        x = gamma * (x - mean) / np.sqrt(variance + BATCH_NORM_EPSILON) + beta
        return tf.nn.relu6(x) if activation else x

    x = conv_norm_apply(images.astype(np.float64), "stem", 1, True)
    for i, (filters, _, stride) in enumerate(BLOCKS):
        y = conv_norm_apply(x, f"block_{i}.expand", 1, True)
        y = conv_norm_apply(y, f"block_{i}.depthwise", stride, True)
        y = conv_norm_apply(y, f"block_{i}.project", 1, False)
        x = x + y if stride == 1 and x.shape[-1] == filters else y
    x = tf.reduce_mean(conv_norm_apply(x, "head", 1, True), (1, 2))
    return tf.nn.softmax(x @ tensors["classifier.weight"].T + tensors["classifier.bias"]).numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent / "examples" / "digits")
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    keras.utils.set_random_seed(args.seed)
    tf.config.experimental.enable_op_determinism()
    training, validation, (x_test, y_test) = split(args.seed)
    model = build_model()
    train(model, training, validation, args.epochs, np.random.default_rng(args.seed))

    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "weights.safetensors").write_bytes(save(export(model)))
    probabilities = tf.nn.softmax(model(to_float(x_test), training=False)).numpy()
    again = apply(load_file(str(args.out / "weights.safetensors")), to_float(x_test))
    difference = float(np.abs(again - probabilities).max())
    assert difference < 1e-5, f"the exported tensors compute something else: {difference}"
    np.save(args.out / "test_images.npy", x_test)
    np.save(args.out / "test_labels.npy", y_test.astype("<i8"))
    np.save(args.out / "calibration_images.npy", training[0][:200])
    np.save(args.out / "expected_logits.npy", probabilities.astype("<f4"))
    accuracy = float((probabilities.argmax(1) == y_test).mean())
    print(f"float accuracy on {len(y_test)} held-back images: {accuracy:.4%}")
    print(f"largest difference to the float64 evaluation of the exported tensors: {difference:.2e}")
    print(f"{sum(value.size for value in export(model).values())} parameters")


if __name__ == "__main__":
    main()
