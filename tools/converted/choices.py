"""The choices of a random network."""
import numpy as np
import tensorflow as tf


class Net:
    """Chooses parameters; `finish` ends the chain, because what it makes is no image of real numbers any more."""

    def __init__(self, rng):
        self.rng = rng
        self.extra = []  # further outputs

    def pick(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def number(self, low, high):
        return int(self.rng.integers(low, high + 1))

    def normal(self, *shape, scale=1.0, shift=0.0):
        return tf.constant((self.rng.standard_normal(shape) * scale + shift).astype(np.float32))

    def activation(self, x):
        return self.pick(lambda y: y, tf.nn.relu, tf.nn.relu6, lambda y: tf.clip_by_value(y, -1.0, 1.0))(x)

    def window(self, x, most=5):
        """A kernel that fits the image under any padding."""
        return [self.number(1, min(most, x.shape[1])), self.number(1, min(most, x.shape[2]))]
