"""What vision_entry.py does around an app; run by test_kit.py in a process of its own."""

import datetime
import pathlib
import sys
import time
import traceback
import types

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "kit")]

import host  # noqa: E402

host.install()
app = types.ModuleType("app")
app.__file__ = str(HERE / "entry.py")
sys.modules["app"] = app

import vision_app  # noqa: E402
import vision_entry  # noqa: E402
from componentize_py_types import Err  # noqa: E402


def outcome(function):
    host.lines.clear()
    vision_app._app = function
    try:
        return vision_entry.WitWorld().run([])
    except Err as error:
        return error.value


def prints(_):
    print("a", "line\nand another")
    print("a warning", file=sys.stderr)
    print("no end", end="")
    return {}


def fails(_):
    return {}["seven"]  # here it fails


def says(_):
    raise vision_app.Failure("no face found")


def imports_late(_):
    import colorsys

    return {"found": colorsys.__name__}


def looks(_):
    assert time.time() == 946684800 and time.monotonic() == 0
    assert datetime.datetime.now().isoformat() == "2000-01-01T00:00:00", datetime.datetime.now()
    assert datetime.datetime.now(datetime.timezone.utc).year == 2000
    return {"ok": True}


# Older Pythons know no groups of exceptions.
if not hasattr(traceback.TracebackException, "exceptions"):
    traceback.TracebackException.exceptions = None

output = sys.stdout, sys.stderr
assert outcome(prints) == []
assert host.lines == ["info: a line", "info: and another", "warn: a warning", "info: no end"], host.lines

line = next(n for n, text in enumerate(open(__file__, encoding="utf-8"), 1) if "# here it fails" in text)
told = outcome(fails)
assert told == f"KeyError: 'seven' (entry.py:{line})", told
(logged,) = host.lines
assert logged.startswith("error: Traceback") and f'File "entry.py", line {line}, in fails' in logged, logged

told = outcome(imports_late)
assert told.startswith("ImportError: colorsys must be imported at the top of a module"), told

assert outcome(says) == "no face found"
assert outcome(looks)[0][0] == "ok"
assert host.lines[0].startswith("warn: apps have no clock"), host.lines
sys.stdout, sys.stderr = output
