"""The five labels that ONNX Runtime gives a photo with SqueezeNet: python squeezenet.py MODEL PHOTO LABELS, prints JSON.

The preprocessing is the one that a package asks for which sets nothing but BGR channels: the short side scaled to the
model's, the centre cut out.
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def centre(photo: Image.Image, side: int) -> np.ndarray:
    scale = side / min(photo.size)
    width, height = (round(length * scale) for length in photo.size)
    scaled = photo.resize((width, height), Image.Resampling.BILINEAR)
    left, top = (width - side) // 2, (height - side) // 2
    bgr = np.asarray(scaled.crop((left, top, left + side, top + side)), dtype=np.float32)[:, :, ::-1]
    return np.ascontiguousarray(bgr.transpose(2, 0, 1)[None])


def main(model: str, photo: str, labels: str) -> None:
    names = open(labels, encoding="utf-8").read().splitlines()
    image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    port = session.get_inputs()[0]
    probabilities = session.run(None, {port.name: centre(image, port.shape[2])})[0].reshape(-1)
    best = np.argsort(-probabilities)[:5]
    json.dump([{"label": names[i], "score": float(probabilities[i])} for i in best], sys.stdout)


main(*sys.argv[1:])
