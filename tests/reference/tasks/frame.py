"""From a photo to a model's input, and from the model's frame back to the photo."""

import numpy as np
from PIL import Image, ImageOps

FITS = {"classification": "Crop", "detection": "Letterbox", "text-detection": "Letterbox", "text-recognition": "Letterbox"}


class Frame:
    """A photo as a model sees it."""

    def __init__(self, app, photo: str):
        said = app.model.get("Input", {})
        port = app.session.get_inputs()[0]
        self.port = port.name
        self.photo = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
        rows = said.get("Layout") or ("NHWC" if port.shape[1] not in (1, 3) and port.shape[3] in (1, 3) else "NCHW")
        height, width, depth = port.shape[1:] if rows == "NHWC" else (*port.shape[2:], port.shape[1])
        self.width, self.height = said.get("Width", width), said.get("Height", height)
        self.channels = said.get("Channels") or ("GRAY" if depth == 1 else "RGB")
        self.divisor, self.mean, self.std = said.get("Divisor", 1), said.get("Mean", [0]), said.get("Std", [1])
        self.picture = self.fitted(said.get("Fit") or FITS.get(app.manifest["Task"], "Stretch"), said)
        if self.channels == "GRAY":
            pixels = np.asarray(self.picture.convert("L"), np.float32)[:, :, None]
        else:
            pixels = np.asarray(self.picture, np.float32)[:, :, :: -1 if self.channels == "BGR" else 1]
        numbers = (pixels / self.divisor - np.array(self.mean)) / np.array(self.std)
        numbers = numbers if rows == "NHWC" else numbers.transpose(2, 0, 1)
        self.tensor = np.ascontiguousarray(numbers[None], np.float32)

    def fitted(self, fit: str, said: dict) -> Image.Image:
        size, (width, height) = (self.width, self.height), self.photo.size
        self.scale, self.offset = np.array([self.width / width, self.height / height]), np.zeros(2)
        if fit == "Stretch":
            return self.photo.resize(size, Image.Resampling.BILINEAR)
        if fit == "Crop":
            ratio = min(width / self.width, height / self.height)
            cut = [round(self.width * ratio), round(self.height * ratio)]
            left, top = (width - cut[0]) // 2, (height - cut[1]) // 2
            self.scale = np.array([self.width / cut[0], self.height / cut[1]])
            self.offset = -np.array([left, top]) * self.scale
            box = (left, top, left + cut[0], top + cut[1])
            return self.photo.resize(size, Image.Resampling.BILINEAR, box)
        ratio = min(self.scale)
        inner = [round(width * ratio), round(height * ratio)]
        frame = Image.new("RGB", size, (said.get("Pad", 114),) * 3)
        place = [0, 0] if said.get("Anchor") != "Center" else [(self.width - inner[0]) // 2, (self.height - inner[1]) // 2]
        frame.paste(self.photo.resize(inner, Image.Resampling.BILINEAR), tuple(place))
        self.scale, self.offset = np.array([ratio, ratio]), np.array(place, float)
        return frame

    def on_photo(self, points: np.ndarray) -> np.ndarray:
        """Points of the frame, x and y, as they lie on the photo."""
        return np.clip((points - self.offset) / self.scale, 0, self.photo.size)

    def shown(self, columns: int, rows: int) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
        """The box of a picture of the frame that shows the photo, and its size in the photo's aspect ratio."""
        cells = np.array([columns / self.width, rows / self.height])
        start = np.clip(np.round(self.offset * cells), 0, [columns - 1, rows - 1]).astype(int)
        end = np.clip(np.round((self.offset + np.array(self.photo.size) * self.scale) * cells), start + 1, [columns, rows])
        end = end.astype(int)
        dense = cells * self.scale
        ratios = [ratio if ratio >= 1.01 else 1 for ratio in dense.max() / dense]
        size = [round(length * min(ratio, 4)) for length, ratio in zip(end - start, ratios)]
        return (*map(int, start), *map(int, end)), tuple(map(int, size))
