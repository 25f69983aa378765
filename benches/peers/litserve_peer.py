"""LitServe, with as many worker processes as cores."""

import os

import litserve

from service import Service


class Peer(litserve.LitAPI):
    def setup(self, device):
        self.service = Service()

    def decode_request(self, request):
        return request["photo"].file.read()

    def predict(self, photo):
        return self.service(photo)

    def encode_response(self, answer):
        return answer


if __name__ == "__main__":
    server = litserve.LitServer(Peer(), accelerator="cpu", workers_per_device=int(os.environ["BENCH_WORKERS"]))
    server.run(port=int(os.environ["BENCH_PORT"]), log_level="error", generate_client_file=False)
