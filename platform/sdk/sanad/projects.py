from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sanad.resource import Resource, Thing, Things


class Projects(Resource):
    def list(self) -> Things:
        return list(self._http.pages("projects/"))

    def create(self, slug: str, name: str, *, purpose: str, description: str = "") -> Thing:
        body = {"slug": slug, "name": name, "description": description, "purpose": purpose}
        made: Thing = self._http.post("projects/", body)
        return made

    def ensure(self, slug: str, name: str, *, purpose: str) -> Thing:
        """The project of this short name, made where it is missing."""
        found = next((project for project in self.list() if project["slug"] == slug), None)
        return found or self.create(slug, name, purpose=purpose)


class Members(Resource):
    def list(self) -> Things:
        return list(self._http.pages("members/"))

    def invite(self, email: str, role: str) -> Thing:
        """An invitation; `link` in the answer is its one copy."""
        made: Thing = self._http.post("members/", {"email": email, "role": role})
        return made


class Tokens(Resource):
    def list(self) -> Things:
        return list(self._http.pages("tokens/"))

    def create(
        self, name: str, scopes: Sequence[str], *, project: str = "", days: int = 30, networks: Sequence[str] = ()
    ) -> Thing:
        """A new token of one's own, at most a year long; `token` in the answer is its one readable copy.

        `networks` are addresses or CIDR networks from which alone it opens.
        """
        ends = datetime.now(UTC) + timedelta(days=days)
        body = {"name": name, "scopes": [*scopes], "project": project or None, "expires_at": ends.isoformat()}
        if networks:
            body["networks"] = [*networks]
        made: Thing = self._http.post("tokens/", body)
        return made

    def revoke(self, token_id: str) -> None:
        self._http.post(f"tokens/{token_id}/revoke/")
