"""Tasks whose answer is a picture."""

import math

import numpy as np
from PIL import Image

from boxes import sigmoid, softmax


def restored(frame, picture, resampling=Image.Resampling.BILINEAR):
    box, size = frame.shown(*picture.size)
    return picture.crop(box) if box[2:] == size and box[:2] == (0, 0) else picture.crop(box).resize(size, resampling)


def voc_color(index):
    color = [0, 0, 0]
    for bit in range(24):
        color[bit % 3] |= (index >> bit & 1) << (7 - bit // 3)
    return color


def segmentation(app, frame, outputs):
    numbers = next(iter(outputs.values()))[0]
    head, wanted = app.output.get("Head"), app.output.get("Class")
    if numbers.shape[2:] == (1,) or wanted is not None:
        mask = numbers[..., 0] if wanted is None else softmax(numbers)[..., wanted]
        mask = sigmoid(mask) if head == "SigmoidLogits" else mask
        left, top, right, bottom = frame.shown(mask.shape[1], mask.shape[0])[0]
        share = float((mask[top:bottom, left:right] > app.output.get("MaskThreshold", 0.5)).mean())
        label = app.label(wanted) if wanted is not None else app.labels[-1] if app.labels else "foreground"
        grey = Image.fromarray(np.clip(np.round(mask * 255), 0, 255).astype(np.uint8)).convert("RGB")
        return {"mask": None, "labels": [{"label": label, "score": share}]}, restored(frame, grey)
    classes = numbers.argmax(2)
    box, _ = frame.shown(classes.shape[1], classes.shape[0])
    part = classes[box[1] : box[3], box[0] : box[2]]
    found, counts = np.unique(part, return_counts=True)
    shares = [{"label": app.label(int(i)), "score": float(n / part.size)} for i, n in zip(found, counts) if n >= part.size / 1000]
    palette = np.array([voc_color(index) for index in range(numbers.shape[2])], np.uint8)
    painted = restored(frame, Image.fromarray(palette[classes]), Image.Resampling.NEAREST)
    return {"mask": None, "labels": sorted(shares, key=lambda one: -one["score"])}, painted


def denormalised(app, numbers):
    said = app.output if {"Divisor", "Mean", "Std"} & set(app.output) else app.model.get("Input", {})
    return (numbers * said.get("Std", [1]) + said.get("Mean", [0])) * said.get("Divisor", 1)


def rgb(app, numbers):
    numbers = numbers[0].transpose(1, 2, 0) if numbers.shape[1] in (1, 3) else numbers[0]
    return Image.fromarray(np.clip(np.round(denormalised(app, numbers)), 0, 255).astype(np.uint8))


def image_to_image(app, frame, outputs):
    numbers = next(iter(outputs.values()))
    if app.output.get("Head") != "Luma":
        return {"picture": None}, restored(frame, rgb(app, numbers))
    luma = np.clip(np.round(denormalised(app, numbers.reshape(numbers.shape[-2:]))), 0, 255).astype(np.uint8)
    luma = Image.fromarray(luma)
    _, blue, red = frame.picture.resize(luma.size, Image.Resampling.BILINEAR).convert("YCbCr").split()
    return {"picture": None}, restored(frame, Image.merge("YCbCr", (luma, blue, red)).convert("RGB"))


def split_mix(seed):
    mask = (1 << 64) - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        mixed = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9 & mask
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & mask
        yield ((mixed ^ mixed >> 31) >> 11) / (1 << 53)


def generation(app, given):
    random, numbers = split_mix(int(given.get("Seed", 0))), []
    noise, *others = app.session.get_inputs()
    while len(numbers) < math.prod(noise.shape):
        radius = math.sqrt(-2 * math.log(1 - next(random)))
        angle = math.tau * next(random)
        numbers += [radius * math.cos(angle), radius * math.sin(angle)]
    tensors = {noise.name: np.array(numbers[: math.prod(noise.shape)], np.float32).reshape(noise.shape)}
    for port in others:
        wanted = given.get("Class", 0)
        wanted = app.labels.index(wanted) if isinstance(wanted, str) else int(wanted)
        if port.type == "tensor(int64)":
            tensors[port.name] = np.full(port.shape, wanted, np.int64)
        else:
            tensors[port.name] = np.eye(port.shape[1], dtype=np.float32)[[wanted]]
    return {"picture": None}, rgb(app, next(iter(app.compute(tensors).values())))
