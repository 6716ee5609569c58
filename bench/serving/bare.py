"""The limit: the least that can be between a socket and onnxruntime. No check, no names, no log. Under uvicorn."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from runtime.serving.sessions import onnx_session

RUN = onnx_session(Path(os.environ["BENCH_ONNX"]).read_bytes()).run


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    x = np.array(orjson.loads((await receive())["body"]), dtype=np.float32)
    body = orjson.dumps(RUN(None, {"x": x})[0], option=orjson.OPT_SERIALIZE_NUMPY)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
