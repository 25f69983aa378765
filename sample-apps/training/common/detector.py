"""A small anchor-free detector: its network, its targets and its loss.

The head is YOLOX's: every cell of three maps (strides 8, 16 and 32) gives
cx, cy, w, h, objectness and one score per class. Centre and size are left raw:
cx = (raw + column) * stride, w = exp(raw) * stride.
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

STRIDES = (8, 16, 32)
MEAN, STD, DIVISOR = 0.5, 0.25, 255.0
REACH = 1.5
RARE = -4.0


def normalised(images):
    """uint8 images [n, H, W, 3] as a detector wants them."""
    return (images.astype(jnp.float32) / DIVISOR - MEAN) / STD


def prepare(images):
    """uint8 images [n, H, W, 3] as the input [n, 3, H, W] of the ONNX file."""
    return ((images.astype(np.float32) / DIVISOR - MEAN) / STD).transpose(0, 3, 1, 2)


def overlaps(a, b):
    """IoU and generalised IoU of boxes [..., 4]."""
    def area(corner):
        return jnp.prod(jnp.maximum(corner, 0), -1)

    inner = area(jnp.minimum(a[..., 2:], b[..., 2:]) - jnp.maximum(a[..., :2], b[..., :2]))
    outer = area(jnp.maximum(a[..., 2:], b[..., 2:]) - jnp.minimum(a[..., :2], b[..., :2]))
    union = area(a[..., 2:] - a[..., :2]) + area(b[..., 2:] - b[..., :2]) - inner
    iou = inner / (union + 1e-6)
    return iou, iou - (outer - union) / (outer + 1e-6)


def binary(logits, target):
    """Binary cross-entropy from logits."""
    return jnp.maximum(logits, 0) - logits * target + jnp.log1p(jnp.exp(-jnp.abs(logits)))


def listed(maps):
    """Maps [n, H, W, C] of several strides as one list of cells [n, cells, C]."""
    return jnp.concatenate([m.reshape(m.shape[0], -1, m.shape[-1]) for m in maps], 1)


@dataclass(frozen=True)
class Detector:
    """What is found on square frames.

    size: px of a side. classes: how many. ranges: for each stride, which things its cells answer for, by the square
    root of their area in px. stem, wide: channels of the first layers and of the heads.
    """

    size: int
    classes: int
    ranges: tuple
    stem: int
    wide: int

    def grid(self):
        """Column and row [cells, 2] and stride [cells] of every cell, in the order of the output."""
        cells, strides = [], []
        for stride in STRIDES:
            side = self.size // stride
            rows, columns = np.mgrid[0:side, 0:side]
            cells.append(np.stack([columns.ravel(), rows.ravel()], 1))
            strides.append(np.full(side * side, stride))
        return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)

    def maps(self, ops, x):
        """Normalised RGB to three maps of raw (geometry, scores) pairs."""
        x = ops.conv(x, "stem", self.stem, kernel=7, stride=4)
        x = ops.add_relu(x, ops.conv(x, "mix4", self.stem, act=False))
        x = ops.conv(x, "down8", 48, stride=2)
        x = ops.conv(x, "mix8a", 48)
        eighth = ops.add_relu(x, ops.conv(x, "mix8b", 48, act=False))
        x = ops.conv(eighth, "down16", 64, stride=2)
        x = ops.conv(x, "mix16a", 64)
        sixteenth = ops.add_relu(x, ops.conv(x, "mix16b", 64, act=False))
        x = ops.conv(sixteenth, "down32", 80, stride=2)
        last = ops.add_relu(x, ops.conv(x, "mix32", 80, act=False))
        return [self.head(ops, feature, stride) for feature, stride in zip((eighth, sixteenth, last), STRIDES)]

    def head(self, ops, x, stride):
        """One map's raw geometry (4 channels) and raw scores (objectness and classes)."""
        x = ops.conv(x, f"head{stride}", self.wide)
        geometry = ops.conv(x, f"geometry{stride}", 4, kernel=1, act=False, norm=False, bias=0.5)
        scores = ops.conv(x, f"scores{stride}", 1 + self.classes, kernel=1, act=False, norm=False, bias=RARE)
        return geometry, scores

    def cells(self, ops, maps):
        """The exported output [N, cells, 5 + classes] of the heads' maps: scores through a sigmoid, geometry raw."""
        return ops.stack_cells([ops.stack_channels([geometry, ops.sigmoid(scores)]) for geometry, scores in maps])

    def decode(self, geometry):
        """Raw geometry [..., cells, 4] to boxes (left, top, right, bottom) in px."""
        cells, strides = self.grid()
        centre = (geometry[..., :2] + cells) * strides[:, None]
        half = jnp.exp(jnp.clip(geometry[..., 2:], -4, 6)) * strides[:, None] / 2
        return jnp.concatenate([centre - half, centre + half], -1)

    def assign(self, boxes, labels):
        """Which thing each cell answers for.

        boxes: [n, most, 4] in px, labels: [n, most] with -1 for none. A cell answers for
        a thing of its map's size range whose box holds it and whose centre is within
        1.5 strides; the smallest such thing wins. Returns index [n, cells] and a mask.
        """
        cells, strides = self.grid()
        low, high = (np.repeat([r[i] for r in self.ranges], [(self.size // s) ** 2 for s in STRIDES]) for i in (0, 1))
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

    def loss(self, maps, boxes, labels):
        """Box, objectness and class loss per answering cell, of the heads' maps."""
        geometry, scores = (listed(part) for part in zip(*maps))
        index, positive = self.assign(boxes, labels)
        target = jnp.take_along_axis(boxes, index[..., None], 1)
        label = jnp.take_along_axis(labels, index, 1)
        iou, general = overlaps(self.decode(geometry), target)
        wanted = jax.nn.one_hot(label, self.classes) * jax.lax.stop_gradient(iou)[..., None]
        count = jnp.maximum(positive.sum(), 1)
        box_loss = jnp.where(positive, 1 - general, 0).sum()
        class_loss = jnp.where(positive, binary(scores[..., 1:], wanted).sum(-1), 0).sum()
        object_loss = binary(scores[..., 0], positive.astype(jnp.float32)).sum()
        return (5 * box_loss + object_loss + class_loss) / count
