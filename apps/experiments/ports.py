"""The port of the tracking server: what the portal itself asks of it; clients speak to it through the proxy."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol


class TrackingServer(Protocol):
    """One project's part of the tracking server. Errors: Unavailable where it does not answer, NotFound."""

    def ensure_experiment(self, name: str) -> str:
        """The id of the experiment of this name, made where it is missing."""

    def create_run(self, experiment_id: str, *, name: str, tags: dict[str, str]) -> str:
        """A new run's id (32 hexadecimal digits)."""

    def end_run(self, run_id: str, status: str) -> None:
        """FINISHED, FAILED or KILLED."""

    def get_run(self, run_id: str) -> dict[str, Any]:
        """{"info", "data": {"metrics", "params", "tags"}} as MLflow's REST gives it."""

    def search_runs(self, *, page_token: str = "", most: int = 50) -> tuple[list[dict[str, Any]], str]:
        """The newest runs of all experiments, and the token of the next page, empty on the last."""

    def metric_history(self, run_id: str, key: str) -> list[dict[str, Any]]:
        """[{"step", "value", "timestamp"}] in order of step; timestamps in milliseconds since 1970."""

    def list_artifacts(self, run_id: str, path: str = "") -> list[dict[str, Any]]:
        """[{"path", "is_dir", "file_size"}]; paths are relative to the run's artifacts."""

    def read_json(self, run_id: str, path: str) -> Any:
        """A JSON artifact; Conflict where it is too large to be one, or none."""

    def artifact_root(self, run_id: str) -> str:
        """The path at the server below which the run's artifacts are read."""

    def size(self, run_id: str, path: str) -> int:
        """How many bytes all files in a folder of artifacts hold together."""

    def digests(self, run_id: str, path: str) -> dict[str, str]:
        """{path below the folder: sha256 hex} of every file in a folder of artifacts."""

    def download(self, run_id: str, path: str, into: Path) -> Path:
        """A folder of artifacts as files below `into`; the path of its copy there."""
