"""A feature store in Feast's words, for code that was written for it: a thin layer over `sanad.Client`.

What is the same: `get_historical_features(entity_df, features).to_df()`, `get_online_features(features, entity_rows)
.to_dict()`, `list_entities`, `list_feature_views`, `get_feature_service`, `materialize`, feature references as
"view:feature", the column `event_timestamp`, `full_feature_names` with two underscores. A feature service may stand for
the features, and then what its on-demand features ask for stands in the entity rows.

What differs:
- Every row of `entity_df` comes back, matched or not, also where two share key and time.
- A correction is not seen before it was known, where a view says when that was (`created_column`). With
  `ignore_known_since=True` it is, and the portal records it.
- Times without a zone are UTC, in rows as in views.
- Views are defined in the portal, or over `client.features.define`, and not by `apply` of Python objects.
- `materialize` takes a view's newest values online whole; there is no range of time to choose, since the portal does so
  by itself whenever a view is computed anew. The dates are taken, and nothing rests on them.
- `get_online_features` answers None where nothing is known, never zero; `statuses` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sanad.client import Client
from sanad.errors import NotFound
from sanad.resource import Thing

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from sanad.historical import Historical

PRESENT, NOT_FOUND = "PRESENT", "NOT_FOUND"


@dataclass(frozen=True)
class Entity:
    """What features are about, found by its join keys."""

    name: str
    join_keys: tuple[str, ...]
    description: str


@dataclass(frozen=True)
class FeatureView:
    """One version of a set of features; `ttl` None: a value holds for ever."""

    id: str
    name: str
    number: int
    entity: str
    features: tuple[str, ...]
    ttl: timedelta | None
    state: str


@dataclass(frozen=True)
class FeatureService:
    """One version of the named set of features that a model uses; `features` are references as retrieval takes them."""

    id: str
    name: str
    number: int
    features: tuple[str, ...]


@dataclass(frozen=True)
class RetrievalJob:
    """What `get_historical_features` answers: the join is done, the rows are in the portal."""

    rows: Historical

    def to_df(self) -> pd.DataFrame:
        return self.rows.to_df()

    def to_arrow(self) -> pa.Table:
        return self.rows.to_arrow()


@dataclass(frozen=True)
class OnlineResponse:
    """Values by name, one for each entity row; None where nothing is known, and then the status says so."""

    values: dict[str, list[Any]]
    statuses: dict[str, list[str]]

    def to_dict(self) -> dict[str, list[Any]]:
        return self.values

    def to_df(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.values)


class FeatureStore:
    """The feature store of one project: `FeatureStore(url, token, project)` or `FeatureStore(client=client)`."""

    def __init__(self, url: str = "", token: str = "", project: str = "", *, client: Client | None = None) -> None:
        self._client = client or Client(url, token, project)

    @property
    def project(self) -> str:
        return self._client.project

    def get_historical_features(
        self,
        entity_df: Any,
        features: Sequence[str] | FeatureService,
        full_feature_names: bool = False,
        *,
        event_timestamp: str = "event_timestamp",
        ignore_known_since: bool = False,
        told: Callable[[Thing], None] | None = None,
    ) -> RetrievalJob:
        """Features as they were known at each row's time; waits for the join."""
        found = self._client.features.historical(
            entity_df,
            features.features if isinstance(features, FeatureService) else features,
            event_time=event_timestamp,
            full_names=full_feature_names,
            ignore_known_since=ignore_known_since,
            told=told,
        )
        return RetrievalJob(found)

    def get_online_features(
        self,
        features: Sequence[str] | FeatureService,
        entity_rows: Sequence[Mapping[str, Any]],
        full_feature_names: bool = False,
    ) -> OnlineResponse:
        """The newest values of these features for each entity row, in one request.

        With a feature service its on-demand features are reckoned, too; what they ask for stands in the entity rows.
        """
        if isinstance(features, FeatureService):
            return self._of_service(features, entity_rows, full_feature_names)
        wanted = self._wanted(features)
        answers = self._client.features.online([view.id for view in wanted], entity_rows)
        keys = list(dict.fromkeys(key for row in entity_rows for key in row))
        values: dict[str, list[Any]] = {key: [row.get(key) for row in entity_rows] for key in keys}
        statuses = {key: [PRESENT] * len(entity_rows) for key in keys}
        for view, names in wanted.items():
            missing = [f"{view.name} v{view.number}" in answer["missing"] for answer in answers]
            for name in names:
                said = f"{view.name}__{name}" if full_feature_names else name
                values[said] = [answer["features"].get(name) for answer in answers]
                statuses[said] = [NOT_FOUND if gone else PRESENT for gone in missing]
        return OnlineResponse(values, statuses)

    def get_feature_service(self, name: str) -> FeatureService:
        """The newest version of this name, or that of “name v2”."""
        return self._service(self._client.feature_services.get(name))

    def _service(self, row: Thing) -> FeatureService:
        parts = [(self._client.features.get(str(part["view"])), part["features"]) for part in row["views"]]
        parts += [(self._client.on_demand.get(str(part["id"])), part["features"]) for part in row["on_demand"]]
        named = [f"{view['name']}@{view['number']}:{name}" for view, names in parts for name in names]
        return FeatureService(row["id"], row["name"], row["number"], tuple(named))

    def _of_service(
        self, service: FeatureService, entity_rows: Sequence[Mapping[str, Any]], full_names: bool
    ) -> OnlineResponse:
        answers = self._client.features.online(service=f"{service.name} v{service.number}", entities=entity_rows)
        keys = list(dict.fromkeys(key for row in entity_rows for key in row))
        values: dict[str, list[Any]] = {key: [row.get(key) for row in entity_rows] for key in keys}
        statuses = {key: [PRESENT] * len(entity_rows) for key in keys}
        for said in service.features:
            home, _sign, name = said.partition(":")
            view, _sign, number = home.partition("@")
            told = f"{view}__{name}" if full_names else name
            values[told] = [answer["features"].get(name) for answer in answers]
            gone = [f"{view} v{number}" in answer["missing"] for answer in answers]
            statuses[told] = [NOT_FOUND if is_gone else PRESENT for is_gone in gone]
        return OnlineResponse(values, statuses)

    def list_entities(self) -> list[Entity]:
        rows = self._client.transport.pages("entities/", project=self.project)
        return [Entity(row["name"], tuple(row["join_keys"]), row["description"]) for row in rows]

    def list_feature_views(self) -> list[FeatureView]:
        """The newest version of each."""
        newest: dict[str, FeatureView] = {}
        for row in self._client.features.list():
            view = _view(row)
            if view.name not in newest or newest[view.name].number < view.number:
                newest[view.name] = view
        return list(newest.values())

    def get_feature_view(self, name: str) -> FeatureView:
        for view in self.list_feature_views():
            if view.name == name:
                return view
        raise NotFound(f"The project {self.project} has no feature view {name!r}.")

    def materialize(self, start_date: Any = None, end_date: Any = None, feature_views: Sequence[str] = ()) -> list[str]:
        """Put the newest values of these views, or of all, online again; the ids of the views."""
        wanted = [view for view in self.list_feature_views() if not feature_views or view.name in feature_views]
        if unknown := set(feature_views) - {view.name for view in wanted}:
            raise NotFound(f"The project {self.project} has no feature view {sorted(unknown)[0]!r}.")
        for view in wanted:
            self._client.transport.post(f"feature-views/{view.id}/materialise/")
        return [view.id for view in wanted]

    def _wanted(self, features: Sequence[str]) -> dict[FeatureView, list[str]]:
        there = {view.name: view for view in self.list_feature_views()}
        wanted: dict[FeatureView, list[str]] = {}
        for said in features:
            name, _sign, feature = said.partition(":")
            view = there.get(name)
            if view is None or feature not in (*view.features, "*"):
                raise NotFound(f"The project {self.project} has no feature {said!r}; write view:feature.")
            wanted.setdefault(view, []).extend(view.features if feature == "*" else [feature])
        return wanted


def _view(row: Thing) -> FeatureView:
    ttl = row["ttl_seconds"]
    return FeatureView(
        id=row["id"],
        name=row["name"],
        number=row["number"],
        entity=row["entity_name"],
        features=tuple(feature["name"] for feature in row["features"]),
        ttl=timedelta(seconds=ttl) if ttl else None,
        state=row["state"],
    )
