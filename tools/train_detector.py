#!/usr/bin/env python3
"""Train the digit detector and write examples/detector/.

A small SSD (its C++ twin: examples/detector/detector_net.hpp) finds handwritten digits, scikit-learn's 8x8 ones enlarged to
between 18 and 44 pixels, in grey 96 x 96 scenes cluttered with noise, gradients, lines and patches.

    python3 -m venv venv && venv/bin/pip install -r tools/requirements.txt
    venv/bin/python tools/train_detector.py [--out examples/detector] [--scenes 12000] [--epochs 8] [--seed 1]

Writes
    weights.safetensors  float32, by the names of the C++ network (see tools/train_digits.py for layouts)
    scenes.npy           uint8 [48, 96, 96, 1], of digits that are held back: none of them was trained on
    boxes.npy            float32 [48, 4, 5]: top, left, bottom, right (relative to the image) and the digit; -1: none
    calibration.npy      uint8 [16, 96, 96, 1], scenes of the training part

and prints precision and recall on 500 held-back scenes. The network's input is the pixel / 127.5 - 1.
"""
import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from safetensors.numpy import save
from scipy import ndimage

import train_digits

keras = tf.keras
layers = keras.layers

SIZE, CLASSES, MOST = 96, 10, 4
BLOCKS = [(24, 2, 2), (32, 4, 2), (32, 4, 1), (48, 4, 2), (48, 4, 1)]  # filters, expansion, stride
MAPS = {2: (12, 3), 4: (6, 6)}  # after this block: side of the map, anchors of a pixel
SMALLEST, LARGEST = 0.25, 0.4
BOX_SCALES = np.array([10.0, 10.0, 5.0, 5.0], np.float32)


def background(rng):
    scene = rng.uniform(0, 0.45) + rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, SIZE)[:, None]
    scene = scene + rng.uniform(-0.2, 0.2) * np.linspace(-1, 1, SIZE)[None, :]
    scene = scene + rng.uniform(0.01, 0.06) * rng.standard_normal((SIZE, SIZE))
    for _ in range(rng.integers(0, 5)):  # patches
        y, x = rng.integers(0, SIZE, 2)
        h, w = rng.integers(4, 40, 2)
        scene[y:y + h, x:x + w] += rng.uniform(-0.25, 0.25)
    for _ in range(rng.integers(0, 6)):  # lines
        (y0, x0), (y1, x1) = rng.uniform(0, SIZE - 1, (2, 2))
        t = np.linspace(0, 1, 2 * SIZE)
        rows, columns = (y0 + t * (y1 - y0)).astype(int), (x0 + t * (x1 - x0)).astype(int)
        scene[rows, columns] += rng.uniform(0.1, 0.5)
    return scene


def enlarged(digit, side):
    """The glyph on `side` x `side` pixels, without its empty border."""
    glyph = ndimage.zoom(digit.astype(np.float32) / 16.0, side / 8, order=1)
    inked = glyph > 0.25
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    return glyph[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1]


def scene_of(digits, labels, rng):
    """One scene, uint8, and its boxes [MOST, 5]."""
    scene, boxes, taken = background(rng), np.full((MOST, 5), -1.0, np.float32), []
    for _ in range(rng.integers(1, MOST + 1)):
        chosen = rng.integers(len(digits))
        glyph = enlarged(digits[chosen, ..., 0], rng.uniform(18, 44))
        height, width = glyph.shape
        for _ in range(20):
            top, left = rng.integers(0, SIZE - height + 1), rng.integers(0, SIZE - width + 1)
            box = (top, left, top + height, left + width)
            if all(box[2] <= t[0] or t[2] <= box[0] or box[3] <= t[1] or t[3] <= box[1] for t in taken):
                break
        else:
            continue
        place = scene[top:top + height, left:left + width]
        place += np.clip(glyph, 0, 1) * (rng.uniform(0.75, 1.0) - place)
        boxes[len(taken)] = (*(np.array(box) / SIZE), labels[chosen])
        taken.append(box)
    return (np.clip(scene, 0, 1) * 255).astype(np.uint8)[..., None], boxes


def scenes_of(digits, labels, count, rng):
    scenes, boxes = zip(*(scene_of(digits, labels, rng) for _ in range(count)))
    return np.stack(scenes), np.stack(boxes)


