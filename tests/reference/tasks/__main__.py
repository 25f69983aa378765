"""What ONNX Runtime answers for an app with standard glue: python tests/reference/tasks FOLDER INPUTS PICTURE, prints JSON.

FOLDER is an unpacked package, of which only app.json, models and assets are read; INPUTS is a JSON object of parameters,
photos by their path; a picture among the results is written to PICTURE, as PNG, and stands in the JSON as null.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

import boxes
import numbers_of
import pictures
import regions
from frame import Frame

TASKS = {
    "classification": numbers_of.classification,
    "detection": boxes.detection,
    "segmentation": pictures.segmentation,
    "image-to-image": pictures.image_to_image,
    "keypoints": numbers_of.keypoints,
    "embedding": numbers_of.embedding,
    "attributes": numbers_of.attributes,
    "text-detection": regions.text_detection,
    "text-recognition": numbers_of.text_recognition,
}


class App:
    """A package's model, as its manifest describes it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.manifest = json.loads((folder / "app.json").read_text(encoding="utf-8"))
        self.model = self.manifest["Models"][0]
        self.output = self.model.get("Output", {})
        path = str(folder / self.model["File"])
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.labels = self.lines("Labels")

    def lines(self, key: str) -> list[str]:
        name = self.model.get(key)
        return (self.folder / name).read_text(encoding="utf-8").splitlines() if name else []

    def label(self, index: int) -> str:
        return self.labels[index] if index < len(self.labels) else f"class {index}"

    def compute(self, tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        names = [port.name for port in self.session.get_outputs()]
        found = dict(zip(names, self.session.run(names, tensors)))
        return {self.output["Name"]: found[self.output["Name"]]} if "Name" in self.output else found


def main(folder: str, inputs: str, picture: str) -> None:
    app, given = App(Path(folder)), json.loads(inputs)
    if app.manifest["Task"] == "generation":
        result, made = pictures.generation(app, given)
    else:
        frame = Frame(app, given["Image"])
        result, made = TASKS[app.manifest["Task"]](app, frame, app.compute({frame.port: frame.tensor}))
    if made is not None:
        made.save(picture)
    json.dump(result, sys.stdout)


main(*sys.argv[1:])
