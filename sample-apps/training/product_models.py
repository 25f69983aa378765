"""The product finder's three networks and their losses: where products are, of which kind each is, and which it is."""

import jax
import jax.numpy as jnp

import product_data as data
from common import detector
from product_draw import KINDS

PRODUCTS = detector.Detector(data.FRAME, 1, ((0, 46), (32, 94), (66, 1e9)), stem=24, wide=48)
WIDTH = 96
SCALE, APART = 18.0, 0.1
SMOOTHING = 0.03


def finder(ops, x):
    """The exported detector: [N, 1029, 5 + 1], scores through a sigmoid, geometry raw."""
    return PRODUCTS.cells(ops, PRODUCTS.maps(ops, x))


def finder_loss(ops, batch):
    """The detector's loss. batch: uint8 frames, boxes, labels."""
    images, boxes, labels = batch
    return PRODUCTS.loss(PRODUCTS.maps(ops, detector.normalised(images)), boxes, labels)


def sorter(ops, x):
    """Crops, RGB 64 x 64 scaled to 0..1, to a logit for each kind."""
    x = ops.conv(x, "conv1", 16, kernel=5, stride=2)
    x = ops.max_pool(ops.conv(x, "conv2", 24))
    x = ops.conv(x, "conv3", 48)
    x = ops.max_pool(ops.conv(x, "conv4", 48))
    x = ops.conv(x, "conv5", 64)
    return ops.dense(ops.mean_pool(x), "logits", len(KINDS))


def sorter_loss(ops, batch):
    """Cross-entropy with slight label smoothing. batch: uint8 crops and kinds."""
    images, labels = batch
    logits = sorter(ops, images.astype(jnp.float32) / 255)
    target = jax.nn.one_hot(labels, len(KINDS)) * (1 - SMOOTHING) + SMOOTHING / len(KINDS)
    return -(target * jax.nn.log_softmax(logits)).sum(1).mean()


def matcher(ops, x):
    """Crops, RGB 64 x 64 scaled to 0..1, to vectors [N, 96] of length 1 that lie close for the same product."""
    x = ops.conv(x, "conv1", 24, kernel=5, stride=2)
    x = ops.max_pool(ops.conv(x, "conv2", 32))
    x = ops.conv(x, "conv3", 64)
    x = ops.max_pool(ops.conv(x, "conv4", 64))
    x = ops.conv(x, "conv5", 96)
    x = ops.max_pool(ops.add_relu(x, ops.conv(x, "conv6", 96, act=False)))
    x = ops.conv(x, "conv7", 128)
    x = ops.conv(x, "squeeze", 32, kernel=1)
    return ops.unit(ops.dense(ops.flatten(x), "vector", WIDTH))


def with_proxies(params, rng, count):
    """The matcher's parameters, and a vector to learn for each product of training, which is not exported."""
    return params | {"proxies": {"weight": jnp.asarray(rng.normal(0, 1, (count, WIDTH)), jnp.float32)}}


def matcher_loss(ops, batch):
    """Which proxy is nearest, as cross-entropy over cosines with a margin. batch: uint8 crops and products."""
    images, owners = batch
    vectors = matcher(ops, images.astype(jnp.float32) / 255)
    cosines = vectors @ ops.unit(ops.params["proxies"]["weight"]).T
    own = jax.nn.one_hot(owners, cosines.shape[1])
    logits = SCALE * (cosines - APART * own)
    return -(own * jax.nn.log_softmax(logits)).sum(1).mean()
