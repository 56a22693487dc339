#!/usr/bin/env python3
"""Train zoo::mobilenet_v2_cifar10 and write its float weights.

The network is MobileNetV2 for 32 x 32 images: `zoo/mobilenet_v2_cifar10.hpp` is its C++ twin, which loads the tensors by
name and folds the batch normalizations.

    python3 -m venv venv && venv/bin/pip install torch numpy pillow safetensors
    venv/bin/python tools/train_cifar10.py [--data ../shared/data] [--out examples/cifar10] [--epochs 14] [--resume]

The weights of the project: `--epochs 14`, then `--epochs 18 --resume`, whose rate rises again before it falls.

Writes OUT/test_images.npy and test_labels.npy, every twentieth test image, and OUT/weights.safetensors, float32:
SCOPE.weight (convolutions [O, KH, KW, I], depthwise [1, KH, KW, C], fully connected [units, in]),
SCOPE.batch_norm.{gamma,beta,mean,variance}, classifier.bias. Scopes: stem,
block_N.{expand,depthwise,project}, head, classifier.

The input is (pixel - 128) / 128, so a camera's byte is the stored int8 number plus 128. Padding is TensorFlow's "same",
batch normalization uses epsilon 1e-3. The weights are the average over the last steps (EMA) of the last epoch.
"""
import argparse
import copy
import io
import math
import pathlib
import time

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

