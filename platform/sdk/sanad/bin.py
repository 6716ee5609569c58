from __future__ import annotations

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things, is_id


class Bin(Resource):
    """What was deleted, until its days are over: as far as you may make such a thing.

    Groups, webhooks, identity providers; of data streams, ingestions, transformations and connections; of features
    versions of views, services and on-demand features, and training sets.
    """

    def list(self) -> Things:
        """The newest first, each with its `kind`, `name` and `kept_until`."""
        return list(self._http.pages("bin/"))

    def get(self, said: str) -> Thing:
        """The thing of this id in the bin, or the one of this name."""
        if is_id(said):
            found: Thing = self._http.get(f"bin/{said}/")
            return found
        named = [row for row in self.list() if row["name"] == said]
        if not named:
            raise NotFound(f"There is no {said!r} in the bin; `sanad bin list` shows what lies there.")
        if len(named) > 1:
            raise ValueError(f"There are {len(named)} things called {said!r} in the bin; say the id of one.")
        return named[0]

    def restore(self, binned_id: str) -> Thing:
        """What came back, under its former id (`thing_id`); `left_out` says in sentences what did not."""
        restored: Thing = self._http.post(f"bin/{binned_id}/restore/")
        return restored

    def delete(self, binned_id: str, *, confirmation: str) -> None:
        """Delete it for ever; `confirmation` is its name."""
        self._http.send("DELETE", f"bin/{binned_id}/", params={"confirmation": confirmation})
