"""How large a body each address takes: what is larger is refused at the front door, before anybody behind reads it."""

from __future__ import annotations

import re

from gateway.asgi import Headers, Scope, header
from gateway.problems import Refused

KILOBYTE, MEGABYTE = 1024, 1024 * 1024
# What the portal itself reads at most into memory (DATA_UPLOAD_MAX_MEMORY_SIZE).
USUAL = 16 * MEGABYTE
# Pages of people who are not signed in yet: a few short fields, from anybody.
OPEN_PAGE = 64 * KILOBYTE
# One piece of a file (apps.datasets.services.CHUNK_BYTES).
CHUNK = 8 * MEGABYTE
# A whole file with a plain form, from a browser that cannot send it in pieces; it passes through the portal's disk.
FORM_FILE = 64 * MEGABYTE
_OPEN_PAGES = re.compile(rb"/accounts(?:/.*)?")
_FILE_FORM = re.compile(rb"/t/[^/]+/p/[^/]+/data/new/")
_UPLOAD = re.compile(rb"/api/v1/uploads/[^/]+/?")
_MLFLOW = re.compile(rb"/mlflow/.+")


class Bounds:
    """`logged_file_bytes`: the largest file that a run or an MLflow client may log."""

    def __init__(self, logged_file_bytes: int) -> None:
        self._logged_file = logged_file_bytes

    def most(self, scope: Scope) -> int:
        method, path = scope["method"], scope["raw_path"]
        if _OPEN_PAGES.fullmatch(path):
            return OPEN_PAGE
        if method == "PUT" and _UPLOAD.fullmatch(path):
            return CHUNK
        # Sent on to MLflow piece by piece; nothing of it stays in the portal's memory.
        if method == "PUT" and _MLFLOW.fullmatch(path):
            return self._logged_file
        if method == "POST" and _FILE_FORM.fullmatch(path):
            return FORM_FILE
        return USUAL


def check_length(scope: Scope, most: int) -> None:
    """Refuse a body that says itself that it is too large; one that says nothing is counted while it passes."""
    length = header(scope, b"content-length")
    if length is not None and int(length) > most:
        raise too_large(most)


def too_large(most: int) -> Refused:
    # Closed, since the rest of the body is still on its way and nobody will read it.
    close: Headers = [(b"connection", b"close")]
    size = f"{most // MEGABYTE} MiB" if most >= MEGABYTE else f"{most // KILOBYTE} KiB"
    sentence = f"A request to this address holds at most {size}. Send larger files in pieces, as the sanad client does."
    return Refused(413, "too-large", sentence, headers=close)
