"""BentoML, with as many worker processes as cores."""

import os
from pathlib import Path

import bentoml

from service import Service


@bentoml.service(workers=int(os.environ["BENCH_WORKERS"]), traffic={"timeout": 60})
class Peer:
    def __init__(self):
        self.service = Service()

    @bentoml.api(route="/predict")
    def predict(self, photo: Path) -> dict:
        return self.service(photo.read_bytes())
