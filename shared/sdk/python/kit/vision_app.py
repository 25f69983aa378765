"""Write the code of an app in Python: see README.md.

Pictures and tensors stay on the host; what is held here are handles.
"""

import json as _json
import math as _math
from array import array as _array
from datetime import date as _date

import vision_checks as _checks
from componentize_py_types import Err as _Err
from wit_world.imports import assets as _assets
from wit_world.imports import images as _images
from wit_world.imports import inference as _inference
from wit_world.imports import logging as _logging
from wit_world.imports import tensors as _tensors
from wit_world.imports import values as _values

__all__ = [
    "Failure",
    "HostError",
    "Image",
    "Letterboxed",
    "Model",
    "Tensor",
    "assets",
    "cosine_nearest",
    "log",
    "main",
    "mask_to_polygons",
    "non_maximum_suppression",
]


class Failure(Exception):
    """What an app says to the person who runs it: `raise Failure("no face found")`."""


class HostError(Exception):
    """What a call of the host says."""


def log(message, level="info"):
    """Writes a line into the run's log; so does `print`. Levels are debug, info, warn and error."""
    _logging.log(_checks.choice(_logging.Level, level, "level"), str(message))


def _ask(call, *arguments):
    try:
        return call(*arguments)
    except _Err as error:
        raise HostError(str(error.value)) from None


