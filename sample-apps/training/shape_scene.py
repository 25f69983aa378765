"""Scenes of drawn shapes over made-up and photographed backgrounds.

Lengths are in units: 192 units span the long side of every scene, whatever
size it is rendered at, so that one description gives a training image of
192 px and a sharp example of 640 px alike. Boxes are (left, top, right, bottom).
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from sklearn.datasets import load_sample_images

from common import textures

UNITS = 192
LABELS = ["circle", "triangle", "square", "star", "pentagon", "heart"]
MIN_SIZE, MAX_SIZE = 16, 110
TRAIN_PART = 0.6
CONTRAST = 80
SURFACE = 288


@dataclass
class Shape:
    """A shape to draw: its outline [n, 2] in units about `centre`, and how it looks."""

    label: int
    points: np.ndarray
    centre: np.ndarray
    colour: np.ndarray
    stroke: float
    border: np.ndarray | None
    alpha: float
    shadow: bool

    def box(self):
        """Its box in units, half the stroke included."""
        points = self.points + self.centre
        edge = self.stroke / 2
        return np.concatenate([points.min(0) - edge, points.max(0) + edge])


def polygon(sides, inner=None, start=-90.0):
    """Corners of a regular polygon of radius 1, or of a star when `inner` is its inner radius."""
    count = sides if inner is None else 2 * sides
    angles = np.deg2rad(start + 360 / count * np.arange(count))
    radius = np.ones(count) if inner is None else np.where(np.arange(count) % 2, inner, 1.0)
    return np.stack([np.cos(angles), np.sin(angles)], 1) * radius[:, None]


def heart(rng):
    """A heart of about radius 1, more or less plump."""
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - rng.uniform(4, 6) * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([x, -y], 1) / 16


def outline(rng, label):
    """The outline [n, 2] of a label's shape, about radius 1, before it is turned."""
    if label == 0:
        return polygon(64)
    if label == 1:
        return polygon(3) * [rng.uniform(0.85, 1.15), 1] + rng.uniform(-0.1, 0.1, (3, 2))
    if label == 2:
        return polygon(4, start=-45)
    if label == 3:
        return polygon(5, inner=rng.uniform(0.36, 0.52))
    return polygon(5) if label == 4 else heart(rng)


def by_hand(rng, points, amount):
    """Adds corners along the edges and wobbles them smoothly. points: radius 1, amount: share of it."""
    parts = max(1, 60 // len(points))
    ahead = np.roll(points, -1, 0)
    steps = np.linspace(0, 1, parts, endpoint=False)[None, :, None]
    dense = (points[:, None] * (1 - steps) + ahead[:, None] * steps).reshape(-1, 2)
    phase = np.linspace(0, 2 * np.pi, len(dense), endpoint=False)
    for wave in range(2, 6):
        dense = dense + amount / wave * np.sin(wave * phase[:, None] + rng.uniform(0, 6.3, 2)) * rng.normal(0, 1, 2)
    return dense


def make_shape(rng, size):
    """A random shape whose box is `size` units on its long side, not yet placed."""
    label = int(rng.integers(len(LABELS)))
    points = outline(rng, label)
    if rng.random() < 0.35:
        points = by_hand(rng, points, rng.uniform(0.01, 0.05))
    angle = np.deg2rad(rng.normal(0, 25) if label == 5 and rng.random() < 0.6 else rng.uniform(0, 360))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = points @ turn.T * [1, rng.uniform(0.9, 1.1)]
    outlined = rng.random() < 0.42
    stroke = np.clip(size * rng.uniform(0.035, 0.13), 1.4, 8) if outlined else 0.0
    points = points * ((size - stroke) / np.ptp(points, axis=0).max())
    points = points - (points.min(0) + points.max(0)) / 2
    colour = textures.random_colour(rng, 0, 255)
    border = textures.random_colour(rng, 0, 255) if not outlined and rng.random() < 0.3 else None
    return Shape(label, points, np.zeros(2), colour, stroke, border,
                 rng.uniform(0.8, 1), bool(rng.random() < 0.25))


def covered(first, second):
    """Share of the smaller of two boxes that the other covers."""
    corner = np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])
    area = min(np.prod(first[2:] - first[:2]), np.prod(second[2:] - second[:2]))
    return np.prod(np.maximum(corner, 0)) / area


