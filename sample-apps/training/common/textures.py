"""Procedural surfaces and backgrounds, as float arrays [height, width, 3] in 0..255."""

import numpy as np
from PIL import Image


def smooth_noise(rng, height, width, cells):
    """Cubic-interpolated value noise [height, width] in 0..1, `cells` bumps across the long side."""
    long_side = max(height, width)
    rows = max(2, round(cells * height / long_side) + 2)
    columns = max(2, round(cells * width / long_side) + 2)
    grid = Image.fromarray(rng.random((rows, columns), dtype=np.float32))
    return np.clip(np.asarray(grid.resize((width, height), Image.BICUBIC)), 0, 1)


def fractal_noise(rng, height, width, cells=3, octaves=5, gain=0.55):
    """Octaves of smooth noise, stretched to fill 0..1. Shape [height, width]."""
    total = np.zeros((height, width), np.float32)
    weight = 1.0
    for _ in range(octaves):
        total += weight * smooth_noise(rng, height, width, min(cells, max(height, width) // 2))
        weight *= gain
        cells *= 2
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, 1e-6)


def ramp(field, colours):
    """Colours a field [H, W] in 0..1 along a list of RGB stops (0..255). Returns [H, W, 3]."""
    stops = np.linspace(0, 1, len(colours))
    colours = np.asarray(colours, np.float32)
    return np.stack([np.interp(field, stops, colours[:, c]) for c in range(3)], -1).astype(np.float32)


def random_colour(rng, low=10, high=245):
    """One RGB colour, each channel in low..high."""
    return rng.uniform(low, high, 3)


def relatives(rng, colour, spread, count):
    """`count` colours near `colour`: a shared brightness change of up to `spread` and a small hue shift."""
    shade = rng.uniform(-spread, spread, (count, 1))
    return np.clip(colour + shade + rng.uniform(-spread / 4, spread / 4, (count, 3)), 0, 255)


def coordinates(height, width):
    """Pixel coordinates divided by the long side: two arrays [H, W], y and x."""
    long_side = max(height, width)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return y / long_side, x / long_side


def turned(rng, height, width):
    """A coordinate [H, W] running along a random direction."""
    y, x = coordinates(height, width)
    angle = rng.uniform(0, np.pi)
    return x * np.cos(angle) + y * np.sin(angle)


def clouds(rng, height, width):
    """Fractal noise between two to four unrelated colours."""
    field = fractal_noise(rng, height, width, rng.integers(2, 6), gain=rng.uniform(0.35, 0.65))
    return ramp(field, [random_colour(rng) for _ in range(rng.integers(2, 5))])


def gradient(rng, height, width):
    """A straight or a round run between two colours, with faint grain."""
    if rng.random() < 0.5:
        field = turned(rng, height, width)
    else:
        y, x = coordinates(height, width)
        field = np.hypot(y - rng.random(), x - rng.random())
    field = (field - field.min()) / max(np.ptp(field), 1e-6)
    grain = rng.normal(0, rng.uniform(0, 4), (height, width, 1))
    return ramp(field, [random_colour(rng), random_colour(rng)]) + grain


def wood(rng, height, width, colour=None):
    """Stretched rings in browns, or in any other hue now and then. colour: RGB 0..255, if it matters."""
    y, x = coordinates(height, width)
    if rng.random() < 0.5:
        y, x = x, y
    drift = smooth_noise(rng, height, width, 3) * rng.uniform(0.3, 0.9)
    rings = np.hypot(y - rng.uniform(-0.6, 1.6), (x - rng.random()) * rng.uniform(0.06, 0.2))
    field = 0.5 + 0.5 * np.sin((rings + drift * 0.12) * rng.uniform(60, 170))
    fibre = fractal_noise(rng, height, width, 40, 2)
    base = np.array([rng.uniform(120, 200), rng.uniform(75, 140), rng.uniform(35, 95)])
    if rng.random() < 0.3:
        base = random_colour(rng, 40, 220)
    base = base if colour is None else colour
    return ramp(0.65 * field + 0.35 * fibre, [base * rng.uniform(0.55, 0.8), base * 1.15])


def stripes(rng, height, width):
    """Soft or hard bands of two related or unrelated colours, slightly bent."""
    along = turned(rng, height, width) + 0.05 * smooth_noise(rng, height, width, 3)
    wave = np.sin(along * 2 * np.pi * rng.uniform(3, 22))
    field = 0.5 + 0.5 * np.clip(wave * rng.uniform(1, 6), -1, 1)
    first = random_colour(rng)
    second = relatives(rng, first, 60, 1)[0] if rng.random() < 0.6 else random_colour(rng)
    return ramp(field, [first, second])


def marble(rng, height, width):
    """Veins: a sine of position plus turbulence."""
    turbulence = fractal_noise(rng, height, width, 3, 5)
    field = turned(rng, height, width) * rng.uniform(2, 7) + turbulence * rng.uniform(1, 3)
    veins = np.abs(np.sin(field * np.pi)) ** rng.uniform(0.3, 1.2)
    stone = random_colour(rng, 90, 250)
    return ramp(veins, [stone * rng.uniform(0.3, 0.8), stone])


def bokeh(rng, height, width):
    """Defocused lights over a dark or bright gradient: soft discs without an edge."""
    image = gradient(rng, height, width) * rng.uniform(0.4, 1)
    y, x = coordinates(height, width)
    for _ in range(rng.integers(6, 22)):
        radius = rng.uniform(0.02, 0.14)
        distance = np.hypot(y - rng.random(), x - rng.random()) / radius
        disc = 1 / (1 + np.exp(np.minimum((distance - 1) * rng.uniform(2.5, 6), 50)))
        image += disc[..., None] * (random_colour(rng, 0, 255) - image) * rng.uniform(0.2, 0.7)
    return image


def paper(rng, height, width, colour=None, ruled=None):
    """A sheet: fibres, blotches, and with `ruled` lines or a fine grid.

    colour: RGB 0..255, a pale one by default. ruled: "lines", "grid" or "" for none.
    """
    if colour is None:
        colour = rng.uniform(195, 252) + rng.uniform(-14, 8, 3)
    if ruled is None:
        ruled = rng.choice(["", "", "lines", "grid"])
    blotch = fractal_noise(rng, height, width, 3, 3) - 0.5
    fibre = fractal_noise(rng, height, width, 90, 2) - 0.5
    image = colour + (blotch * rng.uniform(4, 22) + fibre * rng.uniform(6, 24))[..., None]
    y, x = coordinates(height, width)
    pitch, ink = rng.uniform(0.028, 0.06), random_colour(rng, 60, 200)
    weight = rng.uniform(0.15, 0.6)
    for axis in (y, x) if ruled == "grid" else (y,) if ruled else ():
        line = (np.mod(axis + 0.01, pitch) < max(0.004, 1.0 / max(height, width)))[..., None]
        image = np.where(line, image + (ink - image) * weight, image)
    return image


def concrete(rng, height, width):
    """Rough gray or tinted wall with pits."""
    rough = fractal_noise(rng, height, width, 6, 6, 0.75)
    pits = np.clip(fractal_noise(rng, height, width, 50, 2) - 0.72, 0, 1) * 2
    base = rng.uniform(70, 210) + rng.uniform(-18, 18, 3)
    return base + ((rough - 0.5) * rng.uniform(25, 80) - pits * 70)[..., None]


SURFACES = (clouds, gradient, wood, stripes, marble, bokeh, paper, concrete)


def light(rng, image, strength=0.35):
    """Uneven lighting and a vignette on [H, W, 3]; gains stay within 1 +- 1.5 strength."""
    height, width = image.shape[:2]
    field = 1 + (smooth_noise(rng, height, width, 1) - 0.5) * 2 * rng.uniform(0, strength)
    y, x = coordinates(height, width)
    edge = np.hypot(y - y.mean(), x - x.mean())
    field *= 1 - rng.uniform(0, strength) * np.clip(edge, 0, 1) ** 2
    return image * field[..., None]


def to_bytes(image):
    """Rounds and clips [H, W, 3] or [H, W] floats to uint8."""
    return np.clip(np.round(image), 0, 255).astype(np.uint8)
