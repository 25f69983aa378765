"""The shape finder's network, its targets and its loss: a small anchor-free detector.

The head is YOLOX's: every cell of three maps (strides 8, 16 and 32) gives
cx, cy, w, h, objectness and one score per class. Centre and size are left raw:
cx = (raw + column) * stride, w = exp(raw) * stride.
"""

import jax
import jax.numpy as jnp
import numpy as np

SIZE = 192
STRIDES = (8, 16, 32)
CLASSES = 6
MEAN, STD, DIVISOR = 0.5, 0.25, 255.0
RANGES = ((0, 40), (28, 80), (56, 1e9))
REACH = 1.5
RARE = -4.0


def grid():
    """Column and row [756, 2] and stride [756] of every cell, in the order of the output."""
    cells, strides = [], []
    for stride in STRIDES:
        side = SIZE // stride
        rows, columns = np.mgrid[0:side, 0:side]
        cells.append(np.stack([columns.ravel(), rows.ravel()], 1))
        strides.append(np.full(side * side, stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


def trunk(ops, x):
    """Normalised RGB 192 x 192 to three maps of raw (geometry, objectness and class) pairs."""
    x = ops.conv(x, "stem", 32, kernel=7, stride=4)
    x = ops.add_relu(x, ops.conv(x, "mix4", 32, act=False))
    x = ops.conv(x, "down8", 48, stride=2)
    x = ops.conv(x, "mix8a", 48)
    eighth = ops.add_relu(x, ops.conv(x, "mix8b", 48, act=False))
    x = ops.conv(eighth, "down16", 64, stride=2)
    x = ops.conv(x, "mix16a", 64)
    sixteenth = ops.add_relu(x, ops.conv(x, "mix16b", 64, act=False))
    x = ops.conv(sixteenth, "down32", 80, stride=2)
    last = ops.add_relu(x, ops.conv(x, "mix32", 80, act=False))
    return [head(ops, feature, stride) for feature, stride in zip((eighth, sixteenth, last), STRIDES)]


def head(ops, x, stride):
    """One map's raw geometry (4 channels) and raw scores (1 + 6 channels)."""
    x = ops.conv(x, f"head{stride}", 64)
    geometry = ops.conv(x, f"geometry{stride}", 4, kernel=1, act=False, norm=False, bias=0.5)
    scores = ops.conv(x, f"scores{stride}", 1 + CLASSES, kernel=1, act=False, norm=False, bias=RARE)
    return geometry, scores


def net(ops, x):
    """The exported network: [N, 756, 5 + 6], scores through a sigmoid, geometry raw."""
    maps = [ops.stack_channels([geometry, ops.sigmoid(scores)]) for geometry, scores in trunk(ops, x)]
    return ops.stack_cells(maps)


def normalised(images):
    """uint8 images [n, 192, 192, 3] as the network wants them."""
    return (images.astype(jnp.float32) / DIVISOR - MEAN) / STD


def decode(geometry):
    """Raw geometry [..., 756, 4] to boxes (left, top, right, bottom) in px."""
    cells, strides = grid()
    centre = (geometry[..., :2] + cells) * strides[:, None]
    half = jnp.exp(jnp.clip(geometry[..., 2:], -4, 6)) * strides[:, None] / 2
    return jnp.concatenate([centre - half, centre + half], -1)


def overlaps(a, b):
    """IoU and generalised IoU of boxes [..., 4]."""
    def area(corner):
        return jnp.prod(jnp.maximum(corner, 0), -1)

    inner = area(jnp.minimum(a[..., 2:], b[..., 2:]) - jnp.maximum(a[..., :2], b[..., :2]))
    outer = area(jnp.maximum(a[..., 2:], b[..., 2:]) - jnp.minimum(a[..., :2], b[..., :2]))
    union = area(a[..., 2:] - a[..., :2]) + area(b[..., 2:] - b[..., :2]) - inner
    iou = inner / (union + 1e-6)
    return iou, iou - (outer - union) / (outer + 1e-6)


def assign(boxes, labels):
    """Which shape each cell answers for.

    boxes: [n, 6, 4] in px, labels: [n, 6] with -1 for none. A cell answers for
    a shape of its map's size range whose box holds it and whose centre is within
    1.5 strides; the smallest such shape wins. Returns index [n, 756] and a mask.
    """
    cells, strides = grid()
    low = np.repeat([r[0] for r in RANGES], [(SIZE // s) ** 2 for s in STRIDES])
    high = np.repeat([r[1] for r in RANGES], [(SIZE // s) ** 2 for s in STRIDES])
    points = ((cells + 0.5) * strides[:, None])[None, :, None]
    box = boxes[:, None]
    away = jnp.abs(points - (box[..., :2] + box[..., 2:]) / 2).max(-1)
    inside = ((points > box[..., :2]) & (points < box[..., 2:])).all(-1)
    area = jnp.prod(boxes[..., 2:] - boxes[..., :2], -1)
    side = jnp.sqrt(area)[:, None]
    fits = (side >= low[:, None]) & (side < high[:, None]) & (labels[:, None] >= 0)
    candidate = inside & fits & (away < REACH * strides[:, None])
    cost = jnp.where(candidate, area[:, None], jnp.inf)
    return cost.argmin(-1), candidate.any(-1)


def binary(logits, target):
    """Binary cross-entropy from logits."""
    return jnp.maximum(logits, 0) - logits * target + jnp.log1p(jnp.exp(-jnp.abs(logits)))


def listed(maps):
    """Maps [n, H, W, C] of several strides as one list of cells [n, 756, C]."""
    return jnp.concatenate([m.reshape(m.shape[0], -1, m.shape[-1]) for m in maps], 1)


def loss(ops, batch):
    """Box, objectness and class loss per answering cell. batch: uint8 images, boxes, labels."""
    images, boxes, labels = batch
    geometry, scores = (listed(maps) for maps in zip(*trunk(ops, normalised(images))))
    index, positive = assign(boxes, labels)
    target = jnp.take_along_axis(boxes, index[..., None], 1)
    label = jnp.take_along_axis(labels, index, 1)
    iou, general = overlaps(decode(geometry), target)
    wanted = jax.nn.one_hot(label, CLASSES) * jax.lax.stop_gradient(iou)[..., None]
    count = jnp.maximum(positive.sum(), 1)
    box_loss = jnp.where(positive, 1 - general, 0).sum()
    class_loss = jnp.where(positive, binary(scores[..., 1:], wanted).sum(-1), 0).sum()
    object_loss = binary(scores[..., 0], positive.astype(jnp.float32)).sum()
    return (5 * box_loss + object_loss + class_loss) / count
