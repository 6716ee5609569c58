"""What an earlier walk has left in the project: whatever stands is used, so that loading can be cut short and go on."""

from __future__ import annotations

from sanad.client import Client
from sanad.resource import Thing

GONE = frozenset({"failed", "cancelled"})


class Kept:
    """Looks for living things by their name; None where there is none."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def dataset(self, name: str) -> Thing | None:
        """The newest committed version of a dataset."""
        found = self._client.datasets.find(name)
        latest = found and found["latest_version"]
        return self._client.datasets.version(latest["id"]) if latest else None

    def connection(self, name: str) -> Thing | None:
        return next((found for found in self._client.connections.list() if found["name"] == name), None)

    def transformation(self, name: str) -> Thing | None:
        return next((found for found in self._client.transformations.list() if found["name"] == name), None)

    def stream(self, name: str) -> Thing | None:
        return next((found for found in self._client.streams.list() if found["name"] == name), None)

    def view(self, name: str) -> Thing | None:
        return next((view for view in self._client.features.list() if _is(view, name)), None)

    def service(self, name: str) -> Thing | None:
        """The newest version of a feature service."""
        found = [service for service in self._client.feature_services.list() if service["name"] == name]
        return max(found, key=lambda service: service["number"], default=None)

    def training_set(self, name: str) -> Thing | None:
        return next((found for found in self._client.training_sets.list() if _is(found, name)), None)

    def run(self, training_set: str, *, purpose: str) -> Thing | None:
        """The walk's own run on this training set that has succeeded or still may: people start others on it too."""
        runs = [run for run in self._client.runs.list() if run["training_set"] == training_set]
        own = [run for run in runs if run["purpose"] == purpose and run["slices"] and not run["repeated_from"]]
        return next((run for run in own if run["state"] not in GONE), None)

    def version(self, run: str) -> Thing | None:
        """The model version that was registered of a run."""
        models = self._client.models
        versions = (version for model in models.list() for version in models.versions(model["id"]))
        return next((found for found in versions if found["run"] == run and found["stage"] not in GONE), None)

    def case(self, version: str) -> str | None:
        """The id of the open approval case about a model version."""
        cases = self._client.approvals.list()
        return next((case["id"] for case in cases if case["subject_id"] == version), None)

    def deployment(self, slug: str) -> Thing | None:
        """The deployment at this address, unless none of its revisions came to life."""
        found = next((each for each in self._client.deployments.list() if each["slug"] == slug), None)
        return found if found and any(each["state"] != "failed" for each in found["revisions"]) else None

    def group(self, admin: Client, name: str) -> Thing | None:
        return next((found for found in admin.groups.list() if found["name"] == name), None)

    def replay(self, deployment: str) -> Thing | None:
        replays = self._client.monitoring.replays()
        return next((replay for replay in replays if replay["deployment"] == deployment), None)

    def serves(self, slug: str) -> Thing | None:
        """The deployment at this address with everything that belongs to it, also where a person has stopped it."""
        found = self.deployment(slug)
        settled = found and any(each["state"] in {"ready", "stopped"} for each in found["revisions"])
        return found if found and settled and self.replay(found["id"]) else None


def _is(thing: Thing, name: str) -> bool:
    return thing["name"] == name and thing["state"] == "ready"
