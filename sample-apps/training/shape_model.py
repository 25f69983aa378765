"""The shape finder's network and its loss: a small anchor-free detector."""

from common import detector

SIZE = 192
CLASSES = 6
SHAPES = detector.Detector(SIZE, CLASSES, ((0, 40), (28, 80), (56, 1e9)))


def trunk(ops, x):
    """Normalised RGB 192 x 192 to three maps of raw (geometry, objectness and class) pairs."""
    x = ops.conv(x, "stem", 32, kernel=7, stride=4)
    x = ops.add_relu(x, ops.conv(x, "mix4", 32, act=False))
    x = ops.conv(x, "down8", 48, stride=2)
    x = ops.conv(x, "mix8a", 48)
    eighth = ops.add_relu(x, ops.conv(x, "mix8b", 48, act=False))
    x = ops.conv(eighth, "down16", 64, stride=2)
    x = ops.conv(x, "mix16a", 64)
    sixteenth = ops.add_relu(x, ops.conv(x, "mix16b", 64, act=False))
    x = ops.conv(sixteenth, "down32", 80, stride=2)
    last = ops.add_relu(x, ops.conv(x, "mix32", 80, act=False))
    features = (eighth, sixteenth, last)
    return [SHAPES.head(ops, feature, stride, 64) for feature, stride in zip(features, detector.STRIDES)]


def net(ops, x):
    """The exported network: [N, 756, 5 + 6], scores through a sigmoid, geometry raw."""
    return SHAPES.cells(ops, trunk(ops, x))


def loss(ops, batch):
    """The detector's loss. batch: uint8 images, boxes, labels."""
    images, boxes, labels = batch
    return SHAPES.loss(trunk(ops, detector.normalised(images)), boxes, labels)
