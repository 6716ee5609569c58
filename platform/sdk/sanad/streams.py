"""Events on their way into datasets: streams, and a sender that batches and repeats."""

from __future__ import annotations

import gzip
import json
import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, TypeAlias

from sanad.errors import NotFound, SanadError
from sanad.resource import Resource, Thing, Things, is_id

# A request holds no more; the portal refuses what is larger.
_MOST_EVENTS, _MOST_BYTES = 10_000, 8 << 20
_PATIENCE_S, _PAUSE_S = 120.0, 1.0
_LATER = 429
Lines: TypeAlias = list[bytes]


class Streams(Resource):
    """Streams of the project: what they read, how they stand, and events sent to them."""

    def list(self) -> Things:
        words = {"project": self._client.project} if self._client.project else {}
        return list(self._http.pages("streams/", **words))

    def get(self, said: str) -> Thing:
        """The stream of this id or name, with how far it came: rows, lag, watermark."""
        if is_id(said):
            found: Thing = self._http.get(f"streams/{said}/")
            return found
        for row in self.list():
            if row["name"] == said:
                return row
        raise NotFound(f"There is no stream {said!r} here.")

    def create(
        self, name: str, dataset: str = "", columns: Sequence[Mapping[str, object]] = (), **words: object
    ) -> Thing:
        """A stream that feeds a dataset (id; a new one of its name) and runs at once.

        Without `connection` events are sent by `push`.

        A column is {"name", "type", "required", "tokenise"}, its type text, whole, number, flag, time, day or nested;
        with `tokenise` its values are replaced by tokens before they reach the dataset. Words are those of the REST
        resource: connection, topic, format, event_schema (base64), event_time, late, cut and others.
        """
        fed = {"dataset": dataset} if dataset else {"project": self._project}
        body: dict[str, object] = {"name": name, **fed, **words}
        if columns:
            body["columns"] = [dict(column) for column in columns]
        made: Thing = self._http.post("streams/", body)
        return made

    def suggest(self, examples: Iterable[str] = (), **words: object) -> Things:
        """The columns that events suggest: `examples`, or what waits at a `connection` (id) under a `topic`."""
        body: dict[str, object] = {"project": self._project, "examples": [*examples][:200], **words}
        found: Things = self._http.post("streams/suggest/", body)
        return found

    def edit(self, stream_id: str, **words: object) -> Thing:
        """What is not named stays."""
        changed: Thing = self._http.send("PATCH", f"streams/{stream_id}/", json=words).json()
        return changed

    def delete(self, stream_id: str) -> None:
        """Its rows stay; pause it first."""
        self._http.send("DELETE", f"streams/{stream_id}/")

    def pause(self, stream_id: str) -> Thing:
        paused: Thing = self._http.post(f"streams/{stream_id}/pause/")
        return paused

    def resume(self, stream_id: str) -> Thing:
        """It goes on where it stopped."""
        resumed: Thing = self._http.post(f"streams/{stream_id}/resume/")
        return resumed

    def cut(self, stream_id: str) -> Thing:
        """Begin a version of the dataset out of what came so far; answers its id as `version`."""
        begun: Thing = self._http.post(f"streams/{stream_id}/cut/")
        return begun

    def quarantine(self, stream_id: str) -> Things:
        """How many events lie in quarantine, by rule and column."""
        found: Things = self._http.get(f"streams/{stream_id}/quarantine/")
        return found

    def quarantined(self, stream_id: str, *, rule: str = "", column: str = "") -> Things:
        """The newest 50 events in quarantine: place, rule, column, size and the values that fit (`fields`).

        What came itself is shown to nobody; where the stream makes tokens it is sealed under their key.
        """
        named = {name: value for name, value in (("rule", rule), ("column", column)) if value}
        found: Things = self._http.get(f"streams/{stream_id}/quarantine/events/", **named)
        return found

    def mend(self, stream_id: str, place: str, **values: object) -> Thing:
        """Make a row of one event in quarantine, with `values` by column in the place of its own; None: missing."""
        body = {"place": place, "values": values}
        done: Thing = self._http.post(f"streams/{stream_id}/quarantine/mend/", body)
        return done

    def replay(self, stream_id: str) -> Thing:
        """Read the quarantined events again, as the stream is told now."""
        begun: Thing = self._http.post(f"streams/{stream_id}/quarantine/replay/")
        return begun

    def discard(self, stream_id: str) -> Thing:
        """Drop what lies in quarantine."""
        done: Thing = self._http.post(f"streams/{stream_id}/quarantine/discard/")
        return done

    def push(self, stream_id: str, events: Iterable[Mapping[str, object] | bytes]) -> Thing:
        """Send events, in as many requests as it takes; each is taken once, however often the line breaks.

        Answers {"accepted", "rejected"}; a rejected one is named by its `index` among those given. Bytes are sent as
        they are: a JSON object, or base64 of Avro and Protobuf.
        """
        told: dict[str, Any] = {"accepted": 0, "rejected": []}
        waiting: list[bytes] = []
        size = first = 0
        for event in events:
            line = _line(event)
            if waiting and (len(waiting) >= _MOST_EVENTS or size + len(line) > _MOST_BYTES):
                first += self._send(stream_id, waiting, first, told)
                waiting, size = [], 0
            waiting.append(line)
            size += len(line) + 1
        if waiting:
            self._send(stream_id, waiting, first, told)
        return told

    def sender(self, stream_id: str, *, every_s: float = 1.0, at_most: int = 5_000) -> Sender:
        """For programs that have an event now and then: sent together, every so many seconds or events."""
        return Sender(self, stream_id, every_s, at_most)

    def _send(self, stream_id: str, lines: Lines, first: int, told: dict[str, Any]) -> int:
        """One request, under one Idempotency-Key however often it is sent; a full portal is waited for."""
        headers = {
            "Idempotency-Key": uuid.uuid4().hex,
            "Content-Type": "application/x-ndjson",
            "Content-Encoding": "gzip",
        }
        body, until = gzip.compress(b"\n".join(lines), 1), time.monotonic() + _PATIENCE_S
        while True:
            try:
                answer = self._http.send("POST", f"streams/{stream_id}/events/", content=body, headers=headers).json()
                break
            except SanadError as refusal:
                if refusal.status != _LATER or time.monotonic() > until:
                    raise
                time.sleep(_PAUSE_S)
        told["accepted"] += answer["accepted"]
        told["rejected"] += [{**one, "index": one["index"] + first} for one in answer["rejected"]]
        return len(lines)


