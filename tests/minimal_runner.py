"""The smallest runner that a portal can use: the two endpoints of the protocol, with Python's standard library.

    python3 minimal_runner.py [--hold FILE]

It prints its address, and then each signed URL that it is given. It executes no package: it answers every run with
the SHA-256 of the photo that it fetched. With --hold it waits before each answer until FILE exists.
"""

import hashlib
import json
import os
import sys
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOLD = sys.argv[2] if sys.argv[1:2] == ["--hold"] else None
packages = {}


class Runner(BaseHTTPRequestHandler):
    def do_POST(self):
        path = urllib.parse.urlparse(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            if path.path == "/publish":
                self.answer(200, publish(self.headers["Content-Type"], body))
            elif path.path == "/run":
                cvapp = int(urllib.parse.parse_qs(path.query)["cvappid"][0])
                self.answer(200, run(cvapp, json.loads(body)["data"]))
            else:
                self.answer(400, {"message": "no such endpoint"})
        except (KeyError, ValueError, OSError) as error:
            self.answer(400, {"message": repr(error)})

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def publish(content_type, body):
    boundary = content_type.split("boundary=")[1].strip('"').encode()
    fields = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = head.split(b'name="')[1].split(b'"')[0].decode()
        fields[name] = value.removesuffix(b"\r\n")
    if not fields["SourceFile"].startswith(b"PK"):
        raise ValueError("SourceFile is no zip")
    packages[int(fields["CvappId"])] = fields["SourceFile"]
    return {"hasError": False}


def run(cvapp, data):
    if cvapp not in packages:
        raise ValueError(f"nothing is published under {cvapp}")
    inputs = {item["Name"]: item["Value"] for item in data}
    print(inputs["Image"], flush=True)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(inputs["Image"]) as photo:
        digest = hashlib.sha256(photo.read()).hexdigest()
    while HOLD and not os.path.exists(HOLD):
        time.sleep(0.02)
    return {"result": {"answer": digest}}


server = ThreadingHTTPServer(("127.0.0.1", 0), Runner)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
