"""A host of a few lines, under the names that componentize-py gives the interface."""

import sys
import types
from dataclasses import make_dataclass
from enum import Enum


class Err(Exception):
    def __init__(self, value):
        super().__init__(value)
        self.value = value


class Held:
    """A handle."""

    freed = 0

    def __exit__(self, *_):
        Held.freed += 1


class Tensor(Held):
    @classmethod
    def from_bytes(cls, shape, element, content):
        tensor = cls()
        tensor.values = (shape, element, content)
        return tensor

    def shape(self):
        return self.values[0]

    def element(self):
        return self.values[1]

    def bytes(self):
        return self.values[2]


class Image(Held):
    def width(self):
        return 4

    def height(self):
        return 3


class Model(Held):
    @classmethod
    def load_by_name(cls, name):
        if name == "none":
            raise Err("app.json names no model “none”")
        return cls()

    def compute(self, inputs):
        return [(f"out {name}", tensor) for name, tensor in inputs]


def read(path):
    if path != "assets/labels.txt":
        raise Err(f"the package has no file “{path}”")
    return "\ufeffcät\r\n\r\n dog \n\n".encode()


lines = []


def log(level, message):
    lines.append(f"{level.name.lower()}: {message}")


def record(name, *fields):
    return make_dataclass(name, fields)


def module(name, **content):
    sys.modules[name] = made = types.ModuleType(name)
    made.__dict__.update(content)
    return made


def install():
    """Puts everything where the kit imports it from."""
    values = {f"Value_{kind}": record(f"Value_{kind}", "value") for kind in "Text Number Boolean Date Picture Json".split()}
    interfaces = {
        "assets": {"read": read},
        "images": {
            "Image": Image,
            "Anchor": Enum("Anchor", "TOP_LEFT CENTER", start=0),
            "Channels": Enum("Channels", "RGB BGR GRAY", start=0),
            "Format": Enum("Format", "JPEG PNG", start=0),
            "Layout": Enum("Layout", "NCHW NHWC", start=0),
            "Annotation": record("Annotation", "area", "caption", "color"),
            "Color": record("Color", "red", "green", "blue"),
            "Normalization": record("Normalization", "layout", "channels", "divisor", "mean", "deviation"),
        },
        "inference": {"Model": Model},
        "logging": {"Level": Enum("Level", "DEBUG INFO WARN ERROR", start=0), "log": log},
        "tensors": {
            "Tensor": Tensor,
            "ElementType": Enum("ElementType", "FLOAT32 UINT8 INT32 INT64", start=0),
            "Rectangle": record("Rectangle", "x", "y", "width", "height"),
            "Suppression": record("Suppression", "score_threshold", "iou_threshold", "limit", "class_agnostic"),
            "non_maximum_suppression": lambda boxes, scores, options: [options],
        },
        "values": values,
    }
    module("componentize_py_types", Err=Err)
    world = module("wit_world", WitWorld=object)
    world.imports = module("wit_world.imports")
    for name, content in interfaces.items():
        setattr(world.imports, name, module(f"wit_world.imports.{name}", **content))
