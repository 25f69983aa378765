"""Writes the parts of an app folder that come out of training."""

import json
import time

import numpy as np
import onnxruntime


def write_labels(app, labels):
    """assets/labels.txt, one label per line."""
    path = app / "assets" / "labels.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{label}\n" for label in labels))


def write_example(app, name, photo, result, tolerance):
    """examples/<name>: the photo [H, W, 3] (or [H, W]) uint8 as JPEG, and what the app should say of it."""
    folder = app / "examples" / name
    folder.mkdir(parents=True, exist_ok=True)
    photo.save(folder / "photo.jpg", quality=88, subsampling=0)
    write_json(folder / "inputs.json", {"Image": "photo.jpg"})
    write_json(folder / "expected.json", {"Tolerance": tolerance, "Result": result})


def write_json(path, value):
    """Indented JSON with a newline at the end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


class Session:
    """An ONNX file in ONNX Runtime on one CPU thread, with one input and one output."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def __call__(self, batch):
        """[N, C, H, W] float32 to the model's output."""
        return self.session.run(None, {self.input: np.ascontiguousarray(batch, np.float32)})[0]

    def milliseconds(self, shape, runs=200):
        """Median time of one inference on an input of `shape`, in ms."""
        batch, times = np.zeros(shape, np.float32), []
        for _ in range(runs):
            start = time.perf_counter()
            self(batch)
            times.append(time.perf_counter() - start)
        return 1000 * float(np.median(times))
