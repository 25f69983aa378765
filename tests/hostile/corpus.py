"""What the scripts of this folder share: files, and what is expected of each."""

import json
import sys
from pathlib import Path


class Corpus:
    """A folder of files with one expected.json: {file: {status, code, words}}."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.expected = {}

    def add(self, name, content, status, code, *words):
        """A file that must be refused so; each of `words` stands in the answer's message."""
        self._write(name, content, {"status": status, "code": code, "words": list(words)})

    def good(self, name, content):
        """A file that looks wrong and is not."""
        self._write(name, content, {"status": 200, "code": None, "words": []})

    def _write(self, name, content, expected):
        if name in self.expected:
            sys.exit(f"{name} is made twice")
        (self.folder / name).write_bytes(content)
        self.expected[name] = expected

    def finish(self):
        """Writes what is expected."""
        text = json.dumps(self.expected, indent=1, ensure_ascii=False, sort_keys=True)
        (self.folder / "expected.json").write_text(text, encoding="utf-8")
