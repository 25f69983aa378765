"""What the host calls: the app's function, with its output and its errors led into the run's log.

Python would look for files, a clock and an environment now and then, and an app has none of them: the attempt ends the run
without a word. What is reached most easily is replaced here.
"""

import datetime
import encodings.ascii
import encodings.latin_1
import encodings.utf_8_sig
import importlib.machinery
import linecache
import sys
import time
import traceback

import wit_world
from componentize_py_types import Err
from wit_world.imports import logging


class _Lines:
    """A stream whose lines go into the run's log."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, level):
        self._level = level
        self._rest = ""

    def write(self, text):
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            logging.log(self._level, line)
        return len(text)

    def flush(self):
        rest, self._rest = self._rest, ""
        if rest:
            logging.log(self._level, rest)

    def writable(self):
        return True

    def isatty(self):
        return False


def _remember_sources(root):
    """The app's own lines, which tracebacks show, as long as its files can be read: while the component is made."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and file.startswith(root) and file.endswith(".py"):
            with open(file, encoding="utf-8") as source:
                lines = source.read().splitlines(keepends=True)
            linecache.cache[file] = (0, None, lines, file)


class _Clockless(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz or datetime.timezone.utc).replace(tzinfo=tz)

    @classmethod
    def today(cls):
        return cls.now()

    @classmethod
    def utcnow(cls):
        return cls.now()


def _stop_clocks():
    told = []

    def now():
        if not told:
            told.append(True)
            logging.log(logging.Level.WARN, "apps have no clock: it is always 2000-01-01T00:00:00Z")
        return 946_684_800

    time.time = lambda: float(now())
    time.time_ns = lambda: now() * 1_000_000_000
    for name in ("monotonic", "perf_counter", "process_time", "thread_time"):
        setattr(time, name, lambda: float(now() * 0))
        setattr(time, f"{name}_ns", lambda: now() * 0)
    time.sleep = lambda seconds: None
    datetime.datetime = _Clockless


_stop_clocks()
# Nothing on the path of an error may look for a file.
linecache.updatecache = lambda *_: []
linecache.checkcache = lambda *_: None

import app  # noqa: E402 (it must find the clocks stopped)
import vision_app  # noqa: E402


class _Late:
    """Says that a module cannot be loaded any more. To look for its file would end the run without a word."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        raise ImportError(f"{name} must be imported at the top of a module: an app has no files when it runs", name=name)


# The folder of the app's own code, as the runtime sees it.
_ROOT = app.__file__.rpartition("/")[0] + "/"
_remember_sources(_ROOT)


def _story(error):
    """The traceback, without marks below the lines: making those parses a line, and an error in that looks for its file."""
    story = traceback.TracebackException.from_exception(error)
    parts = [story]
    for part in parts:
        parts += filter(None, (part.__cause__, part.__context__, *(part.exceptions or ())))
        for frame in part.stack:
            frame.colno = frame.end_colno = None
    return "".join(story.format()).rstrip().replace(_ROOT, "")


def _place(error):
    """The innermost line of the app's own code."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_ROOT)]
    return f" ({frames[-1].filename.removeprefix(_ROOT)}:{frames[-1].lineno})" if frames else ""


class WitWorld(wit_world.WitWorld):
    """The world of `vision:app`."""

    def run(self, inputs):
        """One run."""
        # Not before: while the component is made, its runtime imports more. What is built in can be had at any time.
        sys.meta_path[:] = [importlib.machinery.BuiltinImporter, importlib.machinery.FrozenImporter, _Late]
        sys.stdout, sys.stderr = _Lines(logging.Level.INFO), _Lines(logging.Level.WARN)
        try:
            return vision_app._run(inputs)
        except BaseException as error:
            logging.log(logging.Level.ERROR, _story(error))
            if isinstance(error, vision_app.Failure):
                raise Err(str(error)) from None
            raise Err(f"{type(error).__name__}: {error}{_place(error)}") from None
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
