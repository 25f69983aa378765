"""Training and test sets of shape scenes: letterboxed arrays with padded box lists."""

from multiprocessing import get_context

import numpy as np
from PIL import Image

import shape_scene as scene

SIZE = 192
PAD = 114
MOST = 6
CHUNK = 200
SURFACES_PER_CHUNK = 60


def letterbox(image, resample=Image.BILINEAR):
    """Fits an RGB image into the top left of [192, 192, 3] uint8, keeping its aspect; returns it and the scale."""
    scale = SIZE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    canvas = np.full((SIZE, SIZE, 3), PAD, np.uint8)
    canvas[:size[1], :size[0]] = np.asarray(image.resize(size, resample))
    return canvas, scale


def random_aspect(rng):
    """Width over height: square half of the time, else between 9:16 and 16:9."""
    return 1.0 if rng.random() < 0.5 else float(np.exp(rng.uniform(np.log(9 / 16), np.log(16 / 9))))


def chunk(job):
    """Up to 200 scenes off their own surfaces.

    job: (seed, training, count, long side in px as (low, high)). Returns images
    [n, 192, 192, 3] uint8, sizes [n, 2] (width and height without padding),
    boxes [n, 6, 4] in px of 192 and labels [n, 6], -1 where there is none.
    """
    seed, training, count, (low, high) = job
    rng = np.random.default_rng(seed)
    surfaces = [scene.background(rng, training) for _ in range(min(count, SURFACES_PER_CHUNK))]
    images, sizes = np.empty((count, SIZE, SIZE, 3), np.uint8), np.empty((count, 2), np.int32)
    boxes, labels = np.zeros((count, MOST, 4), np.float32), np.full((count, MOST), -1, np.int32)
    for i in range(count):
        side = int(rng.integers(low, high + 1))
        image, found, kinds = scene.render(rng, surfaces[rng.integers(len(surfaces))], side, random_aspect(rng))
        images[i], scale = letterbox(image)
        sizes[i] = np.round(np.array(image.size) * scale)
        boxes[i, :len(found)], labels[i, :len(found)] = found * scale, kinds
    return images, sizes, boxes, labels


def build(seed, stream, training, count, sides, workers=2):
    """`count` scenes, drawn in parallel but the same for a seed whatever the number of workers."""
    jobs = [((seed, stream, first), training, min(CHUNK, count - first), sides)
            for first in range(0, count, CHUNK)]
    with get_context("spawn").Pool(workers) as pool:
        parts = pool.map(chunk, jobs, chunksize=1)
    return [np.concatenate(column) for column in zip(*parts)]


def mirrored(images, sizes, boxes):
    """Mirrors scenes left to right within their own part of the canvas; returns images and boxes."""
    images, boxes = images.copy(), boxes.copy()
    for image, (width, _), box in zip(images, sizes, boxes):
        image[:, :width] = image[:, :width][:, ::-1].copy()
        box[:, [0, 2]] = width - box[:, [2, 0]]
    return images, boxes


def batches(rng, data, size):
    """Endless shuffled batches (images, boxes, labels) with flips, transposition and colour swaps."""
    images, sizes, boxes, labels = data
    while True:
        order = rng.permutation(len(images))
        for first in range(0, len(order) - size + 1, size):
            pick = order[first:first + size]
            x, b = images[pick], boxes[pick]
            if rng.random() < 0.5:
                x, b = mirrored(x, sizes[pick], b)
            if rng.random() < 0.5:
                x, b = x.transpose(0, 2, 1, 3), b[..., [1, 0, 3, 2]]
            if rng.random() < 0.5:
                x = x[..., rng.permutation(3)]
            yield np.ascontiguousarray(x), b, labels[pick]
