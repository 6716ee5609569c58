"""Answers that are files: attached, or shown where they can do nothing."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

JSON_LINES = "application/x-ndjson"
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def attached(content: bytes | Iterator[bytes], *, name: str, kind: str) -> HttpResponseBase:
    """A file to keep; an iterator is sent while it is read. `name` holds letters, digits, dots and dashes alone."""
    response: HttpResponseBase
    if isinstance(content, bytes):
        response = HttpResponse(content, content_type=kind)
    else:
        response = StreamingHttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def shown(content: bytes, *, name: str, digest: str) -> HttpResponse:
    """A PDF or a page that stands alone, read in the browser: under a sandbox, with no script and no other address."""
    page = name.endswith(".html")
    response = HttpResponse(content, content_type="text/html; charset=utf-8" if page else "application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Content-Security-Policy"] = _SANDBOX if page else "default-src 'none'; style-src 'unsafe-inline'"
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = f'"{digest}"'
    return response
