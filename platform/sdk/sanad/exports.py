from __future__ import annotations

import hashlib
from pathlib import Path

from sanad.errors import Failed
from sanad.resource import Resource, Thing, Things
from sanad.transport import unmade, wait_for

_ERASED = "The archive was destroyed with the erasure of a person in it, or with a project; have a new one made."


class Exports(Resource):
    """Archives of everything that the organisation brought; for its own administrators."""

    def list(self) -> Things:
        """Those that can be fetched, are being made or failed, the newest first."""
        return list(self._http.pages("exports/"))

    def get(self, export_id: str) -> Thing:
        """How it stands; while it is being made, `job` says how far."""
        found: Thing = self._http.get(f"exports/{export_id}/")
        return found

    def start(self) -> Thing:
        """Have one made; one at a time."""
        begun: Thing = self._http.post("exports/")
        return begun

    def wait(self, export_id: str, *, timeout_s: float = 6 * 3600) -> Thing:
        """Until it is ready; Failed with the portal's sentence where it could not be made."""
        return wait_for(
            lambda: self.get(export_id),
            lambda export: export["state"] == "ready",
            failed=lambda export: _ERASED if export["state"] == "erased" else unmade(export),
            timeout_s=timeout_s,
            what="The archive",
        )

    def download(self, export_id: str, into: str | Path) -> Path:
        """The ZIP, held against the SHA-256 that the ledger names; nothing is left of one that broke off."""
        target, digest = Path(into), hashlib.sha256()
        part = target.with_name(f"{target.name}.part")
        try:
            with self._http.stream(f"exports/{export_id}/archive/") as answer, part.open("wb") as file:
                for piece in answer.iter_bytes():
                    file.write(piece)
                    digest.update(piece)
            if digest.hexdigest() != self.get(export_id)["sha256"]:
                raise Failed("What came is not the archive that was made: its SHA-256 differs. Fetch it again.")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target
