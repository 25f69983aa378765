"""Packs the installed `onnxruntime` as a wheel again: python repack.py FOLDER."""

import sys
import zipfile
from importlib.metadata import distribution
from pathlib import Path


def main(folder: str) -> None:
    package = distribution("onnxruntime")
    tag = next(line.split(": ")[1] for line in package.read_text("WHEEL").splitlines() if line.startswith("Tag: "))
    left_out = ("__pycache__", "INSTALLER", "REQUESTED", "direct_url.json", "..")
    with zipfile.ZipFile(Path(folder) / f"onnxruntime-{package.version}-{tag}.whl", "w") as wheel:
        for file in package.files:
            if not any(part in left_out for part in file.parts):
                wheel.write(file.locate(), str(file))


main(*sys.argv[1:])
