"""Who may listen to a stream, which tables streams keep, and what they tell other rooms."""

from __future__ import annotations

from apps.connections import services as connections
from apps.datasets import services as datasets
from apps.projects import services as projects
from apps.streams import selectors, services
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import live
from foundation.lake import keeping
from foundation.web import navigation


def register() -> None:
    live.register_topic("stream", check=lambda actor, pk: selectors.get_stream(actor=actor, stream_id=pk))
    navigation.register_part_count(
        "data/streams/", lambda actor, pk: selectors.visible_streams(actor=actor, project_id=pk).count()
    )
    tenants.register_export("streams", services.stream_part)
    tenants.register_bin(BinKind.STREAM, services.StreamBin())
    projects.register_farewell("streams", services.StreamFarewell())
    connections.register_readers("stream", lambda connection: selectors.streams_through(connection.pk))
    datasets.register_writer(selectors.writer_of)
    datasets.register_reach(services.StreamReach())
    keeping.register("sq_", over=selectors.quarantines_over, grows=True)
