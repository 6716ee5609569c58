"""What has to be done, once per start at most, before anything serves: migrate, compare the ledger, load the sample."""

from __future__ import annotations

from portal.launcher import environment, prepared
from portal.launcher.commands import manage, python
from portal.launcher.environment import Servers
from portal.launcher.specs import Spec

BEING_MADE = "is being made (data, a run, a model, an endpoint): about a minute, longer where the machine is busy"


def steps(servers: Servers, *, sample: bool) -> list[Spec]:
    rows = [_migrate(servers), _check_ledger(servers)]
    return [*rows, _load_sample(servers)] if sample else rows


def sample_model(servers: Servers) -> Spec:
    """The sample's model, trained and served by the requests that a person would make."""
    told = {**environment.common(servers), "SANAD_HOME": str(servers.home.root), "SANAD_URL": servers.url}
    home, database = servers.home, servers.database_url("portal")

    def begun() -> str:
        known = prepared.is_done(home, "sample walked", prepared.database_identity(database))
        return "" if known else BEING_MADE

    def done() -> None:
        if found := prepared.database_identity(database):
            prepared.note(home, "sample walked", found)

    return Spec(
        "sample",
        python("-m", "sanad.demo", "--prepare"),
        told,
        after=("load-sample", "gateway", "sequencer", "beat", "worker-default", "worker-train", "mlflow"),
        once=True,
        background=True,
        begun=begun,
        done=f"sample project is served at {servers.url}/t/demo/p/flights/",
        then=done,
        ready_within_s=3600,
    )


def _migrate(servers: Servers) -> Spec:
    digest, owner = prepared.migrations_digest(), servers.database_url("owner")

    def mark() -> str | None:
        found = prepared.database_mark(owner)
        return found and f"{digest}:{found}"

    def done() -> None:
        if found := mark():
            prepared.note(servers.home, "migrated", found)

    return Spec(
        "migrate",
        manage("migrate", "--database=owner", "--no-input"),
        environment.migration(servers),
        after=("postgres", "valkey"),
        once=True,
        vital=True,
        needed=lambda: not prepared.is_done(servers.home, "migrated", mark()),
        then=done,
        ready_within_s=600,
    )


def _check_ledger(servers: Servers) -> Spec:
    """A ledger behind its anchors (tail cut, old backup restored) is said aloud before anything serves."""
    told = environment.portal(servers)
    return Spec("check-ledger", manage("check_ledger"), told, after=("migrate",), once=True, vital=True)


def _load_sample(servers: Servers) -> Spec:
    home, digest, database = servers.home, prepared.migrations_digest(), servers.database_url("portal")

    def mark() -> str | None:
        found = prepared.database_identity(database)
        return found and f"{digest}:{found}"

    def done() -> None:
        if found := mark():
            prepared.note(home, "sample", found)

    return Spec(
        "load-sample",
        manage("load_sample"),
        environment.portal(servers),
        after=("valkey", "migrate", "check-ledger"),
        once=True,
        # Also when the sign-ins were lost: the command is safe to run again, and makes new ones.
        needed=lambda: not (home.credentials.exists() and prepared.is_done(home, "sample", mark())),
        then=done,
        ready_within_s=900,
    )
