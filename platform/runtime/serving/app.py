"""The inference server as a bare ASGI function: routes in a dict, no framework between socket and model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson

from runtime.encoder import InputRefused, Matrix
from runtime.guard import KNOWN
from runtime.service_tokens import Known
from runtime.serving.answers import AnswerWriter
from runtime.serving.inputs import DATATYPES, InputReader, parse_json
from runtime.serving.loading import LoadedModel
from runtime.serving.lookups import Lookups, Seen

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Above this many rows a request is worked on aside, so that short ones need not wait behind it.
INLINE_ROWS = 64
JSON_TYPE = (b"content-type", b"application/json")
# Where the portal, and nobody else, says what is looked up.
LOOKUPS, PORTAL = "/sanad/lookups", "portal"
# By the one header the gateway asks for what the model saw, by the other it is told how many bytes of the body that is.
ASKED, SEEN = (b"x-sanad-log", b"1"), b"x-sanad-seen"
Said = tuple[bytes, Seen | None]


class InferenceApp:
    """Answers /v2/…, /invocations, /schema and the health questions for one model.

    With `lookups` rows may leave features out and give keys instead; the portal says at LOOKUPS what is looked up.
    """

    def __init__(
        self, model: LoadedModel, name: str, version: str, max_body_bytes: int, lookups: Lookups | None = None
    ) -> None:
        self._lookups = lookups
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
        self._posts: dict[str, Callable[[Any], Awaitable[Said]]] = {"/invocations": self._invocation}
        for prefix in (f"/v2/models/{name}", f"/v2/models/{name}/versions/{version}"):
            self._gets[prefix] = metadata
            self._gets[f"{prefix}/ready"] = ready
            self._posts[f"{prefix}/infer"] = self._infer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        seen: Seen | None = None
        try:
            status, (body, seen) = await self._answer(scope, receive)
        except InputRefused as refusal:
            status, body = refusal.status, orjson.dumps({"error": refusal.sentence})
        headers = [JSON_TYPE, (b"retry-after", b"1")] if status == 503 else [JSON_TYPE]
        if seen is not None and ASKED in scope["headers"]:
            # Behind the answer and for the gateway alone, which takes it off: what the model saw, for the log.
            told = orjson.dumps({"dataframe_split": {"columns": seen.columns, "data": seen.data}})
            headers.append((SEEN, b"%d" % len(told)))
            body += told
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, Said]:
        path, method = scope["path"], scope["method"]
        if method == "POST" and path in self._posts:
            return 200, await self._posts[path](parse_json(await self._body(scope, receive)))
        if method == "GET" and path in self._gets:
            return 200, (self._gets[path], None)
        if path == LOOKUPS and self._lookups is not None and _is_the_portal(scope):
            return 200, (await self._told(self._lookups, scope, receive), None)
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

    async def _told(self, lookups: Lookups, scope: Scope, receive: Receive) -> bytes:
        """What the portal says of lookups, or asks of them."""
        if scope["method"] == "POST":
            lookups.tell(parse_json(await self._body(scope, receive)))
        return orjson.dumps(lookups.state())

    async def _run(self, x: Matrix) -> Any:
        if len(x) <= INLINE_ROWS:
            return self._predict(x)
        return await asyncio.get_running_loop().run_in_executor(None, self._predict, x)

    async def _invocation(self, document: Any) -> Said:
        if self._lookups is not None and self._lookups.shapes is not None:
            named = self._reader.named(document)
            if named is not None:
                seen = await self._lookups.complete(named.rows, named.where)
                predicted = await self._run(self._reader.encoded(seen.rows))
                return self._writer.invocation(predicted, seen.missing), seen
        return self._writer.invocation(await self._run(self._reader.invocation(document))), None

    async def _infer(self, document: Any) -> Said:
        if self._lookups is not None and (shapes := self._lookups.shapes) is not None:
            named = self._reader.named_tensors(document, shapes.kinds)
            if named is not None:
                seen = await self._lookups.complete(named.rows, named.where)
                predicted = await self._run(self._reader.encoded(seen.rows))
                return self._writer.infer(predicted, document.get("id"), seen.missing), seen
        return self._writer.infer(await self._run(self._reader.infer(document)), document.get("id")), None


def _is_the_portal(scope: Scope) -> bool:
    """Who asks was made sure of by `runtime.guard`; a token for any request is not enough to change something."""
    known: Known | None = scope.get(KNOWN)
    return known is not None and known.caller == PORTAL and known.bound


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
