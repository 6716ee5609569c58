"""Features one by one: which there are, what is known of them, and which are like one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things, is_id


class Catalogue(Resource):
    def search(
        self,
        words: str = "",
        *,
        kind: str = "",
        entity: str = "",
        missing: float | None = None,
        mean_from: float | None = None,
        mean_to: float | None = None,
        distinct_from: int | None = None,
        distinct_to: int | None = None,
        skewed: str = "",
        within: str = "",
        used: str = "",
        owner: str = "",
        tag: str = "",
        made: str = "",
        deprecated: str = "",
        every_version: bool = False,
    ) -> Things:
        """Features by words of their name, description, view, entity, tags, owner or service, and by what is known.

        `missing` is the largest share of missing values in per cent; `mean_from` to `distinct_to` are the ends of what
        its mean and its number of distinct values may be; `skewed` no or only: served otherwise than models learned it;
        `within` hour, day, week or month: how young the
        newest value is; `used` nothing, training_set, run, model or deployment; `made` ahead, by a
        view, or asked, when a request comes; `deprecated` no or only.
        """
        said = {
            "q": words,
            "kind": kind,
            "entity": entity,
            "missing": missing,
            "mean_from": mean_from,
            "mean_to": mean_to,
            "distinct_from": distinct_from,
            "distinct_to": distinct_to,
            "skewed": skewed,
            "within": within,
            "used": used,
            "owner": owner,
            "tag": tag,
            "made": made,
            "deprecated": deprecated,
            "versions": "all" if every_version else "",
        }
        asked = {name: value for name, value in said.items() if value not in ("", None)}
        return list(self._http.pages("features/", project=self._project, **asked))

    def show(self, said: str) -> Thing:
        """The feature of this id, or called view:feature or feature: its profile, its sources, and who uses it."""
        feature: Thing = self._http.get(f"features/{self._feature(said)}/")
        return feature

    def describe(self, said: str, description: str) -> Thing:
        """Say what a feature means; the next version of its view says it as well."""
        path = f"features/{self._feature(said)}/"
        feature: Thing = self._http.send("PATCH", path, json={"description": description}).json()
        return feature

    def similar(self, said: str) -> Things:
        """Features of other views that are like it, the likest first: {"feature", "score", "reasons"}."""
        found: Things = self._http.get(f"features/{self._feature(said)}/similar/")["results"]
        return found

    def drift(self, said: str, *, against: str = "first") -> Thing:
        """How far a feature moved along its event time: {"unit", "masked", "periods": [{"period", "psi", "level", …}]}.

        Each period is held `against` the "first" full one, the one "before", or one that is named as in the answer.
        """
        path = f"features/{self._feature(said)}/drift/"
        found: Thing = self._http.get(path, against=against)
        return found

    def drift_in(self, said: str, period: str, *, against: str = "first") -> Thing:
        """One period, named as in `drift`, beside another: its figures, and `bins` with the rows of both in each.

        `against` is as in `drift`, and may name any other period of its length.
        """
        path = f"features/{self._feature(said)}/drift/{period}/"
        found: Thing = self._http.get(path, against=against)
        return found

    def similar_to_sql(
        self,
        sql: str,
        inputs: Mapping[str, str],
        *,
        entity: str = "",
        view_name: str = "",
        taken: Sequence[str] = (),
    ) -> dict[str, Things]:
        """Features that are there already, by the names of those that a definition would have."""
        body = {"project": self._project, "sql": sql, "inputs": dict(inputs), "entity": entity}
        body |= {"view_name": view_name, "taken": list(taken)}
        found: dict[str, Things] = self._http.post("features/similar-to-sql/", body)["results"]
        return found

    def _input(self, said: str) -> str:
        """The id of what SQL reads: of a dataset version, or of a stream that is said like `stream:clicks`."""
        kind, _colon, name = said.partition(":")
        if name and kind == "stream":
            return str(self._client.streams.get(name)["id"])
        return self._client.datasets.newest(said)

    def _feature(self, said: str) -> str:
        if is_id(said):
            return said
        view, _colon, name = said.rpartition(":")
        for row in self.search(name):
            if row["name"] == name and view in {"", row["view_name"]}:
                return str(row["id"])
        raise NotFound(f"The project {self._project} has no feature {said!r}.")
