"""An app that fails in the way that it is told to. The lines at which it does are named by their words."""

import datetime
import random
import sys
import time

from vision_app import Failure, Image, Model, Tensor, assets, log, main


@main
def run(inputs):
    """Does what Mode says."""
    mode = MODES.get(inputs["Mode"])
    if mode is None:
        raise Failure(f"no mode “{inputs['Mode']}”")
    answer = mode(inputs)
    return {"answer": {"none": None} if answer is None else answer}


def logs(_):
    log("a debug", "debug")
    log("an info")
    print("a", "line")
    print("a warning", file=sys.stderr)
    log("an error", "error")


def failure(_):
    raise Failure("hold the camera closer")


def exception(_):
    return {}["seven"]  # here it fails


def missing(_):
    return assets.text("assets/none.txt")  # here the host fails


def model(_):
    return len(Model.load("none").inputs)  # here the model fails


def deep(inputs):
    return deep(inputs) + [1]


def late(_):
    import colorsys  # here it is too late

    return colorsys.__name__


def handle(_):
    return Tensor.of([1.5], [0.0])  # here the type is wrong


def result(_):
    return print


def clock(_):
    return {"now": time.time(), "year": datetime.datetime.now().year, "random": 0 <= random.random() < 1}


def stack(_):
    stacked = Tensor.stack(Tensor.of([1, 2], [n, n + 0.5]) for n in (1, 2, 3))
    return {
        "shape": stacked.shape,
        "top": stacked.top_k(1)[0].index,
        "last": stacked.slice(0, 2, 3).numbers(),
        "argmax": stacked.argmax(1).numbers(),
        "flat": stacked.reshape([6]).shape,
        "sums": Tensor.of([2], [1, -1], "int64").numbers(),
    }


def inputs_of(inputs):
    day = inputs.get("Day")
    return {
        "share": inputs.get("Share"),
        "yes": inputs.get("Yes"),
        "day": day and day.isoformat(),
        "image": isinstance(inputs.get("Image"), Image),
    }


def images(inputs):
    image = inputs["Image"]
    tensor = image.resize(2, 2).to_tensor(divisor=1)
    again = Image.decode(Image.from_tensor(tensor, divisor=1).encode("png"))
    warped = again.warp([1, 0, 1, 0, 1, 0, 0, 0, 1], 2, 2)
    return {
        "size": [image.width, image.height],
        "tensor": tensor.shape,
        "again": [again.width, again.height],
        "warped": warped.to_tensor(divisor=1).numbers(),
    }


def many(_):
    # More than a run may hold at once, if none were let go of.
    for _ in range(6000):
        Tensor.of([1], [0.0])
    return {"done": 6000}


MODES = {
    "log": logs,
    "failure": failure,
    "exception": exception,
    "missing": missing,
    "model": model,
    "deep": deep,
    "late": late,
    "handle": handle,
    "result": result,
    "clock": clock,
    "stack": stack,
    "inputs": inputs_of,
    "images": images,
    "many": many,
}