class Sender:
    """Used with `with`: what waits is sent when the block ends. `rejected` keeps what was not taken, the newest 1000.

    What cannot be sent is raised at the next `send`, or when the block ends, and waits for another try till then.
    """

    def __init__(self, streams: Streams, stream_id: str, every_s: float, at_most: int) -> None:
        self._streams, self._stream_id = streams, stream_id
        self._every_s, self._at_most = every_s, min(at_most, _MOST_EVENTS)
        self._waiting: list[bytes] = []
        self._changed = threading.Condition()
        self._over = False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="sanad-sender", daemon=True)
        self.accepted = 0
        self.rejected: list[dict[str, Any]] = []

    def __enter__(self) -> Sender:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        self._thread.join()
        if error is None:
            self._raise()

    def send(self, event: Mapping[str, object] | bytes) -> None:
        """Have an event sent; waits where ten requests' worth wait already."""
        self._raise()
        line = _line(event)
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < 10 * self._at_most or self._failure)
            self._waiting.append(line)
            if len(self._waiting) >= self._at_most:
                self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._over or len(self._waiting) >= self._at_most, self._every_s)
                some, over = self._waiting[: self._at_most], self._over
            if some and not self._passed(some):
                return
            if over and not self._waiting:
                return

    def _passed(self, some: list[bytes]) -> bool:
        try:
            told = self._streams.push(self._stream_id, some)
        except Exception as error:  # noqa: BLE001 - raised where the program sends its next event
            with self._changed:
                self._failure = error
                self._changed.notify_all()
            return False
        with self._changed:
            del self._waiting[: len(some)]
            self.accepted += told["accepted"]
            self.rejected = [*self.rejected, *told["rejected"]][-1000:]
            self._changed.notify_all()
        return True

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure


def _line(event: Mapping[str, object] | bytes) -> bytes:
    return event if isinstance(event, bytes) else json.dumps(event, default=_word, separators=(",", ":")).encode()


def _word(value: object) -> str | float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, datetime) else str(value)
