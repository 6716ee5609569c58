from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things


class Projects(Resource):
    def list(self, *, archived: str = "no") -> Things:
        """Projects you can see; `archived` is no, only or all."""
        return list(self._http.pages("projects/", archived=archived))

    def get(self, slug: str) -> Thing:
        found: Thing = self._http.get(f"projects/{slug}/")
        return found

    def create(self, slug: str, name: str, *, purpose: str, description: str = "") -> Thing:
        body = {"slug": slug, "name": name, "description": description, "purpose": purpose}
        made: Thing = self._http.post("projects/", body)
        return made

    def ensure(self, slug: str, name: str, *, purpose: str) -> Thing:
        """The project of this short name, made where it is missing."""
        found = next((project for project in self.list(archived="all") if project["slug"] == slug), None)
        return found or self.create(slug, name, purpose=purpose)

    def archive(self, slug: str) -> Thing:
        """Keep it as it is: it is read and never written to; refused while something in it serves, runs or waits."""
        archived: Thing = self._http.post(f"projects/{slug}/archive/")
        return archived

    def restore(self, slug: str) -> Thing:
        """Bring an archived project back."""
        restored: Thing = self._http.post(f"projects/{slug}/restore/")
        return restored

    def delete(self, slug: str, *, confirmation: str) -> Thing:
        """Delete an archived project for ever, at `deletion_due`; `confirmation` is its name or short name."""
        asked: Thing = self._http.post(f"projects/{slug}/delete/", {"confirmation": confirmation})
        return asked

    def keep(self, slug: str) -> Thing:
        """Take the deletion back, until it has begun."""
        kept: Thing = self._http.post(f"projects/{slug}/keep/")
        return kept


class Members(Resource):
    def list(self) -> Things:
        return list(self._http.pages("members/"))

    def without_second_factor(self) -> Things:
        """Those whom a rule that asks for a second factor would shut out; for administrators."""
        return list(self._http.pages("members/without-second-factor/"))

    def invite(self, email: str, role: str) -> Thing:
        """An invitation; `link` in the answer is its one copy."""
        made: Thing = self._http.post("members/", {"email": email, "role": role})
        return made

    def find(self, email: str) -> Thing:
        """The member of this e-mail."""
        for row in self.list():
            if row["email"].lower() == email.lower():
                return row
        raise NotFound(f"{email} is not a member of this tenant; invite them first.")

    def change_role(self, member_id: str, role: str) -> Thing:
        """`role` is admin, scientist, officer, auditor, viewer or member; it holds with their next request."""
        changed: Thing = self._http.send("PATCH", f"members/{member_id}/", json={"role": role}).json()
        return changed

    def remove(self, member_id: str) -> None:
        """They are outside at once, and their tokens of the tenant are void; what they did stays on the ledger."""
        self._http.send("DELETE", f"members/{member_id}/")

    def suspend(self, member_id: str) -> Thing:
        """Keep the place of somebody who is away: it opens nothing, and their tokens are void."""
        suspended: Thing = self._http.post(f"members/{member_id}/suspend/")
        return suspended

    def restore(self, member_id: str) -> Thing:
        """Let a suspended member in again, with the role they had; tokens of before stay void."""
        restored: Thing = self._http.post(f"members/{member_id}/restore/")
        return restored

    def password_link(self, member_id: str) -> Thing:
        """A link with which a member who lost the password sets a new one; `link` in the answer is its one copy."""
        made: Thing = self._http.post(f"members/{member_id}/password-link/")
        return made

    def take_factors(self, member_id: str) -> Thing:
        """Take the second factors of a member who lost them all; the password alone opens the account then."""
        changed: Thing = self._http.post(f"members/{member_id}/take-factors/")
        return changed

    def unlock(self, member_id: str) -> Thing:
        """Let a member try again at once whose sign-ins failed too often."""
        changed: Thing = self._http.post(f"members/{member_id}/unlock/")
        return changed


class Tokens(Resource):
    def list(self) -> Things:
        return list(self._http.pages("tokens/"))

    def create(
        self, name: str, scopes: Sequence[str], *, project: str = "", days: int = 30, networks: Sequence[str] = ()
    ) -> Thing:
        """A new token of one's own, at most a year long; `token` in the answer is its one readable copy.

        `networks` are addresses or CIDR networks from which alone it opens.
        """
        body = _token(name, scopes, project, days, networks)
        made: Thing = self._http.post("tokens/", body)
        return made

    def revoke(self, token_id: str) -> None:
        self._http.post(f"tokens/{token_id}/revoke/")


