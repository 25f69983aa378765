"""Tones, light and blur: for whole batches of small gray photos, [n, size, size], and for one large photo."""

import numpy as np
from PIL import Image, ImageFilter

from . import textures

LUMA = np.array([0.299, 0.587, 0.114])


def stretcher(size, cells):
    """Matrix [size, cells] that interpolates `cells` values linearly over `size` pixels."""
    at = np.linspace(0, cells - 1, size)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(cells)[None, :])).astype(np.float32)


def field(rng, n, size, cells):
    """Smooth random fields [n, size, size] in about -1..1 with `cells` control points a side."""
    grid = rng.uniform(-1, 1, (n, cells, cells)).astype(np.float32)
    up = stretcher(size, cells)
    return up @ grid @ up.T


def tones(rng, n, contrast):
    """Gray values of ink and of paper, [n, 1, 1] each: random colours turned gray, at least `contrast` apart."""
    ink, paper = np.empty(n), np.empty(n)
    for i in range(n):
        while True:
            ink[i], paper[i] = rng.uniform(0, 255, (2, 3)) @ LUMA
            if rng.random() < 0.4:
                dark, bright = rng.uniform(0, 70), rng.uniform(170, 255)
                ink[i], paper[i] = (dark, bright) if rng.random() < 0.6 else (bright, dark)
            if abs(ink[i] - paper[i]) >= contrast:
                break
    return ink[:, None, None], paper[:, None, None]


def blurred(rng, images, most=1.3):
    """Gaussian blur with a sigma of 0 to `most` px, drawn for each image of [n, size, size]."""
    sigma = rng.uniform(0.05, most, (len(images), 1, 1))
    places = np.arange(images.shape[-1])
    distance = np.subtract.outer(places, places).astype(np.float32)
    kernel = np.exp(-0.5 * (distance / sigma) ** 2)
    kernel = (kernel / kernel.sum(2, keepdims=True)).astype(np.float32)
    return kernel @ images @ kernel.transpose(0, 2, 1)


def finish(rng, image, blur=0.7, noise=3):
    """Light, lens and sensor for one large photo: floats [H, W, 3] to an image."""
    shot = Image.fromarray(textures.to_bytes(textures.light(rng, image, 0.3)))
    image = np.asarray(shot.filter(ImageFilter.GaussianBlur(blur)), np.float32)
    return Image.fromarray(textures.to_bytes(image + rng.normal(0, noise, image.shape)))
