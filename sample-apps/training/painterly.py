"""A painterly effect: the slow, classical filter that the stylizer's network learns to imitate.

A photo becomes an oil illustration in four steps, each along the flow of the picture's own structure:
1. the direction and the anisotropy of every place, from the smoothed structure tensor;
2. brush strokes: the anisotropic Kuwahara filter (Kyprianidis, Kang, Doellner, 2009, with the polynomial weights of
   Kyprianidis, Semmo, Kang, Doellner, 2010), twice;
3. tones: lightness drawn softly to steps (Winnemoeller, Olsen, Gooch, 2006), and stronger colours;
4. ink: differences of Gaussians across the flow, joined along it (Kang, Lee, Chui, 2007; Winnemoeller, 2011).
Pictures are floats [H, W, 3] in 0..1.
"""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import ndimage

RADIUS = 4
STRIP = 8
SECTORS = 8
SHARPNESS = 8.0
TENSOR_SIGMA = 2.0
# How many steps of lightness there are, how hard their edges are, and how far lightness is drawn to them.
TONES, STEP_SLOPE, FLATNESS = 9, 5.0, 0.65
CONTRAST, VIVIDNESS = 0.032, 1.35
# Ink: how fine its lines are, how much of the broader blur is taken off, how soon it is black, what shines through.
INK_SIGMA, INK_PART, INK_SLOPE, INK_SHINE = 1.0, 0.985, 55.0, 0.25
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def flow(picture):
    """Direction along the structure (a unit vector, x and y) and anisotropy 0..1, each [H, W]."""
    smooth = [ndimage.correlate1d(picture, [0.25, 0.5, 0.25], axis, mode="nearest") for axis in (0, 1)]
    dx, dy = (ndimage.correlate1d(smooth[1 - axis], [-0.5, 0, 0.5], axis, mode="nearest") for axis in (1, 0))
    e, f, g = (ndimage.gaussian_filter((a * b).sum(-1), TENSOR_SIGMA, mode="nearest")
               for a, b in ((dx, dx), (dx, dy), (dy, dy)))
    root = np.sqrt((e - g) ** 2 + 4 * f * f)
    angle = 0.5 * np.arctan2(2 * f, e - g) + np.pi / 2
    return np.cos(angle), np.sin(angle), root / (e + g + 1e-5)