class Groups(Resource):
    """People who are given roles in projects together; for administrators."""

    def list(self) -> Things:
        return list(self._http.pages("groups/"))

    def get(self, said: str) -> Thing:
        """The group of this id or name."""
        for row in self.list():
            if said in (row["id"], row["name"]):
                return row
        raise NotFound(f"There is no group {said!r} in this tenant.")

    def create(self, name: str, *, description: str = "") -> Thing:
        made: Thing = self._http.post("groups/", {"name": name, "description": description})
        return made

    def edit(self, group_id: str, *, name: str | None = None, description: str | None = None) -> Thing:
        """What is None stays as it is."""
        words = {key: word for key, word in (("name", name), ("description", description)) if word is not None}
        changed: Thing = self._http.send("PATCH", f"groups/{group_id}/", json=words).json()
        return changed

    def delete(self, group_id: str) -> None:
        """Its people stay members; what they reached through it alone is closed to them."""
        self._http.send("DELETE", f"groups/{group_id}/")

    def people(self, group_id: str) -> Things:
        found: Things = self._http.get(f"groups/{group_id}/people/")
        return found

    def add(self, group_id: str, user_id: str) -> None:
        self._http.post(f"groups/{group_id}/people/", {"user": user_id})

    def remove(self, group_id: str, user_id: str) -> None:
        self._http.send("DELETE", f"groups/{group_id}/people/", params={"user": user_id})


class ProjectRoles(Resource):
    """Roles in the client's project, of people (`user`), groups (`group`) and programs (`service_account`)."""

    def list(self) -> Things:
        found: Things = self._http.get("project-roles/", project=self._project)
        return found

    def give(self, kind: str, holder_id: str, role: str) -> Thing:
        """`role` is admin, scientist, officer, auditor or viewer; another one of the same holder is replaced."""
        body = {"project": self._project, "kind": kind, "holder_id": holder_id, "role": role}
        given: Thing = self._http.post("project-roles/", body)
        return given

    def take_back(self, role_id: str) -> None:
        self._http.send("DELETE", f"project-roles/{role_id}/")


class ServiceAccounts(Resource):
    """Programs with a role of their own; for administrators."""

    def list(self) -> Things:
        return list(self._http.pages("service-accounts/"))

    def get(self, said: str) -> Thing:
        """The service account of this id or name."""
        for row in self.list():
            if said in (row["id"], row["name"]):
                return row
        raise NotFound(f"There is no service account {said!r} in this tenant.")

    def create(self, name: str, role: str) -> Thing:
        """`role` is scientist, auditor or viewer; it opens nothing until it is given a token."""
        made: Thing = self._http.post("service-accounts/", {"name": name, "role": role})
        return made

    def create_token(
        self,
        account_id: str,
        name: str,
        scopes: Sequence[str] = ("*",),
        *,
        project: str = "",
        days: int = 90,
        networks: Sequence[str] = (),
    ) -> Thing:
        """A token of a service account; `token` in the answer is its one readable copy."""
        body = _token(name, scopes, project, days, networks)
        made: Thing = self._http.post(f"service-accounts/{account_id}/tokens/", body)
        return made

    def change_role(self, account_id: str, role: str) -> Thing:
        """`role` is scientist, auditor or viewer; it holds with its next request."""
        changed: Thing = self._http.send("PATCH", f"service-accounts/{account_id}/", json={"role": role}).json()
        return changed

    def disable(self, account_id: str) -> Thing:
        """Void every token of it; whatever uses one is refused within a second."""
        disabled: Thing = self._http.post(f"service-accounts/{account_id}/disable/")
        return disabled

    def enable(self, account_id: str) -> Thing:
        """It may be given new tokens; those of before stay void."""
        enabled: Thing = self._http.post(f"service-accounts/{account_id}/enable/")
        return enabled


def _token(name: str, scopes: Sequence[str], project: str, days: int, networks: Sequence[str]) -> dict[str, object]:
    ends = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    wanted: dict[str, object] = {"name": name, "scopes": [*scopes], "project": project or None, "expires_at": ends}
    return {**wanted, "networks": [*networks]} if networks else wanted
