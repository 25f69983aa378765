#!/usr/bin/env python3
"""Bodies of /run that were made to do harm, for an app with one parameter of each type. The standard library is enough.

bodies.py FOLDER PHOTO      PHOTO is the address of a good picture
"""

import json
import sys

from corpus import Corpus

corpus = Corpus(sys.argv[1])
PHOTO = sys.argv[2]
FORM = (400, "bad-request")
INPUT = (400, "invalid-input")
NOT_A_RUN = "the body is not a run"


def body(*data, **more):
    return json.dumps({"data": [{"Name": name, "Value": value} for name, value in data], **more}).encode()


def given(name, value):
    """A run that is good but for one value."""
    return body(("Image", PHOTO), (name, value))


def raw(name, text):
    """The same, with the value as it is written."""
    return given(name, "HERE").replace(b'"HERE"', text)


def forms():
    for name, content, *words in [
        ("nothing", b"", "EOF"),
        ("text", b"run, please", "expected"),
        ("half", given("Number", 1)[:-9], "EOF"),
        ("two", given("Number", 1) * 2, "trailing"),
        ("binary", bytes(range(256)), "expected"),
        ("wide-characters", given("Number", 1).decode().encode("utf-16"), "expected"),
        ("not-utf-8", given("Text", "x").replace(b'"x"', b'"\xff\xfe"'), "unicode"),
        ("half-a-surrogate", raw("Text", b'"\\ud800"'), "hex escape"),
        ("form", b"data=1&cvappid=7", "expected"),
        ("xml", b"<run/>", "expected"),
        ("null", b"null", "an object such as"),
        ("list", b"[]", "invalid"),
        ("number", b"7", "an object such as"),
        ("empty-object", b"{}", "missing field `data`"),
        ("data-as-text", b'{"data": "Image"}', "invalid type"),
        ("data-as-object", b'{"data": {"Image": 1}}', "invalid type"),
        ("input-without-name", b'{"data": [{"Value": 1}]}', "missing field `Name`"),
        ("input-without-value", b'{"data": [{"Name": "Number"}]}', "missing field `Value`"),
        ("name-as-number", b'{"data": [{"Name": 5, "Value": 1}]}', "invalid type"),
        ("data-twice", b'{"data": [], "data": []}', "duplicate field"),
        ("name-twice", b'{"data": [{"Name": "Number", "Name": "Text", "Value": 1}]}', "duplicate field"),
        ("deadline-negative", body(deadlineMs=-1), "invalid value"),
        ("deadline-huge", b'{"data": [], "deadlineMs": 1e400}', "number out of range"),
        ("upload-no-address", body(uploads=["here"]), "relative URL"),
        ("deep", b'{"data":' + b"[" * 200_000, "invalid type"),
        ("deep-value", raw("Json", b"[" * 100_000 + b"]" * 100_000), "recursion limit"),
        ("deep-objects", raw("Json", b'{"a":' * 50_000), "recursion limit"),
        ("nan", raw("Number", b"NaN"), "expected"),
        ("number-huge", raw("Number", b"1e999"), "number out of range"),
    ]:
        corpus.add(f"form-{name}", content, *FORM, NOT_A_RUN, *words)
    corpus.add(
        "form-upload-elsewhere", body(("Image", PHOTO), uploads=["http://evil.example/x"]), *FORM, "sends nothing to"
    )
    long = body(("Text", "x" * (2 << 20)))
    corpus.add("form-two-megabytes", long, 413, "too-large", "larger than")


def values():
    for name, parameter, value, *words in [
        ("number-as-text", "Number", "5", "must be a number"),
        ("number-as-list", "Number", [5], "must be a number"),
        ("number-large", "Number", 1e300, "from -10 to 10"),
        ("number-larger-than-sixty-four-bits", "Number", 10**30, "from -10 to 10"),
        ("number-between-steps", "Number", 0.3, "steps of 0.5"),
        ("text-as-number", "Text", 5, "must be text"),
        ("text-long", "Text", "x" * 21, "at most 20 characters"),
        ("text-very-long", "Text", "x" * 900_000, "at most 20 characters"),
        ("date-of-nobody", "Date", "2024-02-30", "YYYY-MM-DD"),
        ("date-far", "Date", "+12024-01-01", "YYYY-MM-DD"),
        ("date-early", "Date", "0001-01-01", "at least 2000-01-01"),
        ("select-other", "Select", "huge", "one of: small, large"),
        ("select-object", "Select", {"small": 1}, "one of: small, large"),
        ("boolean-as-text", "Boolean", "true", "true or false"),
        ("boolean-as-number", "Boolean", 1, "true or false"),
        ("parameter-of-nobody", "Ghost", 1, "no such parameter"),
        ("parameter-in-lower-case", "number", 1, "no such parameter"),
        ("parameter-with-escapes", "a\x1b[2J\nINFO forged", 1, "no such parameter", "\\u{1b}"),
        ("parameter-of-a-megabyte", "x" * 1_000_000, 1, "no such parameter", "…"),
        ("second-image", "Image", PHOTO, "more than once"),
    ]:
        shown = [parameter] if len(parameter) < 20 and parameter.isalpha() else []
        corpus.add(f"value-{name}", given(parameter, value), *INPUT, *shown, *words)
    for name, address in [
        ("file", "file:///etc/passwd"),
        ("data", "data:image/png;base64,AAAA"),
        ("none", "here"),
        ("number", 7),
        ("script", "javascript:alert(1)"),
        ("ftp", "ftp://127.0.0.1/x"),
        ("list", [PHOTO]),
    ]:
        corpus.add(f"image-{name}", body(("Image", address)), *INPUT, "Image", "http address of an image")
    corpus.add("image-missing", body(), *INPUT, "Image", "is needed")
    corpus.add("image-empty", body(("Image", " ")), *INPUT, "Image", "is needed")
    for name, address in [
        ("elsewhere", "http://evil.example/photo.png"),
        ("metadata", "http://169.254.169.254/latest/meta-data"),
        ("other-port", "http://127.0.0.1:1/photo.png"),
        ("decimal", "http://2130706433/photo.png"),
        ("credentials", PHOTO.replace("http://", "http://portal@evil.example@")),
        ("userinfo", PHOTO.replace("http://", "http://user:secret@")),
        ("six", "http://[::ffff:127.0.0.1]:1/photo.png"),
        ("https", PHOTO.replace("http:", "https:")),
    ]:
        corpus.add(
            f"address-{name}", body(("Image", address)), 400, "input-unavailable", "Image", "fetches nothing from"
        )
    corpus.add(
        "address-nobody-home",
        body(("Image", PHOTO.rsplit("/", 1)[0] + "/missing")),
        400,
        "input-unavailable",
        "Image",
        "404",
    )
    flood = body(*((f"Ghost{n}", n) for n in range(20_000)))
    corpus.add("value-twenty-thousand-parameters", flood, *INPUT, "Ghost0", "no such parameter")


def odd_but_good():
    corpus.good("unknown-keys", body(("Image", PHOTO), secret="x", cvappid=9))
    corpus.good("text-that-looks-like-json", given("Text", "[{}]"))
    corpus.good("minus-zero", raw("Number", b"-0.0"))
    corpus.good("tiny-number", raw("Number", b"0e-400"))
    corpus.good("text-with-nul", given("Text", "a\0b\u202e\U0001f600"))
    corpus.good("null-is-nothing", given("Number", None))
    corpus.good("deadline-largest", body(("Image", PHOTO), deadlineMs=(1 << 64) - 1))


for make in [forms, values, odd_but_good]:
    make()
corpus.finish()