BATCH_NORM_EPSILON = 1e-3
CLASSES = 10
# expansion, filters at width 100 %, repeats, stride
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 1), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def scaled(filters, width_percent):
    """Nearest multiple of 8, at least 8, not below 90 % of the wish: as in zoo/options.hpp."""
    wished = filters * width_percent / 100
    rounded = max(8, int(wished + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wished else rounded


class ConvNorm(nn.Module):
    """Convolution without bias, batch normalization, and ReLU6 where `activation`."""

    def __init__(self, inputs, filters, kernel, stride=1, groups=1, activation=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, filters, kernel, stride, 0 if stride == 2 else kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(filters, eps=BATCH_NORM_EPSILON)
        self.stride, self.activation = stride, activation

    def forward(self, x):
        if self.stride == 2:  # "same": an even size gets its odd row and column at the end
            x = F.pad(x, (0, 1, 0, 1))
        x = self.norm(self.conv(x))
        return F.relu6(x) if self.activation else x


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expand, depthwise, linear projection, and the addition where shapes allow it."""

    def __init__(self, inputs, filters, expansion, stride):
        super().__init__()
        hidden = inputs * expansion
        self.expand = ConvNorm(inputs, hidden, 1) if expansion > 1 else None
        self.depthwise = ConvNorm(hidden, hidden, 3, stride, groups=hidden)
        self.project = ConvNorm(hidden, filters, 1, activation=False)
        self.residual = stride == 1 and inputs == filters

    def forward(self, x):
        y = self.expand(x) if self.expand is not None else x
        y = self.project(self.depthwise(y))
        return x + y if self.residual else y


class MobileNetV2(nn.Module):
    def __init__(self, width_percent, head):
        super().__init__()
        channels = scaled(32, width_percent)
        self.stem = ConvNorm(3, channels, 3)
        blocks = []
        for expansion, filters, repeats, stride in STAGES:
            for i in range(repeats):
                blocks.append(InvertedResidual(channels, scaled(filters, width_percent), expansion, stride if i == 0 else 1))
                channels = scaled(filters, width_percent)
        self.blocks = nn.Sequential(*blocks)
        self.head = ConvNorm(channels, head, 1)
        self.classifier = nn.Linear(head, CLASSES)

    def forward(self, x):
        x = self.head(self.blocks(self.stem(x)))
        return self.classifier(x.mean((2, 3)))


def load_training(path):
    """All training images as uint8 [N, 32, 32, 3], and labels."""
    file = np.load(path)
    data, offset = file["jpeg"].tobytes(), file["offset"]
    images = [np.asarray(Image.open(io.BytesIO(data[a:b])).convert("RGB")) for a, b in zip(offset, offset[1:])]
    return np.stack(images), file["label"].astype(np.int64)


def to_float(images):
    """uint8 [N, H, W, C] to the network's input range, [N, C, H, W] with channels last in memory."""
    return ((images.float() - 128) / 128).permute(0, 3, 1, 2)


def augment(images, generator):
    """Random crops of the images padded by four pixels, half of them mirrored."""
    count = len(images)
    padded = F.pad(images.permute(0, 3, 1, 2).float(), (4, 4, 4, 4), mode="reflect").to(torch.uint8).permute(0, 2, 3, 1)
    top, left = (torch.randint(0, 9, (count,), generator=generator) for _ in range(2))
    mirrored = torch.rand(count, generator=generator) < 0.5
    steps = torch.arange(32)
    columns = torch.where(mirrored[:, None], 31 - steps, steps) + left[:, None]
    rows = steps + top[:, None]
    return padded[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


@torch.no_grad()
def accuracy(model, images, labels):
    model.eval()
    right = 0
    for i in range(0, len(images), 500):
        right += (model(to_float(images[i:i + 500])).argmax(1) == labels[i:i + 500]).sum().item()
    model.train()
    return right / len(images)


def export(model, type=np.float32):
    """All tensors by name, in the layouts of the docstring."""
    tensors = {}

    def add(scope, layer):
        weight = layer.conv.weight.detach()
        depthwise = layer.conv.groups > 1
        tensors[scope + ".weight"] = weight.permute(1, 2, 3, 0) if depthwise else weight.permute(0, 2, 3, 1)
        norm = layer.norm
        for part, value in zip(("gamma", "beta", "mean", "variance"),
                               (norm.weight, norm.bias, norm.running_mean, norm.running_var)):
            tensors[f"{scope}.batch_norm.{part}"] = value.detach()

    add("stem", model.stem)
    for i, block in enumerate(model.blocks):
        for part in ("expand", "depthwise", "project"):
            if getattr(block, part) is not None:
                add(f"block_{i}.{part}", getattr(block, part))
    add("head", model.head)
    tensors["classifier.weight"], tensors["classifier.bias"] = model.classifier.weight.detach(), model.classifier.bias.detach()
    return {name: np.ascontiguousarray(value.numpy(), type) for name, value in tensors.items()}


def train(args, images, labels, model, averaged):
    decayed = [p for p in model.parameters() if p.dim() > 1 and p.shape[1] > 1]
    others = [p for p in model.parameters() if not (p.dim() > 1 and p.shape[1] > 1)]
    optimizer = torch.optim.SGD([{"params": decayed, "weight_decay": args.weight_decay}, {"params": others}],
                                lr=args.rate, momentum=0.9, nesterov=True)
    steps_per_epoch = len(images) // args.batch
    steps = args.epochs * steps_per_epoch
    checkpoint_path = args.out / "checkpoint.pt"
    step, first = 0, 0
    if args.resume and checkpoint_path.exists():
        saved = torch.load(checkpoint_path)
        model.load_state_dict(saved["model"])
        averaged.load_state_dict(saved["averaged"])
        optimizer.load_state_dict(saved["optimizer"])
        first, step = saved["epoch"], saved["epoch"] * steps_per_epoch
    run = torch.compile(model) if args.compile else model
    start = time.time()
    for epoch in range(first, args.epochs):
        generator = torch.Generator().manual_seed(args.seed * 1000 + epoch)
        order = torch.randperm(len(images), generator=generator)
        total = 0.0
        for i in range(steps_per_epoch):
            part = order[i * args.batch:(i + 1) * args.batch]
            warm = min(1.0, (step + 1) / steps_per_epoch)
            rate = args.rate * warm * 0.5 * (1 + math.cos(math.pi * step / steps))
            for group in optimizer.param_groups:
                group["lr"] = rate
            x = to_float(augment(images[part], generator))
            with torch.autocast("cpu", torch.bfloat16, enabled=args.bfloat16):
                logits = run(x)
            loss = F.cross_entropy(logits.float(), labels[part], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            total += loss.item()
            decay = min(0.997, (1 + step) / (10 + step))
            with torch.no_grad():
                for mine, theirs in zip(averaged.state_dict().values(), model.state_dict().values()):
                    if mine.is_floating_point():
                        mine.lerp_(theirs, 1 - decay)
            if args.measure and i == args.measure:
                print(f"{args.measure * args.batch / (time.time() - start):.0f} images/s")
                return
            if args.measure and i == 2:
                start = time.time()
        torch.save({"model": model.state_dict(), "averaged": averaged.state_dict(), "optimizer": optimizer.state_dict(),
                    "epoch": epoch + 1}, checkpoint_path.with_suffix(".new"))
        checkpoint_path.with_suffix(".new").replace(checkpoint_path)
        print(f"epoch {epoch + 1:3d}: loss {total / steps_per_epoch:.4f}, held back "
              f"{accuracy(averaged, args.held_images, args.held_labels):.4f}, {time.time() - start:.0f} s", flush=True)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=root.parent / "shared" / "data")
    parser.add_argument("--out", type=pathlib.Path, default=root / "examples" / "cifar10")
    parser.add_argument("--width", type=int, default=50)
    parser.add_argument("--head", type=int, default=640)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rate", type=float, default=0.2)
    parser.add_argument("--weight-decay", type=float, default=3e-4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--bfloat16", action="store_true")
    parser.add_argument("--measure", type=int, default=0, help="stop after so many batches and print the speed")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    images, labels = (torch.from_numpy(a) for a in load_training(args.data / "cifar10_train_jpeg.npz"))
    held = torch.arange(len(images)) % 50 == 0  # the file is sorted by class
    args.held_images, args.held_labels = images[held], labels[held]
    model = MobileNetV2(args.width, args.head).to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(model)
    train(args, images[~held], labels[~held], model, averaged)
    if args.measure:
        return

    from safetensors.numpy import save
    tensors = export(averaged)
    test = [torch.from_numpy(np.load(args.data / f"cifar10_test_{name}.npy")) for name in ("images_uint8", "labels")]
    (args.out / "weights.safetensors").write_bytes(save(tensors))
    for name, values in (("images", test[0]), ("labels", test[1])):
        np.save(args.out / f"test_{name}.npy", values[::20].numpy())
    print(f"{sum(value.size for value in tensors.values())} parameters, accuracy on {len(test[0])} test images "
          f"{accuracy(averaged, *test):.4%}")


if __name__ == "__main__":
    main()