def position(rng, shape, width, height, placed):
    """Finds a centre that keeps the shape in the frame and mostly clear of others; None if there is none."""
    half = (shape.box()[2:] - shape.box()[:2]) / 2
    low, high = half * 0.92, np.array([width, height]) - half * 0.92
    if (low > high).any():
        return None
    overlap = 0.22 if rng.random() < 0.35 else 0.0
    for _ in range(30):
        shape.centre = rng.uniform(low, high)
        if all(covered(shape.box(), other.box()) <= overlap for other in placed):
            return shape
    return None


def photo_part(rng, training):
    """A crop of one of scikit-learn's two photographs; the right two fifths are for testing only."""
    photo = load_photos()[rng.integers(2)]
    border = int(photo.shape[1] * TRAIN_PART)
    part = photo[:, :border] if training else photo[:, border:]
    side = int(rng.uniform(110, min(part.shape[:2])))
    top, left = rng.integers(part.shape[0] - side + 1), rng.integers(part.shape[1] - side + 1)
    crop = Image.fromarray(part[top:top + side, left:left + side])
    return np.asarray(crop.resize((SURFACE, SURFACE), Image.BICUBIC), np.float32)


_PHOTOS = []


def load_photos():
    """scikit-learn's china.jpg and flower.jpg, uint8 [427, 640, 3] each, read once."""
    if not _PHOTOS:
        _PHOTOS.extend(load_sample_images().images)
    return _PHOTOS


def background(rng, training):
    """A surface [288, 288, 3] uint8: a photo crop one time in four, else a procedural texture."""
    if rng.random() < 0.25:
        return textures.to_bytes(photo_part(rng, training))
    surface = textures.SURFACES[rng.integers(len(textures.SURFACES))]
    return textures.to_bytes(surface(rng, SURFACE, SURFACE))


def laid(rng, surface, width, height):
    """A random part of a surface, turned and tinted, at [height, width]; returns an RGB image."""
    surface = np.rot90(surface, rng.integers(4))
    if rng.random() < 0.5:
        surface = surface[:, ::-1]
    scale = rng.uniform(0.55, 1) * SURFACE / max(width, height)
    w, h = int(width * scale), int(height * scale)
    top, left = rng.integers(SURFACE - h + 1), rng.integers(SURFACE - w + 1)
    part = surface[top:top + h, left:left + w].astype(np.float32) * rng.uniform(0.8, 1.15, 3)
    if rng.random() < 0.3:
        part = part[..., rng.permutation(3)]
    return Image.fromarray(textures.to_bytes(part)).resize((width, height), Image.BICUBIC)


def make_visible(rng, image, shape, scale):
    """Changes a shape's colour until it stands out from most of what lies under it (RGB distance 80)."""
    left, top, right, bottom = (int(v) for v in shape.box() * scale)
    under = np.asarray(image.crop((left, top, right + 1, bottom + 1)).resize((4, 4), Image.BOX), np.float32)
    for _ in range(50):
        if np.quantile(np.linalg.norm(under - shape.colour, axis=-1), 0.25) > CONTRAST:
            return
        shape.colour = textures.random_colour(rng, 0, 255)


