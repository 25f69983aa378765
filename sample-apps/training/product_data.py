"""Sets of product scenes: letterboxed frames with padded box lists for the detector, and crops for the other two."""

from multiprocessing import get_context

import numpy as np
from PIL import Image

import product_draw as draw
import product_scene as scene
import shape_scene

FRAME, SIZE, PAD = 224, 64, 114
MARGIN = 0.06
JITTER = 0.05
CHUNK, SURFACES = 100, 30


def fitted(image, side, centre, resample=Image.BILINEAR):
    """Fits an RGB image into [side, side, 3] uint8, keeping its aspect; returns it and the scale."""
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    canvas = np.full((side, side, 3), PAD, np.uint8)
    left, top = ((side - size[0]) // 2, (side - size[1]) // 2) if centre else (0, 0)
    canvas[top:top + size[1], left:left + size[0]] = np.asarray(image.resize(size, resample))
    return canvas, scale


def crop(image, box, off=(0, 0, 0, 0)):
    """What the app shows its second and third model of a box: [64, 64, 3] uint8.

    off: how far the edges stray, as shares of the box.
    """
    size = np.tile(box[2:] - box[:2], 2)
    edges = box + size * (np.array([-MARGIN, -MARGIN, MARGIN, MARGIN]) + off)
    edges = np.clip(np.round(edges), 0, [image.width, image.height] * 2).astype(int)
    return fitted(image.crop(tuple(edges)), SIZE, True)[0]


def random_aspect(rng):
    """Width over height: 4:3 half of the time, else between 3:4 and 16:9."""
    return 4 / 3 if rng.random() < 0.5 else float(np.exp(rng.uniform(np.log(3 / 4), np.log(16 / 9))))


def chunk(job):
    """Up to 100 scenes off their own surfaces.

    job: (seed, training, stock, count, long side in px as (low, high)). Returns frames [n, 224, 224, 3] uint8, their
    widths [n] without padding, boxes [n, 24, 4] in px of 224, labels [n, 24] (0, or -1 where there is none), crops
    [m, 64, 64, 3] uint8 and the product of each [m].
    """
    seed, training, stock, count, (low, high) = job
    rng = np.random.default_rng(seed)
    surfaces = [shape_scene.background(rng, training) for _ in range(min(count, SURFACES))]
    frames, widths = np.empty((count, FRAME, FRAME, 3), np.uint8), np.empty(count, np.int32)
    boxes, labels = np.zeros((count, scene.MOST, 4), np.float32), np.full((count, scene.MOST), -1, np.int32)
    crops, owners = [], []
    for i in range(count):
        image, found, indices = scene.render(rng, stock, surfaces, int(rng.integers(low, high + 1)), random_aspect(rng))
        frames[i], scale = fitted(image, FRAME, False)
        widths[i] = round(image.width * scale)
        boxes[i, :len(found)], labels[i, :len(found)] = found * scale, 0
        for box, index in zip(found, indices):
            crops.append(crop(image, box, rng.uniform(-JITTER, JITTER, 4)))
            owners.append(index)
    return frames, widths, boxes, labels, np.array(crops), np.array(owners)


def build(seed, stream, training, stock, count, sides, workers=1):
    """`count` scenes, drawn in parallel but the same for a seed whatever the number of workers."""
    jobs = [((seed, stream, first), training, stock, min(CHUNK, count - first), sides)
            for first in range(0, count, CHUNK)]
    if workers == 1:
        parts = [chunk(job) for job in jobs]
    else:
        with get_context("spawn").Pool(workers) as pool:
            parts = pool.map(chunk, jobs, chunksize=1)
    return [np.concatenate(column) for column in zip(*parts)]


def scenes(rng, data, size):
    """Endless shuffled batches (images, boxes, labels) for the detector, with flips and colour swaps."""
    frames, widths, boxes, labels = data
    while True:
        order = rng.permutation(len(frames))
        for first in range(0, len(order) - size + 1, size):
            pick = order[first:first + size]
            x, b = frames[pick], boxes[pick]
            if rng.random() < 0.5:
                x, b = mirrored(x, widths[pick], b)
            if rng.random() < 0.5:
                x = x[..., rng.permutation(3)]
            yield np.ascontiguousarray(x), b, labels[pick]


def mirrored(images, widths, boxes):
    """Mirrors scenes left to right within their own part of the canvas; returns images and boxes."""
    images, boxes = images.copy(), boxes.copy()
    for image, width, box in zip(images, widths, boxes):
        image[:, :width] = image[:, :width][:, ::-1].copy()
        box[:, [0, 2]] = width - box[:, [2, 0]]
    return images, boxes


def pieces(rng, crops, labels, size):
    """Endless shuffled batches (images, labels) of crops, each with light, tint and noise of its own."""
    while True:
        order = rng.permutation(len(crops))
        for first in range(0, len(order) - size + 1, size):
            pick = order[first:first + size]
            x = crops[pick].astype(np.float32)
            x = x * rng.uniform(0.85, 1.15, (size, 1, 1, 1)) * rng.uniform(0.95, 1.05, (size, 1, 1, 3))
            x = x + rng.standard_normal(x.shape, np.float32) * rng.uniform(0, 6, (size, 1, 1, 1))
            yield np.clip(np.round(x), 0, 255).astype(np.uint8), labels[pick]


def kinds_of(products):
    """The kind of each product, as an index into `product_draw.KINDS`."""
    return np.array([draw.KINDS.index(item.kind) for item in products], np.int32)