def anchors():
    """Centre y, x, height, width of every anchor, as zoo/heads/ssd_anchors.hpp places them."""
    between = np.sqrt(LARGEST * 1.0)
    sizes = {12: [(0.1, 0.1)] + [(SMALLEST / np.sqrt(r), SMALLEST * np.sqrt(r)) for r in (2.0, 0.5)],
             6: [(LARGEST / np.sqrt(r), LARGEST * np.sqrt(r)) for r in (1.0, 2.0, 0.5, 3.0, 0.3333)] + [(between,) * 2]}
    return np.array([((y + 0.5) / side, (x + 0.5) / side, h, w) for side, _ in MAPS.values() for y in range(side)
                     for x in range(side) for h, w in sizes[side]], np.float32)


def overlaps(a, b):
    """Intersection over union of corners [n, 4] with [m, 4]."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.prod(np.clip(high - low, 0, None), -1)
    area = [np.prod(x[:, 2:] - x[:, :2], -1) for x in (a, b)]
    return common / (area[0][:, None] + area[1][None, :] - common)


def targets_of(boxes, places):
    """For every anchor: encoded box, one-hot class, whether it stands for a digit, whether it counts as background."""
    corners = np.concatenate([places[:, :2] - places[:, 2:] / 2, places[:, :2] + places[:, 2:] / 2], -1)
    real = boxes[boxes[:, 4] >= 0]
    shared = overlaps(corners, real[:, :4])
    best, most = shared.argmax(1), shared.max(1)
    positive = most >= 0.45
    for i, anchor in enumerate(shared.argmax(0)):  # every digit has an anchor
        best[anchor], positive[anchor] = i, True
    chosen = real[best]
    centre, size = (chosen[:, :2] + chosen[:, 2:4]) / 2, chosen[:, 2:4] - chosen[:, :2]
    encoded = np.concatenate([(centre - places[:, :2]) / places[:, 2:], np.log(size / places[:, 2:])], -1) * BOX_SCALES
    labels = np.eye(CLASSES, dtype=np.float32)[chosen[:, 4].astype(int)] * positive[:, None]
    return np.concatenate([encoded, labels, positive[:, None], ((most < 0.35) & ~positive)[:, None]], -1)


def build_model():
    image = x = keras.Input((SIZE, SIZE, 1))
    x = train_digits.conv_norm(x, "stem", train_digits.conv(16, 3, 2), True)
    outputs = []
    for i, (filters, expansion, stride) in enumerate(BLOCKS):
        x = train_digits.inverted_residual(x, f"block_{i}", filters, expansion, stride)
        if i in MAPS:
            outputs.append(predictions(x, len(outputs), MAPS[i][1]))
    return keras.Model(image, layers.Concatenate(axis=1)(outputs))


def predictions(x, level, count):
    """[anchors of the level, box and classes]"""
    parts = []
    for name, numbers, bias in (("boxes", 4, 0.0), ("classes", CLASSES + 1, -4.0)):
        scope = f"{name}_{level}"
        y = train_digits.conv_norm(x, scope + ".depthwise", train_digits.depthwise(1), True)
        y = layers.Conv2D(count * numbers, 1, bias_initializer=keras.initializers.Constant(bias),
                          name=train_digits.layer_name(scope + ".predict"))(y)
        parts.append(layers.Reshape((-1, numbers))(y))
    return layers.Concatenate(axis=-1)(parts)


def loss(target, predicted):
    positive, counted = target[..., 14], target[..., 14] + target[..., 15]
    boxes = tf.abs(target[..., :4] - predicted[..., :4])
    boxes = tf.reduce_sum(tf.where(boxes < 1, 0.5 * boxes**2, boxes - 0.5), -1) * positive
    labels, logits = target[..., 4:14], predicted[..., 5:]  # the background's score is not used
    p = tf.sigmoid(logits)
    miss = tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)
    focal = miss * (labels * 0.75 * (1 - p)**2 + (1 - labels) * 0.25 * p**2)
    classes = tf.reduce_sum(focal, -1) * counted
    return tf.reduce_sum(0.2 * boxes + 4.0 * classes) / (tf.reduce_sum(positive) + 1.0)


def detections(predicted, places, threshold=0.4, overlap=0.45):
    """Boxes, classes and scores of one image, by highest score, as the C++ network suppresses them."""
    scores = 1 / (1 + np.exp(-predicted[:, 5:]))
    order = np.argsort(-scores.max(1), kind="stable")
    order = order[scores.max(1)[order] >= threshold]
    encoded = predicted[order, :4] / BOX_SCALES
    centre, size = encoded[:, :2] * places[order, 2:] + places[order, :2], np.exp(encoded[:, 2:]) * places[order, 2:]
    corners = np.concatenate([centre - size / 2, centre + size / 2], -1)
    kept = []
    for i in range(len(order)):
        if len(kept) < 10 and (not kept or overlaps(corners[i:i + 1], corners[kept]).max() <= overlap):
            kept.append(i)
    return corners[kept], scores[order[kept]].argmax(1), scores[order[kept]].max(1)


def evaluate(model, scenes, boxes, places):
    """Precision and recall: a detection is right where class and place (overlap 0.5) are those of a digit."""
    found = right = digits = 0
    for predicted, truth in zip(model.predict(scenes / np.float32(127.5) - 1, batch_size=100, verbose=0), boxes):
        corners, classes, _ = detections(predicted, places)
        real = truth[truth[:, 4] >= 0]
        digits += len(real)
        found += len(corners)
        if len(corners):
            hits = (overlaps(corners, real[:, :4]) >= 0.5) & (classes[:, None] == real[None, :, 4])
            right += int(hits.any(0).sum())
    return right / max(found, 1), right / digits


def export(model):
    tensors = {}
    scopes = ["stem", *(f"block_{i}.{part}" for i in range(len(BLOCKS)) for part in ("expand", "depthwise", "project"))]
    heads = [f"{name}_{level}" for level in range(len(MAPS)) for name in ("boxes", "classes")]
    for scope in scopes + [head + ".depthwise" for head in heads]:
        kernel = model.get_layer(train_digits.layer_name(scope)).get_weights()[0]
        tensors[scope + ".weight"] = kernel.transpose(3, 0, 1, 2)
        norm = model.get_layer(train_digits.layer_name(scope) + "__bn").get_weights()
        for part, value in zip(("gamma", "beta", "mean", "variance"), norm):
            tensors[f"{scope}.batch_norm.{part}"] = value
    for head in heads:
        kernel, bias = model.get_layer(train_digits.layer_name(head + ".predict")).get_weights()
        tensors[head + ".predict.weight"], tensors[head + ".predict.bias"] = kernel.transpose(3, 0, 1, 2), bias
    return {name: np.ascontiguousarray(value, dtype=np.float32) for name, value in tensors.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("examples/detector"))
    parser.add_argument("--scenes", type=int, default=12000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)
    rng = np.random.default_rng(options.seed)
    training, validation, test = train_digits.split(options.seed)
    training = tuple(np.concatenate(parts) for parts in zip(training, validation))
    places = anchors()
    scenes, boxes = scenes_of(*training, options.scenes, rng)
    held_scenes, held_boxes = scenes_of(*test, 500, rng)
    print(f"{len(scenes)} scenes, {len(places)} anchors", flush=True)
    targets = np.stack([targets_of(b, places) for b in boxes]).astype(np.float32)
    model = build_model()
    batch = 32
    steps = options.epochs * (len(scenes) // batch)
    schedule = keras.optimizers.schedules.CosineDecay(1e-4, steps, alpha=0.01, warmup_target=4e-3, warmup_steps=steps // 20)
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-4, clipnorm=10.0)
    data = tf.data.Dataset.from_tensor_slices((scenes, targets)).shuffle(len(scenes), seed=options.seed)
    data = data.batch(batch, drop_remainder=True).map(lambda s, t: (tf.cast(s, tf.float32) / 127.5 - 1.0, t))
    model.compile(optimizer, loss)
    for epoch in range(options.epochs):
        fitted = model.fit(data, verbose=0)
        precision, recall = evaluate(model, held_scenes[:100], held_boxes[:100], places)
        print(f"epoch {epoch + 1}: loss {fitted.history['loss'][0]:.4f}, on 100 held-back scenes: "
              f"precision {precision:.3f}, recall {recall:.3f}", flush=True)
    precision, recall = evaluate(model, held_scenes, held_boxes, places)
    print(f"500 held-back scenes: precision {precision:.4f}, recall {recall:.4f}")
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "weights.safetensors").write_bytes(save(export(model)))
    np.save(options.out / "scenes.npy", held_scenes[:48])
    np.save(options.out / "boxes.npy", held_boxes[:48])
    np.save(options.out / "calibration.npy", scenes[:16])


if __name__ == "__main__":
    main()
