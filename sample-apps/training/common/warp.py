"""Plane warps: coefficients for Pillow's perspective transform."""

import numpy as np
from PIL import Image


def homography(source, target):
    """Eight coefficients that take `target` points to `source` points (both [4, 2], x and y).

    Pillow maps output to input, so `source` lies in the input and `target` in the output.
    """
    rows, values = [], []
    for (u, v), (x, y) in zip(source, target):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
        values += [u, v]
    return np.linalg.solve(np.asarray(rows, float), np.asarray(values, float))


def corners(width, height):
    """Corner points [4, 2] of a rectangle about the origin, clockwise from the top left."""
    x, y = width / 2, height / 2
    return np.array([[-x, -y], [x, -y], [x, y], [-x, y]])


def rotate(points, degrees):
    """Turns [n, 2] points about the origin, clockwise on screen."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return points @ turn


def place(image, box, quad, size, resample=Image.BILINEAR):
    """Draws the part `box` (left, top, right, bottom) of a mask into `quad` of a new one.

    quad: [4, 2] output points, clockwise from the top left. size: (width, height).
    """
    left, top, right, bottom = box
    source = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return image.transform(size, Image.PERSPECTIVE, homography(source, quad), resample)