class _Held:
    """A handle to what the host holds; it is freed when the last reference goes, or by close() or `with`."""

    __slots__ = ("_handle",)

    def __init__(self):
        raise TypeError(f"{type(self).__name__} is made by the functions of this module")

    @classmethod
    def _of(cls, handle):
        held = cls.__new__(cls)
        held._handle = handle
        return held

    def _use(self):
        if self._handle is None:
            raise ValueError(f"the {type(self).__name__} was closed")
        return self._handle

    def close(self):
        """Lets the host free it now."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.__exit__(None, None, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _handle(value, kind, what):
    if not isinstance(value, kind):
        raise TypeError(f"{what} must be of the type {kind.__name__}, not {value!r}")
    return value._use()


_FORMATS = {"FLOAT32": "f", "UINT8": "B", "INT32": "i", "INT64": "q"}


class Tensor(_Held):
    """A dense array that the host holds."""

    __slots__ = ()

    @classmethod
    def of(cls, shape, numbers, element="float32"):
        """A tensor of these numbers. `element` is float32, uint8, int32 or int64."""
        kind = _checks.choice(_tensors.ElementType, element, "element")
        if not isinstance(numbers, (bytes, bytearray, memoryview)):
            numbers = _array(_FORMATS[kind.name], numbers)
        return cls._from(shape, kind, bytes(numbers))

    @classmethod
    def _from(cls, shape, kind, content):
        shape = [_checks.whole(length, f"shape[{axis}]") for axis, length in enumerate(shape)]
        return cls._of(_ask(_tensors.Tensor.from_bytes, shape, kind, content))

    @classmethod
    def stack(cls, tensors):
        """Several tensors behind each other along the first axis, as a model takes a batch."""
        tensors = list(tensors)
        if not tensors:
            raise ValueError("there are no tensors to stack")
        first = tensors[0]
        for tensor in tensors:
            if tensor.element != first.element or tensor.shape[1:] != first.shape[1:]:
                raise ValueError(
                    f"tensors of {first.shape} and {tensor.shape} cannot be stacked: they may differ in the first axis only"
                )
        shape = [sum(tensor.shape[0] for tensor in tensors), *first.shape[1:]]
        return cls._from(shape, first._use().element(), b"".join(tensor.bytes() for tensor in tensors))

    @property
    def shape(self):
        """The length of each axis."""
        return list(self._use().shape())

    @property
    def element(self):
        """What it holds: float32, uint8, int32 or int64."""
        return self._use().element().name.lower()

    def bytes(self):
        """All numbers, as bytes."""
        return self._use().bytes()

    def numbers(self):
        """All numbers, one after the other."""
        return memoryview(self.bytes()).cast(_FORMATS[self._use().element().name])

    def reshape(self, shape):
        """The same numbers under another shape."""
        shape = [_checks.whole(length, f"shape[{axis}]") for axis, length in enumerate(shape)]
        return Tensor._of(_ask(self._use().reshape, shape))

    def slice(self, axis, start, end):
        """The part from `start` up to, not including, `end` along one axis."""
        return Tensor._of(
            _ask(self._use().slice, _checks.whole(axis, "axis"), _checks.whole(start, "start"), _checks.whole(end, "end"))
        )

    def softmax(self, axis):
        """Softmax along one axis (float32 only)."""
        return Tensor._of(_ask(self._use().softmax, _checks.whole(axis, "axis")))

    def argmax(self, axis):
        """Index of the largest number along one axis, which is removed (float32 to int32)."""
        return Tensor._of(_ask(self._use().argmax, _checks.whole(axis, "axis")))

    def top_k(self, k):
        """The `k` largest numbers of the flattened tensor, best first, with `index` and `score` (float32 only)."""
        return _ask(self._use().top_k, _checks.whole(k, "k"))


class Letterboxed:
    """A picture scaled into a frame; a point of the original lies at `x * scale + offset_x`, `y * scale + offset_y`."""

    __slots__ = ("picture", "scale", "offset_x", "offset_y")

    def __init__(self, picture, scale, offset_x, offset_y):
        self.picture, self.scale, self.offset_x, self.offset_y = picture, scale, offset_x, offset_y


class Image(_Held):
    """An eight-bit RGB picture that the host holds, upright: a photo's EXIF orientation has been applied."""

    __slots__ = ()

    @classmethod
    def decode(cls, content):
        """Decodes a picture, for example one read with `assets.read`."""
        return cls._of(_ask(_images.Image.decode, bytes(content)))

    @classmethod
    def from_tensor(cls, tensor, *, layout="nchw", channels="rgb", divisor=255, mean=(0,), deviation=(1,)):
        """A picture from a tensor [1, 3, h, w], [3, h, w], [1, h, w, 3] or [h, w, 3] (or one channel)."""
        steps = _checks.normalization(layout, channels, divisor, mean, deviation)
        return cls._of(_ask(_images.Image.from_tensor, _handle(tensor, Tensor, "tensor"), steps))

    @property
    def width(self):
        """Pixels."""
        return self._use().width()

    @property
    def height(self):
        """Pixels."""
        return self._use().height()

    def resize(self, width, height):
        """Scales to exactly this size."""
        return Image._of(_ask(self._use().resize, _checks.whole(width, "width"), _checks.whole(height, "height")))

    def crop(self, x, y, width, height):
        """Cuts out a rectangle; what lies outside the picture is left away."""
        return Image._of(_ask(self._use().crop, _checks.rectangle((x, y, width, height), "the area")))

    def letterbox(self, width, height, fill=114, anchor="center"):
        """Scales into a frame with the aspect ratio kept, and fills the rest. The anchor is center or top-left."""
        boxed = _ask(
            self._use().letterbox,
            _checks.whole(width, "width"),
            _checks.whole(height, "height"),
            _checks.color(fill, "fill"),
            _checks.choice(_images.Anchor, anchor, "anchor"),
        )
        return Letterboxed(Image._of(boxed.picture), boxed.scale, boxed.offset_x, boxed.offset_y)

    def warp(self, matrix, width, height):
        """A view in which pixel (x, y) shows the original at `matrix` * (x, y, 1); `matrix` is 3 x 3, row by row."""
        steps = (_checks.numbers(matrix, "matrix", 9), _checks.whole(width, "width"), _checks.whole(height, "height"))
        return Image._of(_ask(self._use().warp, *steps))

    def to_tensor(self, *, layout="nchw", channels="rgb", divisor=255, mean=(0,), deviation=(1,)):
        """A tensor [1, c, h, w] or [1, h, w, c] of float32: (pixel / divisor - mean) / deviation."""
        return Tensor._of(_ask(self._use().to_tensor, _checks.normalization(layout, channels, divisor, mean, deviation)))

    def draw_boxes(self, boxes, line_width=2):
        """A copy with frames and captions: `[((x, y, width, height), caption, (red, green, blue))…]`."""
        annotations = [
            _images.Annotation(
                area=_checks.rectangle(area, f"the area of boxes[{place}]"),
                caption=_checks.text(caption, f"the caption of boxes[{place}]"),
                color=_checks.color(color, f"the color of boxes[{place}]"),
            )
            for place, (area, caption, color) in enumerate(boxes)
        ]
        return Image._of(_ask(self._use().draw_boxes, annotations, _checks.whole(line_width, "line_width")))

    def draw_mask(self, mask, color, opacity=0.5):
        """A copy with a color laid over the picture where `mask` ([h, w] of float32) is above .5."""
        steps = (_handle(mask, Tensor, "mask"), _checks.color(color, "color"), _checks.number(opacity, "opacity"))
        return Image._of(_ask(self._use().draw_mask, *steps))

    def draw_polyline(self, points, closed=False, color=(255, 0, 0), line_width=2):
        """A copy with connected line segments: `[(x, y)…]`."""
        points = [tuple(_checks.numbers(point, f"points[{place}]", 2)) for place, point in enumerate(points)]
        steps = (points, bool(closed), _checks.color(color, "color"), _checks.whole(line_width, "line_width"))
        return Image._of(_ask(self._use().draw_polyline, *steps))

    def encode(self, format):
        """The picture as a file, jpeg or png."""
        return _ask(self._use().encode, _checks.choice(_images.Format, format, "format"))