@jax.jit
def strokes(picture, structure):
    """The anisotropic Kuwahara filter: of eight sectors about each place, the even ones speak loudest."""
    height, width, _ = picture.shape
    reach, rows = 2 * RADIUS, -(-height // STRIP)
    below = rows * STRIP - height
    wide = jnp.pad(picture, ((reach, reach + below), (reach, reach), (0, 0)), mode="edge")
    wide = jnp.stack([*jnp.moveaxis(wide, -1, 0), (wide * wide).sum(-1), jnp.ones(wide.shape[:2])])
    shaped = [jnp.pad(field, ((0, below), (0, 0)), mode="edge").reshape(rows, STRIP, width) for field in structure]
    tops = jnp.arange(rows) * STRIP
    strips = jax.lax.map(lambda strip: in_strip(wide, strip[0], strip[1:]), (tops, *shaped))
    return jnp.moveaxis(strips, 1, -1).reshape(rows * STRIP, width, 3)[:height]


def in_strip(wide, top, structure):
    """`strokes` for a few rows, so that all sums stay in the processor's cache. wide: [5, H, W], padded."""
    along_x, along_y, anisotropy = structure
    height, width = along_x.shape
    stretch, reach = 1 + anisotropy, 2 * RADIUS
    long_x, long_y = along_x / (RADIUS * stretch), along_y / (RADIUS * stretch)
    short_x, short_y = -along_y * stretch / RADIUS, along_x * stretch / RADIUS
    zeta = 2.0 / RADIUS
    eta = (zeta + np.cos(np.pi / SECTORS)) / np.sin(np.pi / SECTORS) ** 2
    rows = jax.lax.dynamic_slice(wide, (0, top, 0), (5, height + 2 * reach, wide.shape[2]))

    def tap(sums, offset):
        dy, dx = offset
        u, v = long_x * dx + long_y * dy, short_x * dx + short_y * dy
        turned = [(float(np.cos(turn)) * u + float(np.sin(turn)) * v, float(np.cos(turn)) * v - float(np.sin(turn)) * u)
                  for turn in 2 * np.pi * np.arange(SECTORS) / SECTORS]
        weights = [jnp.maximum(across + zeta - eta * aside * aside, 0) ** 2 for across, aside in turned]
        radius = u * u + v * v
        spread = jnp.where(radius <= 1, jnp.exp(-3.125 * radius), 0) / (sum(weights) + 1e-9)
        part = jax.lax.dynamic_slice(rows, (0, dy + reach, dx + reach), (5, height, width))
        return sums + jnp.stack([weight * spread for weight in weights])[:, None] * part, None

    places = np.mgrid[-reach:reach + 1, -reach:reach + 1].reshape(2, -1).T
    places = jnp.asarray(places[(places**2).sum(1) <= reach**2])
    sums, _ = jax.lax.scan(tap, jnp.zeros((SECTORS, 5, height, width)), places)
    colours, squares, total = sums[:, :3], sums[:, 3], sums[:, 4]
    colours, squares = colours / (total[:, None] + 1e-9), squares / (total + 1e-9)
    variance = jnp.maximum(squares - (colours**2).sum(1), 0)
    voices = jnp.where(total > 1e-4, 1 / (1 + (85 * 85 * variance) ** (SHARPNESS / 4)), 0)
    return (voices[:, None] * colours).sum(0) / voices.sum(0)


def along_flow(field, structure, steps, sigma):
    """A field [H, W] averaged along the flow, `steps` px to either side."""
    y, x = np.mgrid[0:field.shape[0], 0:field.shape[1]].astype(np.float32)
    total, weight = field.copy(), 1.0
    for sense in (1.0, -1.0):
        at, go = np.stack([y, x]), sense * np.stack([structure[1], structure[0]])
        for step in range(1, steps + 1):
            at = at + go
            voice = float(np.exp(-0.5 * (step / sigma) ** 2))
            look, *new = (ndimage.map_coordinates(of, at, order=1, mode="nearest")
                          for of in (field, structure[1], structure[0]))
            total, weight = total + voice * look, weight + voice
            # A direction has no sign of its own: keep going the same way.
            go = np.where((np.stack(new) * go).sum(0) < 0, -1, 1) * np.stack(new)
    return total / weight


def ink(luma, structure):
    """How much of the paper's light comes through the ink, 0..1: dark sides of edges, joined along the flow."""
    narrow, broad = (ndimage.gaussian_filter(luma, sigma, mode="nearest") for sigma in (INK_SIGMA, 1.6 * INK_SIGMA))
    difference = along_flow(narrow - INK_PART * broad, structure, 6, 3.0)
    return np.where(difference > 0, 1.0, 1 + np.tanh(INK_SLOPE * difference))


def toned(picture):
    """Lightness drawn towards steps and pushed from the middle, colours made stronger."""
    luma = (picture * LUMA).sum(-1, keepdims=True)
    nearest = np.round(luma * TONES)
    within = np.tanh(STEP_SLOPE * (luma * TONES - nearest)) / np.tanh(STEP_SLOPE / 2)
    lightness = luma + FLATNESS * ((nearest + 0.5 * within) / TONES - luma)
    lightness = lightness - CONTRAST * np.sin(2 * np.pi * lightness)
    return np.clip(lightness + VIVIDNESS * (picture - luma), 0, 1)


def paint(picture):
    """The whole effect: [H, W, 3] in 0..1 to the same."""
    structure = flow(picture)
    painted = np.asarray(strokes(picture, structure))
    painted = np.asarray(strokes(painted, flow(painted)))
    lines = ink((picture * LUMA).sum(-1), structure)
    return np.clip(toned(painted) * (INK_SHINE + (1 - INK_SHINE) * lines[..., None]), 0, 1).astype(np.float32)
