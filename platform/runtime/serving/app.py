"""The inference server as a bare ASGI function: routes in a dict, no framework between socket and model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from runtime.encoder import InputRefused, Matrix
from runtime.serving.answers import AnswerWriter
from runtime.serving.inputs import DATATYPES, InputReader, parse_json
from runtime.serving.loading import LoadedModel

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Above this many rows a request is worked on aside, so that short ones need not wait behind it.
INLINE_ROWS = 64
JSON_TYPE = (b"content-type", b"application/json")


class InferenceApp:
    """Answers /v2/…, /invocations, /schema and the health questions for one model."""

    def __init__(self, model: LoadedModel, name: str, version: str, max_body_bytes: int) -> None:
        self._predict = model.predictor.predict
        self._reader = InputReader(model.schema)
        self._writer = AnswerWriter(model.schema, name, version)
        self._limit = max_body_bytes
        ready = orjson.dumps({"name": name, "ready": True})
        metadata = orjson.dumps(_metadata(model, name, version, self._writer))
        self._gets = {
            "/v2": orjson.dumps({"name": "sanad", "version": version, "extensions": []}),
            "/v2/health/live": orjson.dumps({"live": True}),
            "/v2/health/ready": orjson.dumps({"ready": True}),
            "/ping": b"{}",
            "/health": b"{}",
            "/schema": orjson.dumps(model.document),
        }
        self._posts: dict[str, Callable[[Any], Awaitable[bytes]]] = {"/invocations": self._invocation}
        for prefix in (f"/v2/models/{name}", f"/v2/models/{name}/versions/{version}"):
            self._gets[prefix] = metadata
            self._gets[f"{prefix}/ready"] = ready
            self._posts[f"{prefix}/infer"] = self._infer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        try:
            status, body = await self._answer(scope, receive)
        except InputRefused as refusal:
            status, body = refusal.status, orjson.dumps({"error": refusal.sentence})
        headers = [JSON_TYPE, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        path, method = scope["path"], scope["method"]
        if method == "POST" and path in self._posts:
            return 200, await self._posts[path](parse_json(await self._body(scope, receive)))
        if method == "GET" and path in self._gets:
            return 200, self._gets[path]
        if path in self._posts or path in self._gets:
            wanted = "POST" if path in self._posts else "GET"
            raise InputRefused(f"{path} answers {wanted}, not {method}.", 405)
        known = ", ".join(self._posts)
        raise InputRefused(f"There is nothing at {path}; predictions are at {known}.", 404)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > self._limit:
                raise self._too_large()
            if name == b"content-type" and not value.startswith((b"application/json", b"application/vnd.api+json")):
                kind = value.decode("latin-1")
                raise InputRefused(f"The content type {kind!r} is not read here; send application/json.", 415)
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
            if len(body) > self._limit:
                raise self._too_large()
        if len(body) > self._limit:
            raise self._too_large()
        return body

    def _too_large(self) -> InputRefused:
        return InputRefused(f"The body is larger than the {self._limit} bytes allowed; send fewer rows at once.", 413)

    async def _run(self, x: Matrix) -> Any:
        if len(x) <= INLINE_ROWS:
            return self._predict(x)
        return await asyncio.get_running_loop().run_in_executor(None, self._predict, x)

    async def _invocation(self, document: Any) -> bytes:
        return self._writer.invocation(await self._run(self._reader.invocation(document)))

    async def _infer(self, document: Any) -> bytes:
        return self._writer.infer(await self._run(self._reader.infer(document)), document.get("id"))


def _metadata(model: LoadedModel, name: str, version: str, writer: AnswerWriter) -> dict[str, Any]:
    inputs = [
        {"name": feature.name, "datatype": DATATYPES[feature.type][0], "shape": [-1]}
        for feature in model.schema.features
    ]
    platform = f"sanad_{model.predictor.engine}"
    return {"name": name, "versions": [version], "platform": platform, "inputs": inputs, "outputs": writer.outputs()}


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
