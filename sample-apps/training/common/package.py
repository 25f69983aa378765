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
    """An ONNX file in ONNX Runtime on one CPU thread, with one output."""

    def __init__(self, path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.inputs = [port.name for port in self.session.get_inputs()]

    def __call__(self, *batches):
        """[N, C, H, W] (or [N, C]) float32 for each input, in the model's order, to the model's output."""
        named = zip(self.inputs, batches, strict=True)
        given = {name: np.ascontiguousarray(batch, np.float32) for name, batch in named}
        return self.session.run(None, given)[0]

    def milliseconds(self, *shapes, runs=200):
        """Median time of one inference on inputs of `shapes`, in ms."""
        batches, times = [np.zeros(shape, np.float32) for shape in shapes], []
        for _ in range(runs):
            start = time.perf_counter()
            self(*batches)
            times.append(time.perf_counter() - start)
        return 1000 * float(np.median(times))
