"""FastAPI with uvicorn. The endpoint is a plain function, so that FastAPI gives each call a thread of its pool."""

import os

import uvicorn
from fastapi import FastAPI, File

from service import Service

app = FastAPI()
service = Service()


@app.post("/predict")
def predict(photo: bytes = File()):
    return service(photo)


if __name__ == "__main__":
    workers = int(os.environ["BENCH_WORKERS"])
    uvicorn.run("fastapi_peer:app", port=int(os.environ["BENCH_PORT"]), workers=workers, log_level="error")
