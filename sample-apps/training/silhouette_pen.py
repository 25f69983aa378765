"""Draws silhouettes from outlines: curves, blades, limbs, and the pen that puts them on a canvas."""

import numpy as np
from PIL import Image, ImageDraw

from common import warp

INK, DETAIL = 255, 120
MARGIN = 0.04


class Pen:
    """Collects the parts of one drawing and throws the dice for its proportions.

    beyond: how far, as a share of each range, proportions may lie outside of it.
    Coordinates are free: x to the right, y down, about two units from end to end.
    """

    def __init__(self, rng, beyond=0.0):
        self.rng, self.beyond, self.parts = rng, beyond, []

    def pick(self, low, high):
        """A number in low..high, or somewhat beyond."""
        reach = self.beyond * (high - low)
        return float(self.rng.uniform(low - reach, high + reach))

    def count(self, low, high):
        """A whole number in low..high."""
        return int(self.rng.integers(low, high + 1))

    def fill(self, points, level=INK):
        """A filled polygon."""
        self.parts.append((np.asarray(points, float), None, level))

    def fill_pair(self, points, level=INK):
        """A filled polygon and its mirror image."""
        points = np.asarray(points, float)
        self.fill(points, level)
        self.fill(points * (-1, 1), level)

    def line(self, points, width, level=INK):
        """A stroke with round ends."""
        self.parts.append((np.asarray(points, float), width, level))

    def line_pair(self, points, width, level=INK, stray=0.0):
        """A stroke and its mirror image; every point but the first strays, on each side otherwise."""
        points = np.asarray(points, float)
        for side in (1, -1):
            off = self.rng.normal(0, stray, points.shape) if stray else np.zeros_like(points)
            off[0] = 0
            self.line((points + off) * (side, 1), width, level)

    def deform(self, wave=0.05, bend=0.15):
        """Bends, stretches and ripples everything drawn so far, as leaves and bodies differ."""
        stretch = (self.pick(0.88, 1.12), 1.0)
        curl = self.pick(-bend, bend)
        direction = self.rng.uniform(-3.5, 3.5, (2, 2))
        phase = self.rng.uniform(0, 2 * np.pi, 2)
        height = self.rng.uniform(0, wave, 2)

        def moved(points):
            points = points * stretch
            points = points + np.stack([curl * points[:, 1] ** 2, np.zeros(len(points))], 1)
            return points + height * np.sin(points @ direction + phase)

        self.parts = [(moved(points), width, level) for points, width, level in self.parts]

    def levels(self, size):
        """The drawing, centred and as large as fits, as an image `size` px wide and high.

        It holds 0 for ground, `INK`, and `DETAIL` for the lines and spots within.
        """
        every = np.concatenate([points for points, _, _ in self.parts])
        low, high = every.min(0), every.max(0)
        scale = (1 - 2 * MARGIN) * size / (high - low).max()
        shift = size / 2 - scale * (low + high) / 2
        image = Image.new("L", (size, size))
        canvas = ImageDraw.Draw(image)
        for points, width, level in self.parts:
            at = [tuple(point) for point in (points * scale + shift).tolist()]
            if width is None:
                canvas.polygon(at, fill=level)
                continue
            wide = max(2, round(width * scale))
            canvas.line(at, fill=level, width=wide, joint="curve")
            for x, y in (at[0], at[-1]):
                canvas.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=level)
        return image


def curve(points, steps=6):
    """A smooth line through [n, 2] points (Catmull and Rom's spline)."""
    p = np.asarray(points, float)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    q = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t ** 2 + (3 * b - a - 3 * c + d) * t ** 3)
    return np.concatenate([q.transpose(1, 0, 2).reshape(-1, 2), p[-2:-1]])


def mirrored(right):
    """Closes the right half of an outline with its mirror image."""
    right = np.asarray(right, float)
    return np.concatenate([right, right[::-1] * (-1, 1)])


def ellipse(x, y, wide, high, turn=0.0, count=40):
    """An ellipse of half-axes `wide` and `high`, turned clockwise by degrees."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return moved(np.stack([wide * np.cos(angle), high * np.sin(angle)], 1), turn, x, y)


def moved(points, turn, x=0.0, y=0.0):
    """Turns points clockwise about the origin by degrees, then shifts them."""
    return warp.rotate(np.asarray(points, float), turn) + (x, y)


def half_width(t, half, widest):
    """Half the width of a blade at `t`, 0 at the base and 1 at the tip, with its greatest at `widest`."""
    return half * np.sin(np.pi * np.clip(t, 0, 1) ** (np.log(0.5) / np.log(widest)))


def blade(length, half, widest, teeth=0, depth=0.0):
    """A leaf blade from its base at the origin up to its tip, with saw teeth that point to the tip."""
    t = np.linspace(0, 1, max(31, 5 * teeth + 1))
    x = half_width(t, half, widest) * (1 + depth * ((t * teeth) % 1.0))
    return mirrored(np.stack([x, -length * t], 1))
