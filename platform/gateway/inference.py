"""One prediction: who asks, which revision answers, what is logged of it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from gateway.admission import Admission
from gateway.asgi import ClientGone, Headers, Receive, Scope, Send, request_id_of
from gateway.bodies import read_body
from gateway.callers import Callers
from gateway.contact import Contact
from gateway.entries import Entry
from gateway.forwarding import Answered, Forwarder
from gateway.journal import Journal
from gateway.keys import Keys, Verdict
from gateway.origin import Origins
from gateway.paths import InferencePath
from gateway.problems import Problems, Refused
from gateway.rates import Rates
from gateway.replicas import Question
from gateway.routes import Route
from gateway.shadowing import Shadows
from gateway.stats import Stats

# What the replica is told of the client's headers; everything else ends here, the API key first of all.
_PASSED_ON = (b"content-type", b"accept", b"traceparent", b"tracestate", b"x-sanad-event-time")
_PASSED_BACK = {b"content-type", b"content-encoding", b"retry-after", b"allow"}
_ONCE = (b"authorization", b"content-type", b"x-request-id", b"x-sanad-sticky", b"x-sanad-event-time")
_EVENT_TIME = re.compile(rb"[0-9A-Za-z:+. -]{1,40}")


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that was let in: everything that is needed to answer and to log it."""

    path: InferencePath
    request_id: str
    headers: dict[bytes, bytes]
    verdict: Verdict
    question: Question
    started: float

    @property
    def key(self) -> str:
        """What decides the split: the caller's sticky value, else the request's id."""
        sticky = self.headers.get(b"x-sanad-sticky")
        return self.request_id if sticky is None else sticky.decode("latin-1")

    @property
    def event_time(self) -> str | None:
        given = self.headers.get(b"x-sanad-event-time")
        return None if given is None else given.decode("ascii")


class Inference:
    """Answers everything below /inference/."""

    def __init__(
        self,
        *,
        origins: Origins,
        contact: Contact,
        keys: Keys,
        callers: Callers,
        admission: Admission,
        rates: Rates,
        forwarder: Forwarder,
        shadows: Shadows,
        journal: Journal,
        stats: Stats,
        problems: Problems,
    ) -> None:
        self._origins = origins
        self._contact = contact
        self._keys = keys
        self._callers = callers
        self._admission = admission
        self._rates = rates
        self._forwarder = forwarder
        self._shadows = shadows
        self._journal = journal
        self._stats = stats
        self._problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send, path: InferencePath) -> None:
        started = time.perf_counter()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        request_id = request_id_of(headers.get(b"x-request-id"))
        try:
            _check_headers(scope, headers)
            self._callers.check(scope, None)
            verdict = await self._keys.admit(
                headers.get(b"authorization"), path.tenant, path.deployment, self._address(scope)
            )
            route = self._route(path)
            if path.is_prediction:
                self._rates.take(route, time.monotonic())
            with self._admission.slot(route.name):
                body = await read_body(receive, headers, route.max_body_bytes)
                question = _question(scope, path, request_id, headers, body)
                if route.log and path.is_prediction:
                    question.headers.append((b"x-sanad-log", b"1"))
                ask = Ask(path, request_id, headers, verdict, question, started)
                answered = await self._forwarder.ask(route, ask.key, question)
            await self._send(send, ask, answered)
            self._remember(ask, answered)
        except Refused as refused:
            self._stats.refused(refused.slug)
            await self._refuse(send, refused, request_id, path)
        except ClientGone:
            self._stats.refused("client-gone")

    def _address(self, scope: Scope) -> str:
        origin = self._origins.of(scope)
        return "door" if origin.through_door else origin.address

    def _route(self, path: InferencePath) -> Route:
        route = self._contact.table.routes.get(path.route)
        if route is None:
            raise Refused(404, "not-found", f"There is no deployment {path.deployment} in {path.tenant}.")
        return route

    async def _send(self, send: Send, ask: Ask, answered: Answered) -> None:
        reply, revision = answered.reply, answered.revision
        headers: Headers = [
            (b"x-request-id", ask.request_id.encode("ascii")),
            (b"x-sanad-revision", b"%d" % revision.number),
            (b"content-length", b"%d" % len(reply.body)),
        ]
        headers += [line for line in reply.headers if line[0] in _PASSED_BACK]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    def _remember(self, ask: Ask, answered: Answered) -> None:
        route, revision, reply = answered.route, answered.revision, answered.reply
        latency_s = time.perf_counter() - ask.started
        self._stats.answered(route, revision, reply.status, latency_s)
        if not ask.path.is_prediction or not (route.log or route.shadow):
            return
        entry = _entry(ask, answered, latency_s)
        if route.log:
            self._journal.put(entry)
        if route.shadow and reply.status < 400:
            self._shadows.copy(route, ask.question, entry)

    async def _refuse(self, send: Send, refused: Refused, request_id: str, path: InferencePath) -> None:
        if path.is_oip:
            await self._problems.send_oip(send, refused, request_id)
        else:
            await self._problems.send_problem(send, refused, request_id, f"/inference/{path.route}{path.rest.decode()}")

    async def unknown_path(self, scope: Scope, send: Send) -> None:
        """Below /inference/, but nothing that is answered."""
        request_id = request_id_of(dict(scope["headers"]).get(b"x-request-id"))
        self._stats.refused("not-found")
        refused = Refused(
            404,
            "not-found",
            "Predictions are at /inference/{tenant}/{deployment}/v2/models/{model}/infer and …/invocations; "
            "nothing else is answered here.",
        )
        await self._problems.send_problem(send, refused, request_id, scope["path"])


def _entry(ask: Ask, answered: Answered, latency_s: float) -> Entry:
    return Entry(
        tenant_id=answered.route.tenant_id,
        deployment_id=answered.route.deployment_id,
        revision_id=answered.revision.id,
        id=ask.request_id,
        at=time.time(),
        status=answered.reply.status,
        latency_s=latency_s,
        # With the features that were looked up: drift is measured on what the model saw.
        request=answered.reply.seen or ask.question.body,
        response=answered.reply.body,
        event_time=ask.event_time,
        actor=ask.verdict.actor,
        shadow=False,
    )


def _check_headers(scope: Scope, headers: dict[bytes, bytes]) -> None:
    if scope["method"] not in {"GET", "POST"}:
        raise Refused(405, "method", "Only GET and POST are answered here.", headers=[(b"allow", b"GET, POST")])
    lines = scope["headers"]
    if len(headers) != len(lines):
        names = [name for name, _ in lines]
        for name in _ONCE:
            if names.count(name) > 1:
                raise Refused(400, "duplicate-header", f"The header {name.decode()} was sent more than once.")
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise Refused(415, "encoded-body", "A compressed body is not read here; send it uncompressed.")
    event_time = headers.get(b"x-sanad-event-time")
    if event_time is not None and _EVENT_TIME.fullmatch(event_time) is None:
        raise Refused(400, "event-time", "X-Sanad-Event-Time has to be a time such as 2013-07-01T08:00:00Z.")


def _question(scope: Scope, path: InferencePath, request_id: str, headers: dict[bytes, bytes], body: bytes) -> Question:
    passed: Headers = [(b"x-request-id", request_id.encode("ascii"))]
    for name in _PASSED_ON:
        value = headers.get(name)
        if value is not None:
            passed.append((name, value))
    query = scope["query_string"]
    target = path.rest + b"?" + query if query else path.rest
    return Question(scope["method"].encode("ascii"), target, passed, body)
