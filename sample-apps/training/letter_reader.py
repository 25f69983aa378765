"""Readers of capitals, trained on real letters alone: one judges what the letter maker makes, another guides it.

The two differ in build and in what they saw, so that the maker cannot learn the judge's weaknesses.
"""

import jax
import jax.numpy as jnp
import numpy as np

import letter_data as data
from common import fonts, layers, onnx_writer, package, training

STEPS, BATCH, PEAK_RATE = 700, 64, 3e-3
CLASSES = len(data.LABELS)
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def net(ops, x):
    """The judge: gray pictures 64 x 64 in 0..1 to 26 logits."""
    x = ops.conv(x, "conv1", 16, kernel=5, stride=2)
    for index, channels in enumerate((32, 48, 64)):
        x = ops.conv(x, f"conv{index + 2}", channels, stride=2)
    return ops.dense(ops.flatten(x), "logits", CLASSES)


def guiding_net(ops, x):
    """The guide: the same with other strides, and pooled."""
    x = ops.conv(x, "conv1", 24, stride=2)
    x = ops.max_pool(ops.conv(x, "conv2", 32, kernel=5, stride=2))
    return ops.dense(ops.flatten(ops.conv(x, "conv3", 48)), "logits", CLASSES)


def loss_of(reading):
    """Cross-entropy of a reader. batch: pictures [n, 64, 64] of 0..255 and labels [n]."""
    def loss(ops, batch):
        images, labels = batch
        logits = reading(ops, images[..., None] / 255)
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()
    return loss


def batches(rng, maps, labels):
    """Endless fresh batches of real letters, warped and printed in random tones."""
    while True:
        heights, drawn = data.draw(rng, maps, labels, BATCH)
        yield data.printed(rng, heights), drawn


def learned(reading, rng, maps, labels):
    """Weights and statistics of one of the two."""
    params, stats = layers.create(reading, rng, (1, data.SIZE, data.SIZE, 1))
    return training.fit(loss_of(reading), params, stats, batches(rng, maps, labels), STEPS, PEAK_RATE)


def guide(rng, maps, labels):
    """The guide, as a function of pictures [n, 64, 64, 1] in 0..1."""
    params, stats = learned(guiding_net, rng, maps, labels)
    return lambda images: guiding_net(layers.JaxOps(params, stats), images)


def trained(rng, maps, labels, path):
    """The reader, written to `path`, and how well it reads real letters of families that nobody here has seen."""
    params, stats = learned(net, rng, maps, labels)
    onnx_writer.write(path, net, layers.fold(params, stats), "image", (1, data.SIZE, data.SIZE), "logits", "reader")
    reader = package.Session(path)
    unseen, truth = data.bank(fonts.TEST_FAMILIES)
    right = read(reader, data.printed(rng, data.plain(unseen)) / 255) == truth
    return reader, {"letters": len(truth), "accuracy_on_unseen_families": float(right.mean())}


def read(reader, images):
    """Labels [n] of gray pictures [n, 64, 64] in 0..1."""
    return np.concatenate([reader(images[i:i + 256, None]).argmax(1) for i in range(0, len(images), 256)])


def gray(pictures):
    """Pictures [n, 3, 256, 256] in 0..1 as grays [n, 64, 64], each the mean of the places it covers."""
    luma, factor = np.einsum("nchw,c->nhw", pictures, LUMA), pictures.shape[-1] // data.SIZE
    return luma.reshape(len(luma), data.SIZE, factor, data.SIZE, factor).mean((2, 4))
