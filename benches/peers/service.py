"""What each peer serves: a photo in, the same answer out, with ONNX Runtime and OpenCV, as one would write it by hand.

The pre- and post-processing is that of the runner's apps, so that all do the same work.
"""

import base64
import json
import os
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

cv2.setNumThreads(1)

SPEC = json.loads(os.environ["BENCH_SPEC"])
DATA = Path(os.environ["VISION_TEST_DATA"]) / "models"
PALETTE = np.random.default_rng(7).integers(0, 256, (256, 3), dtype=np.uint8)


class Service:
    """One model, ready to answer."""

    def __init__(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = str(DATA / SPEC["file"])
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        labels = SPEC.get("labels")
        self.labels = (DATA / labels).read_text().splitlines() if labels else ["background", "face"]
        self.mean = np.array(SPEC["mean"], np.float32)
        self.scale = 1 / np.array(SPEC["std"], np.float32)
        self.answer = {
            "classification": self.classify,
            "detection": self.detect,
            "segmentation": self.segment,
        }[SPEC["task"]]

    def __call__(self, photo: bytes) -> dict:
        picture = cv2.imdecode(np.frombuffer(photo, np.uint8), cv2.IMREAD_COLOR)
        view, ratio = self.fit(picture)
        if SPEC["channels"] == "RGB":
            view = cv2.cvtColor(view, cv2.COLOR_BGR2RGB)
        tensor = (view.astype(np.float32) / SPEC["divisor"] - self.mean) * self.scale
        if SPEC["layout"] == "NCHW":
            tensor = tensor.transpose(2, 0, 1)
        outputs = self.session.run(None, {self.input: np.ascontiguousarray(tensor[None])})
        return self.answer(outputs, picture.shape, ratio)

    def fit(self, picture):
        """The picture in the model's size, and pixels of the photo per pixel of it."""
        height, width = picture.shape[:2]
        wide, high = SPEC["width"], SPEC["height"]
        kind = SPEC.get("fit", "Crop")
        if kind == "Stretch":
            return cv2.resize(picture, (wide, high), interpolation=cv2.INTER_LINEAR), (width / wide, height / high)
        if kind == "Letterbox":
            scale = min(wide / width, high / height)
            small = cv2.resize(picture, (int(width * scale), int(height * scale)), interpolation=cv2.INTER_LINEAR)
            frame = np.full((high, wide, 3), 114, np.uint8)
            frame[: small.shape[0], : small.shape[1]] = small
            return frame, (1 / scale, 1 / scale)
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        square = picture[top : top + side, left : left + side]
        return cv2.resize(square, (wide, high), interpolation=cv2.INTER_LINEAR), (side / wide, side / high)

    def classify(self, outputs, _shape, _ratio):
        scores = outputs[0].ravel()
        if SPEC["head"] == "Logits":
            scores = np.exp(scores - scores.max())
            scores /= scores.sum()
        best = np.argsort(scores)[::-1][:5]
        return {"labels": [{"label": self.labels[i], "score": float(scores[i])} for i in best]}

    def detect(self, outputs, shape, ratio):
        boxes, scores = (self.yolox if SPEC["head"] == "YOLOX" else self.ssd)(outputs)
        classes = scores.argmax(1)
        best = scores[np.arange(len(scores)), classes]
        keep = best >= SPEC.get("score_threshold", 0.3)
        boxes, best, classes = boxes[keep], best[keep], classes[keep]
        kept = cv2.dnn.NMSBoxesBatched(boxes.tolist(), best.tolist(), classes.tolist(), 0.0, 0.45) if len(boxes) else []
        found = [
            {
                "label": self.labels[classes[i] + (SPEC["head"] == "SSD")],
                "score": float(best[i]),
                "x": float(boxes[i][0] * ratio[0]),
                "y": float(boxes[i][1] * ratio[1]),
                "width": float(boxes[i][2] * ratio[0]),
                "height": float(boxes[i][3] * ratio[1]),
            }
            for i in kept
        ]
        return {"boxes": {"width": shape[1], "height": shape[0], "boxes": found}}

    def yolox(self, outputs):
        rows = outputs[0][0]
        grids, steps = [], []
        for stride in (8, 16, 32):
            ys, xs = np.mgrid[0 : SPEC["height"] // stride, 0 : SPEC["width"] // stride]
            grid = np.stack((xs, ys), 2).reshape(-1, 2)
            grids.append(grid)
            steps.append(np.full((len(grid), 1), stride))
        grid, step = np.concatenate(grids), np.concatenate(steps)
        centre = (rows[:, :2] + grid) * step
        size = np.exp(rows[:, 2:4]) * step
        return np.concatenate((centre - size / 2, size), 1), rows[:, 4:5] * rows[:, 5:]

    def ssd(self, outputs):
        scores, corners = outputs[0][0], outputs[1][0]
        corners = corners * np.array([SPEC["width"], SPEC["height"]] * 2, np.float32)
        return np.concatenate((corners[:, :2], corners[:, 2:] - corners[:, :2]), 1), scores[:, 1:]

    def segment(self, outputs, _shape, _ratio):
        classes = outputs[0][0].argmax(2).astype(np.uint8)
        _, png = cv2.imencode(".png", PALETTE[classes])
        return {"mask": "data:image/png;base64," + base64.b64encode(png).decode()}