def stamp(rng, image, shape, scale):
    """Draws a shape onto an RGB image with `scale` pixels per unit, smoothed twofold."""
    pad = shape.stroke + 3
    left, top = np.floor((shape.box()[:2] - pad) * scale).astype(int)
    right, bottom = np.ceil((shape.box()[2:] + pad) * scale).astype(int)
    size = (right - left, bottom - top)
    points = ((shape.points + shape.centre) * scale - [left, top]) * 2
    points = [tuple(p) for p in points]
    mask = Image.new("L", (2 * size[0], 2 * size[1]))
    pen = ImageDraw.Draw(mask)
    if shape.stroke:
        pen.line(points + points[:2], 255, round(2 * shape.stroke * scale), joint="curve")
    else:
        pen.polygon(points, 255)
    mask = mask.reduce(2)
    if shape.shadow:
        dark = mask.filter(ImageFilter.GaussianBlur(1.5 * scale)).point(lambda v: int(v * 0.45))
        image.paste((0, 0, 0), (left + round(1.5 * scale), top + round(1.5 * scale)), dark)
    mask = mask.point(lambda v: int(v * shape.alpha))
    image.paste(tinted(rng, shape.colour, size), (left, top), mask)
    if shape.border is not None:
        edge = Image.new("L", (2 * size[0], 2 * size[1]))
        ImageDraw.Draw(edge).line(points + points[:2], 255, max(2, round(2.4 * scale)), joint="curve")
        edge = ImageChops.multiply(edge.reduce(2), mask)
        image.paste(tuple(int(c) for c in shape.border), (left, top), edge)


def tinted(rng, colour, size):
    """A patch of a colour, often with a slight run of brightness across it."""
    if rng.random() < 0.5:
        return tuple(int(c) for c in colour)
    run = np.linspace(1 - rng.uniform(0, 0.25), 1, size[0])[None, :, None]
    patch = textures.to_bytes(np.broadcast_to(colour * run, (size[1], size[0], 3)))
    return Image.fromarray(patch)


def litter(rng, image, scale):
    """Things that are no shape of ours: lines, long ellipses and long bars."""
    pen, width, height = ImageDraw.Draw(image), image.width, image.height
    for _ in range(rng.integers(1, 5)):
        colour = tuple(int(c) for c in textures.random_colour(rng))
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        long, short = rng.uniform(25, 90) * scale, rng.uniform(4, 10) * scale
        if rng.random() < 0.5:
            long, short = short, long
        kind = rng.integers(3)
        if kind == 0:
            end = rng.uniform(0, width), rng.uniform(0, height)
            pen.line([(x, y), end], colour, max(1, int(rng.uniform(0.6, 3) * scale)))
        elif kind == 1:
            pen.ellipse([x, y, x + long, y + short], colour)
        else:
            pen.rectangle([x, y, x + long, y + short], colour)


def finished(rng, image, scale):
    """Light, lens blur and sensor noise for an RGB image with `scale` pixels per unit."""
    image = Image.fromarray(textures.to_bytes(textures.light(rng, np.asarray(image, np.float32), 0.4)))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.1, 0.9) * scale))
    noise = rng.standard_normal((image.height, image.width, 3), np.float32) * rng.uniform(0, 9)
    return Image.fromarray(textures.to_bytes(np.asarray(image, np.float32) + noise))


def render(rng, surface, long_side, aspect=1.0, count=None):
    """A whole scene.

    surface: from `background`. long_side: px. aspect: width over height.
    count: how many shapes, 1 to 6 by default. Returns the RGB image, boxes
    [n, 4] in px of it and labels [n].
    """
    width, height = (UNITS, UNITS / aspect) if aspect >= 1 else (UNITS * aspect, UNITS)
    scale = long_side / UNITS
    image = laid(rng, surface, round(width * scale), round(height * scale))
    if rng.random() < 0.3:
        litter(rng, image, scale)
    placed = []
    for _ in range(count or rng.integers(1, 7)):
        size = np.exp(rng.uniform(np.log(MIN_SIZE), np.log(MAX_SIZE)))
        shape = position(rng, make_shape(rng, size), width, height, placed)
        if shape is not None:
            placed.append(shape)
    for shape in placed:
        make_visible(rng, image, shape, scale)
        stamp(rng, image, shape, scale)
    boxes = np.array([shape.box() for shape in placed]).reshape(-1, 4) * scale
    boxes = np.clip(boxes, 0, [image.width, image.height] * 2)
    return finished(rng, image, scale), boxes, np.array([shape.label for shape in placed], int)
