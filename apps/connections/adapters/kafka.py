"""Kafka, read by partitions and offsets of our own: no group is joined, and no offset committed there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from apps.connections.adapters import checking, databases
from apps.connections.adapters.broker_sources import BrokerSource
from apps.connections.adapters.databases import SIGNING_IN, TLS, DatabaseAt
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceRefused, SourceUnreachable
from apps.connections.ports import Events, Secrets, Step
from foundation import outbound
from foundation.errors import Invalid
from foundation.words import kept as _

_ASK_S, _POLL_S, _LOOK_S = 10.0, 0.2, 30.0
_AT_ONCE, _WANTED_BYTES = 5_000, 16 << 20
_MECHANISMS = {"plain": "PLAIN", "scram-256": "SCRAM-SHA-256", "scram-512": "SCRAM-SHA-512"}
_REFUSED = {
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
_MISSING = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}
_GONE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}


def open_source(settings: Mapping[str, Any], secrets: Secrets, scratch: Path) -> BrokerSource:
    """The source that `settings` name: servers, sign_in, user, tls, authority; secret: password."""
    broker = KafkaBroker(settings, secrets)
    return BrokerSource(broker.steps, broker.topics)


def open_broker(settings: Mapping[str, Any], secrets: Secrets) -> KafkaBroker:
    return KafkaBroker(settings, secrets)


class KafkaBroker:
    """Places are offsets of the last event that was read, in digits."""

    def __init__(self, settings: Mapping[str, Any], secrets: Secrets) -> None:
        self._servers = _servers(settings)
        self._at = DatabaseAt.read(
            {**settings, "host": self._servers[0][0], "port": self._servers[0][1], "database": "-", "user": "-"}, 9092
        )
        self._told = _told(self._at, settings, secrets)
        self._client: Consumer | None = None
        self._topic = ""
        # The offset that comes next, by partition, as it was given to the client.
        self._next: dict[int, int] = {}
        self._look_at = 0.0
        self._why: KafkaError | None = None

    def read(
        self, topic: str, after: Mapping[str, str], *, events: int, wait_s: float = 0.0, past_gaps: bool = False
    ) -> list[Events]:
        self._assign(topic, after, past_gaps=past_gaps)
        found: dict[int, list[Message]] = {}
        count, size, until = 0, 0, time.monotonic() + wait_s
        while count < events and size < _WANTED_BYTES:
            some = self._consume(min(_AT_ONCE, events - count), topic)
            if not some and (count or time.monotonic() >= until):
                break
            for message in some:
                found.setdefault(message.partition() or 0, []).append(message)
                size += len(message.value() or b"")
            count += len(some)
        for partition, messages in found.items():
            self._next[partition] = (messages[-1].offset() or 0) + 1
        return [_events(partition, messages) for partition, messages in sorted(found.items())]

    def ends(self, topic: str) -> dict[str, str]:
        return {str(number): str(high - 1) for number, (_low, high) in self._bounds(topic).items() if high > 0}

    def lag(self, topic: str, after: Mapping[str, str]) -> int:
        bounds = self._bounds(topic)
        return sum(max(0, high - max(low, int(after.get(str(n), low - 1)) + 1)) for n, (low, high) in bounds.items())

    def forget(self, topic: str, upto: Mapping[str, str]) -> None:
        """Its own retention sees to that."""

    def topics(self, prefix: str, limit: int) -> list[str]:
        """The cluster's topics, without those that are its own."""
        names = sorted(name for name in self._metadata().topics if name.startswith(prefix) and name[:2] != "__")
        self.close()
        return names[:limit]

    def steps(self) -> list[Step]:
        """From the first server's name to the list of topics."""
        host, port = self._servers[0]
        first = checking.First(self._look)
        return checking.walked(
            [
                (checking.RESOLVES, lambda: checking.resolve(host, port)),
                (checking.ANSWERS, lambda: checking.answer(host, port)),
                first.step(checking.SECURE, databases.SAY_TLS[self._at.tls]),
                first.step(checking.SIGNS_IN, lambda: _("The cluster lets us in.")),
                first.step(checking.READS, lambda: _("Topics can be read.")),
            ]
        )

    def _look(self) -> None:
        self.topics("", 1)

    def close(self) -> None:
        client, self._client = self._client, None
        self._next, self._look_at = {}, 0.0
        if client is not None:
            client.close()

    def _assign(self, topic: str, after: Mapping[str, str], *, past_gaps: bool) -> None:
        """Go to these places, unless the client stands there; partitions that were added are read too."""
        wanted = {int(partition): int(offset) + 1 for partition, offset in after.items()}
        here = {**dict.fromkeys(self._next, OFFSET_BEGINNING), **wanted}
        standing = topic == self._topic and here == self._next
        if standing and self._next and time.monotonic() < self._look_at:
            return
        partitions = self._partitions(topic)
        if standing and set(partitions) == set(self._next):
            self._look_at = time.monotonic() + _LOOK_S
            return
        start = {n: wanted.get(n, OFFSET_BEGINNING) for n in partitions}
        if past_gaps:
            for n, (low, high) in self._bounds(topic).items():
                start[n] = start[n] if low <= start[n] <= high else low
        self._ready().assign([TopicPartition(topic, n, offset) for n, offset in start.items()])
        self._topic, self._next = topic, start
        self._look_at = time.monotonic() + _LOOK_S

    def _consume(self, count: int, topic: str) -> list[Message]:
        try:
            found = self._ready().consume(count, _POLL_S)
        except KafkaException as error:
            raise self._failed(error.args[0], topic) from error
        for message in found:
            if (why := message.error()) is not None and why.code() != KafkaError._PARTITION_EOF:
                # What came before it is read again: nothing of it was handed out.
                raise self._failed(why, topic)
        return [message for message in found if message.error() is None]

    def _partitions(self, topic: str) -> list[int]:
        known = self._metadata(topic).topics.get(topic)
        if known is None or known.error is not None or not known.partitions:
            error = known.error if known is not None else None
            if error is not None and error.code() in _REFUSED:
                raise self._failed(error, topic)
            raise PlaceMissing(_("There is no topic “%(topic)s” there.") % {"topic": topic})
        return sorted(known.partitions)

    def _bounds(self, topic: str) -> dict[int, tuple[int, int]]:
        try:
            return {
                n: self._ready().get_watermark_offsets(TopicPartition(topic, n), timeout=_ASK_S)
                for n in self._partitions(topic)
            }
        except KafkaException as error:
            raise self._failed(error.args[0], topic) from error

    def _metadata(self, topic: str = "") -> Any:
        try:
            found = self._ready().list_topics(topic=topic or None, timeout=_ASK_S)
        except KafkaException as error:
            raise self._failed(error.args[0], topic) from error
        # The client goes by itself to where the cluster says its others are: first we look where that leads.
        for broker in found.brokers.values():
            _check(broker.host, broker.port)
        return found

    def _ready(self) -> Consumer:
        if self._client is None:
            for host, port in self._servers:
                _check(host, port)
            self._why = None
            self._client = Consumer({**self._told, "error_cb": self._hear}, logger=_silent())
        return self._client

    def _hear(self, error: KafkaError) -> None:
        """The last reason why no server could be used: whoever waits in vain is told that the time is over."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._why = error

    def _failed(self, error: KafkaError, topic: str) -> Exception:
        """In words; the client is made anew, for its next try may find everything well."""
        why = self._why if error.code() in {KafkaError._TIMED_OUT, KafkaError._TRANSPORT} else None
        self.close()
        return _in_words(why or error, self._at, topic)


def _in_words(error: KafkaError, at: DatabaseAt, topic: str) -> Exception:
    code, said = error.code(), {"host": at.host, "topic": topic}
    if code == KafkaError._SSL:
        return SourceRefused(databases.not_trusted(at) if at.tls == "verify" else databases.no_tls(at), details=TLS)
    if code in _REFUSED:
        sentence = _("%(host)s does not let this user in, or not to this topic.")
        return SourceRefused(sentence % said, details=SIGNING_IN)
    if code in _MISSING:
        return PlaceMissing(_("There is no topic “%(topic)s” there.") % said)
    if code in _GONE:
        sentence = _("Events of “%(topic)s” were deleted before they were read. What is left can be read on.")
        return SourceChanged(sentence % said)
    if error.fatal():
        return SourceBroken(_("%(host)s sends what cannot be read as Kafka.") % said)
    return SourceUnreachable(_("%(host)s does not answer, or the line to it broke.") % said)


def _events(partition: int, messages: list[Message]) -> Events:
    return Events(
        str(partition),
        [str(message.offset()) for message in messages],
        [max(0, message.timestamp()[1]) for message in messages],
        [message.value() for message in messages],
    )


def _servers(settings: Mapping[str, Any]) -> list[tuple[str, int]]:
    found = []
    for line in str(settings.get("servers") or "").replace(",", "\n").split():
        host, _colon, port = line.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port[:6]) < 65_536:
            sentence = _("Write each server as host:port.")
            raise Invalid(sentence, fields={"servers": [sentence]})
        found.append((host, int(port)))
    if not found:
        sentence = _("This is needed.")
        raise Invalid(sentence, fields={"servers": [sentence]})
    return found


def _told(at: DatabaseAt, settings: Mapping[str, Any], secrets: Secrets) -> dict[str, Any]:
    mechanism = _MECHANISMS.get(str(settings.get("sign_in") or "none"), "")
    protocol = ("SASL_" if mechanism else "") + ("PLAINTEXT" if at.tls == "off" else "SSL")
    told: dict[str, Any] = {
        "bootstrap.servers": ",".join(f"{host}:{port}" for host, port in _servers(settings)),
        "security.protocol": protocol,
        "client.id": "sanad",
        "group.id": "sanad",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        # Where what comes next is gone, somebody is to hear of it.
        "auto.offset.reset": "error",
        "allow.auto.create.topics": False,
        "socket.timeout.ms": 20_000,
        "fetch.max.bytes": _WANTED_BYTES,
        "max.partition.fetch.bytes": 4 << 20,
        "queued.max.messages.kbytes": 64 << 10,
    }
    if mechanism:
        user, password = str(settings.get("user") or ""), secrets.get("password", "")
        if not user or not password:
            sentence = _("This way of signing in takes a user and a password.")
            raise Invalid(sentence, fields={"password" if user else "user": [sentence]})
        told |= {"sasl.mechanism": mechanism, "sasl.username": user, "sasl.password": password}
    if at.tls == "verify":
        with outbound.authorities_file(at.authority) as file:
            told["ssl.ca.pem"] = Path(file).read_text()
    elif at.tls == "require":
        told |= {"enable.ssl.certificate.verification": False, "ssl.endpoint.identification.algorithm": "none"}
    return told


def _check(host: str, port: int) -> None:
    try:
        outbound.addresses_at(host, port)
    except outbound.Refused as error:
        raise SourceRefused(error.sentence) from error
    except outbound.Unreachable as error:
        raise SourceUnreachable(error.sentence) from error


def _silent() -> Any:
    """The library would write to the process's output by itself; what matters comes as errors."""
    import logging

    quiet = logging.getLogger("sanad.kafka")
    quiet.setLevel(logging.CRITICAL)
    return quiet
