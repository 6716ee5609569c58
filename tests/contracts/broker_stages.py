"""Brokers of each kind, with a way to put events there, for the tests of the port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import redis
from confluent_kafka import Producer

from apps.connections.adapters import open_broker, open_source
from apps.connections.adapters.portal_broker import PortalBroker
from apps.connections.ports import Secrets

PASSWORD = "right-horse"


@dataclass
class Stage:
    """A broker's topic; `put` adds events."""

    broker: Any
    topic: str
    put: Any
    settings: dict[str, Any] | None = None
    secrets: dict[str, str] | None = None
    kind: str = ""
    house: str = ""

    def push(self, bodies, *, topic="", most_bytes=1 << 30, house_bytes=1 << 30, **named):
        words = {"most_bytes": most_bytes, "house": self.house, "house_bytes": house_bytes, **named}
        return self.broker.append(topic or self.topic, bodies, **words)

    def other(self, **secrets):
        """The broker with other secrets."""
        return open_broker(self.kind, self.settings, Secrets({**(self.secrets or {}), **secrets}))

    def source(self, tmp_path, **secrets):
        return open_source(self.kind, self.settings, Secrets({**(self.secrets or {}), **secrets}), tmp_path)


def portal_stage(url):
    broker, topic = PortalBroker(url), f"t:{uuid4().hex}"
    stage = Stage(broker, topic, lambda *bodies: stage.push(bodies))
    stage.house = uuid4().hex
    return stage


def valkey_stage(server):
    client = redis.Redis(port=server.port, password=PASSWORD)
    topic = f"clicks-{uuid4().hex}"

    def put(*bodies):
        for body in bodies:
            client.xadd(topic, {"event": body})

    settings = {"host": "127.0.0.1", "port": server.port, "tls": "off"}
    stage = Stage(None, topic, put, settings)
    stage.secrets, stage.kind = {"password": PASSWORD}, "valkey"
    stage.broker = stage.other()
    return stage


def kafka_stage(cluster):
    topic = f"clicks-{uuid4().hex}"

    def put(*bodies):
        for number, body in enumerate(bodies):
            cluster.produce(topic, body, partition=number % 2)
        assert cluster.flush(20) == 0

    (broker,) = cluster.list_topics(timeout=20).brokers.values()
    settings = {"servers": f"{broker.host}:{broker.port}", "tls": "off", "sign_in": "none"}
    stage = Stage(None, topic, put, settings, {}, "kafka")
    stage.broker = stage.other()
    return stage


def kafka_cluster():
    """A cluster of one, inside librdkafka, that other clients reach on loopback; it ends with its producer."""
    return Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "none", "linger.ms": 0})