class Model(_Held):
    """A model, by the name that the manifest gives it."""

    __slots__ = ()

    @classmethod
    def load(cls, name):
        """The model that stands under this name in `Models` of app.json."""
        return cls._of(_ask(_inference.Model.load_by_name, _checks.text(name, "the model's name")))

    @property
    def inputs(self):
        """Its inputs, with name, shape and element. A length that the model leaves open is 0."""
        return self._use().inputs()

    @property
    def outputs(self):
        """Its outputs, with name, shape and element. A length that the model leaves open is 0."""
        return self._use().outputs()

    def run(self, inputs):
        """Runs it, on one tensor or on a dict of several by name. Answers a dict of its outputs by name, in its order."""
        pairs = {"": inputs} if isinstance(inputs, Tensor) else inputs
        tensors = [(name, _handle(tensor, Tensor, f"the input {name}")) for name, tensor in pairs.items()]
        outputs = _ask(self._use().compute, tensors)
        return {name: Tensor._of(tensor) for name, tensor in outputs}


class assets:
    """The package's own files, app.json among them."""

    @staticmethod
    def read(path):
        """The content of a file, by its path in the package, such as assets/labels.txt."""
        return _ask(_assets.read, _checks.text(path, "path"))

    @staticmethod
    def text(path):
        """A file's text."""
        return str(assets.read(path), "utf-8-sig")

    @staticmethod
    def lines(path):
        """A text's lines, without the empty ones at its end: the labels of a model."""
        text = assets.text(path).rstrip()
        return [line.strip() for line in text.split("\n")] if text else []

    @staticmethod
    def json(path):
        """A file of JSON."""
        return _json.loads(assets.text(path))


def non_maximum_suppression(boxes, scores, score_threshold=0.3, iou_threshold=0.5, limit=100, class_agnostic=False):
    """Non-maximum suppression over `boxes` [n, 4] (x, y, width, height) and `scores` [n, classes], both float32."""
    options = _tensors.Suppression(
        score_threshold=_checks.number(score_threshold, "score_threshold"),
        iou_threshold=_checks.number(iou_threshold, "iou_threshold"),
        limit=_checks.whole(limit, "limit"),
        class_agnostic=bool(class_agnostic),
    )
    handles = (_handle(boxes, Tensor, "boxes"), _handle(scores, Tensor, "scores"))
    return _ask(_tensors.non_maximum_suppression, *handles, options)


def cosine_nearest(query, gallery, k):
    """Cosine similarity of `query` [d] to each row of `gallery` [n, d]: the `k` nearest, best first."""
    handles = (_handle(query, Tensor, "query"), _handle(gallery, Tensor, "gallery"))
    return _ask(_tensors.cosine_nearest, *handles, _checks.whole(k, "k"))


def mask_to_polygons(mask, threshold=0.5):
    """Outlines of the regions of `mask` [height, width] (float32) above `threshold`, as lists of (x, y) in pixels."""
    return _ask(_tensors.mask_to_polygons, _handle(mask, Tensor, "mask"), _checks.number(threshold, "threshold"))


_app = None


def main(function):
    """Makes a function the app's own: it is called once per run, with a dict of the inputs, and returns one of results."""
    global _app
    if _app is not None:
        raise TypeError(f"{_app.__name__} is the app's function already; {function.__name__} cannot be it too")
    _app = function
    return function


def _read(value):
    held = value.value
    if isinstance(value, _values.Value_Picture):
        return Image._of(held)
    if isinstance(value, _values.Value_Date):
        return _date(*map(int, held.split("-")))
    if isinstance(value, _values.Value_Json):
        return _json.loads(held)
    return held


def _write(name, value):
    if isinstance(value, str):
        return _values.Value_Text(value)
    if isinstance(value, bool):
        return _values.Value_Boolean(value)
    if isinstance(value, (int, float)):
        return _values.Value_Number(float(value))
    if isinstance(value, _date):
        return _values.Value_Date(value.isoformat()[:10])
    if isinstance(value, Image):
        return _values.Value_Picture(value._use())
    try:
        return _values.Value_Json(_json.dumps(_plain(value), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise TypeError(f"the result {name!r} is no result: {error}") from None


def _plain(value):
    """Whole numbers without a fraction, as JavaScript writes them: a result is the same in whichever language."""
    if isinstance(value, float) and _math.isfinite(value) and value.is_integer() and abs(value) < 1 << 53:
        return int(value)
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple, memoryview)):
        return [_plain(part) for part in value]
    return value


def _run(inputs):
    if _app is None:
        raise TypeError("app.py names no function of the app: write @vision_app.main above it")
    results = _app({name: _read(value) for name, value in inputs})
    if not isinstance(results, dict):
        raise TypeError(f"{_app.__name__} must return a dict of results by name, not {results!r}")
    return [(_checks.text(name, "a result's name"), _write(name, value)) for name, value in results.items() if value is not None]
