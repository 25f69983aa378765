"""The shape finder's network and its loss: a small anchor-free detector."""

from common import detector

SIZE = 192
CLASSES = 6
SHAPES = detector.Detector(SIZE, CLASSES, ((0, 40), (28, 80), (56, 1e9)), stem=32, wide=64)


def net(ops, x):
    """The exported network: [N, 756, 5 + 6], scores through a sigmoid, geometry raw."""
    return SHAPES.cells(ops, SHAPES.maps(ops, x))


def loss(ops, batch):
    """The detector's loss. batch: uint8 images, boxes, labels."""
    images, boxes, labels = batch
    return SHAPES.loss(SHAPES.maps(ops, detector.normalised(images)), boxes, labels)
