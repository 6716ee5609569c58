"""The portal in one process whose clock stands still until it is moved: a year passes as fast as its work is done.

Database, broker, lake and online store are real, and so is every step; what workers, consumer and beat would do by
themselves is done here when its time has come. Nothing of it waits for a clock on the wall.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

SECOND = 1_000_000
_at_us = 0


class _Moved(datetime):
    """What the portal's one clock reads."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return moment(_at_us).astimezone(tz)


def moment(at_us: int) -> datetime:
    whole, rest = divmod(at_us, SECOND)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest)


def begin(at_us: int) -> None:
    import django

    django.setup()
    from foundation import clock

    move(at_us)
    clock.datetime = _Moved  # type: ignore[attr-defined]


def move(at_us: int) -> None:
    global _at_us
    _at_us = at_us


class Portal:
    """What people and processes do there: the sample's scientist, the consumer of streams, workers, the monitor."""

    def __init__(self) -> None:
        from apps.projects import services as projects
        from foundation.access.actors import actor_for_user
        from foundation.access.models import Membership
        from foundation.tenancy import find_tenant, scope

        self.tenant = find_tenant("demo")
        with scope(self.tenant.pk):
            member = Membership.objects.select_related("user").filter(tenant=self.tenant, role="scientist").first()
            self.scientist = actor_for_user(user=member.user, tenant=self.tenant)  # type: ignore[union-attr]
            self.project = projects.create_project(actor=self.scientist, slug="replay", name="Replay", purpose="A year")
        self._reading: Any = None

    def stream(self, name: str, columns: Sequence[Mapping[str, Any]], event_time: str) -> Any:
        from apps.streams import services as streams
        from foundation.clock import now
        from foundation.tenancy import scope

        words: Any = {"columns": list(columns), "event_time": event_time}
        with scope(self.tenant.pk):
            return streams.create_stream(actor=self.scientist, name=name, now=now(), project=self.project, **words)

    def push(self, stream: Any, events: Sequence[Mapping[str, Any]]) -> None:
        from apps.streams import services as streams
        from foundation.tenancy import scope

        with scope(self.tenant.pk):
            bodies = [json.dumps(event).encode() for event in events]
            told = streams.push_events(actor=self.scientist, stream=stream, bodies=bodies)
        if told.accepted != len(events):
            raise RuntimeError(f"Of {len(events)} flights {told.accepted} were taken: {told.rejected[:3]}")

    def consume(self, stream: Any) -> None:
        """All that waits becomes rows of the lake."""
        from apps.streams import services as streams

        if self._reading is None:
            self._reading = streams.take(self.tenant, stream.pk)
        self._reading.renew()
        while self._reading.turn():
            pass

    def work(self) -> int:
        """What waits for a worker, and what that brings in turn; how many jobs there were."""
        from django.db.models.functions import Now

        from foundation.jobs import runner
        from foundation.jobs.models import JobTicket

        count = 0
        due = JobTicket.objects.filter(state=JobTicket.State.QUEUED, due_at__lte=Now()).order_by("number")
        while (ticket := due.first()) is not None:
            runner.run(str(ticket.job_id))
            count += 1
            if due.filter(pk=ticket.pk).exists():
                raise RuntimeError("A job that was due was not begun.")
        return count

    def version(self, stream: Any) -> Any:
        """What came so far as a version of the stream's dataset, of whose columns somebody says what they hold."""
        from apps.datasets import selectors as datasets
        from apps.datasets import services as dataset_services
        from apps.streams import services as streams
        from foundation.clock import now
        from foundation.tenancy import scope

        with scope(self.tenant.pk):
            stream.refresh_from_db()
            made = streams.cut_stream(actor=self.scientist, stream=stream, now=now())
        self.work()
        with scope(self.tenant.pk):
            version = datasets.get_version(actor=self.scientist, version_id=made.pk)
            unsaid = {column["name"]: "public" for column in version.schema if not column.get("class")}
            if unsaid:
                dataset_services.classify_columns(actor=self.scientist, version=version, classes=unsaid)
        return version

    def windows(self, words: Mapping[str, Any], **source: Any) -> Any:
        """A view of the sample; `source` is the stream_id or the version_id that it is over."""
        from apps.features import services
        from apps.features.models import Entity
        from foundation.tenancy import scope

        told = dict(words)
        name = told.pop("entity")
        with scope(self.tenant.pk):
            entity = Entity.objects.filter(project_id=self.project.pk, name=name).first()
            if entity is None:
                entity = services.define_entity(actor=self.scientist, project=self.project, name=name, join_keys=[name])
            view = services.define_windows(actor=self.scientist, project=self.project, entity=entity, **told, **source)
        self.work()
        return self.fresh(view)

    def fresh(self, view: Any) -> Any:
        from apps.features.models import FeatureView
        from foundation.tenancy import scope

        with scope(self.tenant.pk):
            found = FeatureView.objects.select_related("entity").get(pk=view.pk)
        if found.state != "ready":
            raise RuntimeError(f"{found} is {found.state}: {found.failure}")
        return found

    def watch(self, view: Any) -> None:
        """Every answer is compared."""
        from apps.features import services
        from foundation.tenancy import scope

        with scope(self.tenant.pk):
            services.watch_skew(actor=self.scientist, view_id=view.pk, share=1.0, limit=0.0)

    def read(self, view: Any, entities: Sequence[Mapping[str, Any]], at_us: int) -> list[dict[str, Any]]:
        """Served at this moment, and sampled for the monitor."""
        from apps.features import services
        from foundation.tenancy import scope

        with scope(self.tenant.pk):
            return services.read_online(actor=self.scientist, view_ids=[view.pk], entities=entities, now=moment(at_us))

    def check(self) -> None:
        """The monitor compares all that waits."""
        from apps.features import services
        from foundation.clock import now

        while services.check_served(now=now()):
            pass

    def found(self, view: Any) -> tuple[int, int]:
        """How many answers the monitor has compared, and how many differed: of all its checks of this view."""
        from django.db.models import Sum

        from apps.features.models import SkewCheck
        from foundation.tenancy import scope

        with scope(self.tenant.pk):
            sums = SkewCheck.objects.filter(view_id=view.pk).aggregate(Sum("compared"), Sum("different"))
        return sums["compared__sum"] or 0, sums["different__sum"] or 0

    def rows(self, view: Any) -> Any:
        """All change points of the view, as an Arrow table."""
        from apps.features import selectors
        from foundation import lake

        view = self.fresh(view)
        names = [*view.entity.join_keys, view.event_time, view.created_column, *view.feature_names]
        tables = lake.for_tenant(self.tenant.pk)
        return tables.read(selectors.view_table(view), columns=names).read_all()
