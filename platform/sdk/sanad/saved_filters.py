from __future__ import annotations

from sanad.resource import Resource, Thing, Things


class SavedFilters(Resource):
    """Filters of lists, saved under names: one's own, and those that are shared."""

    def list(self, *, of: str | None = None) -> Things:
        """Those of the client's project, or all where it has none; `of` is the path of one list, as in "data/"."""
        words = {"project": self._client.project, "list": of}
        return list(self._http.pages("saved-filters/", **{name: word for name, word in words.items() if word}))

    def get(self, filter_id: str) -> Thing:
        found: Thing = self._http.get(f"saved-filters/{filter_id}/")
        return found

    def save(
        self,
        name: str,
        of: str,
        query: str,
        *,
        project: str | None = None,
        shared: bool = False,
        default: bool = False,
        replace: bool = False,
    ) -> Thing:
        """`of` is the list's path below the project, or below the tenant without one; `query` what its address says.

        With `default` the list opens with it for the token's owner; `replace` puts it in the place of their own of that
        name.
        """
        flags = {"shared": shared, "default": default, "replace": replace}
        body = {"name": name, "list": of, "query": query, "project": project, **flags}
        made: Thing = self._http.post("saved-filters/", body)
        return made

    def edit(self, filter_id: str, **words: object) -> Thing:
        """`name`, `query`, `shared` or `default`; what is not named stays."""
        changed: Thing = self._http.send("PATCH", f"saved-filters/{filter_id}/", json=words).json()
        return changed

    def delete(self, filter_id: str) -> None:
        self._http.send("DELETE", f"saved-filters/{filter_id}/")
