"""The one table of everything that `make up` runs: command, environment, readiness, order."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from portal.launcher import elsewhere, environment, keys
from portal.launcher.commands import manage, python
from portal.launcher.environment import Servers
from portal.launcher.postgres import Postgres
from portal.launcher.probes import Answers, Listens, LogSays
from portal.launcher.specs import Spec
from portal.launcher.steps import sample_model, steps
from portal.launcher.valkey import Valkey
from runtime.service_tokens import write_callers

# Sign-in page on two busy cores, eight connections: threads 2 x 4 gave 314 pages/s, 3 x 4 236, 1 x 8 276, 2 x 8 164;
# sync workers 2 gave 90, 4 gave 75.
WEB_WORKERS, WEB_THREADS = 2, 4
QUEUES = {"default": 2, "train": 2, "score": 1}
BEFORE_WORK = ("valkey", "migrate", "check-ledger")


@dataclass(frozen=True)
class Options:
    sample: bool = True
    # Whether the sample's model is trained and served as well, behind everybody's back.
    model: bool = True
    # Whether anything is served and worked off; else database and broker run, migrated, with the sample's people.
    portal: bool = True


def table(servers: Servers, options: Options) -> list[Spec]:
    """Every process, each after what it needs."""
    rows: list[Spec] = []
    if servers.postgres:
        rows.append(_postgres(servers, servers.postgres))
    if servers.valkey:
        rows.append(_valkey(servers, servers.valkey))
    rows += steps(servers, sample=options.sample)
    if not options.portal:
        return rows
    rows += [_web(servers), _live(servers), _gateway(servers)]
    rows += _workers(servers)
    rows += _loops(servers)
    rows.append(_mlflow(servers))
    if options.sample and options.model:
        rows.append(sample_model(servers))
    return rows


def prepare(servers: Servers) -> list[str]:
    """Secrets and data folders; answers sentences about what was changed outside our own folder."""
    keys.ensure(servers.home)
    elsewhere.prepare(servers)
    _tell_mlflow(servers)
    said = _prepare_postgres(servers.postgres) if servers.postgres else []
    if servers.valkey:
        servers.valkey.prepare()
    return said


def _tell_mlflow(servers: Servers) -> None:
    """Whom it answers: the portal alone, by a key that opens nothing else."""
    secret = environment.given(environment.portal(servers), "SANAD_SECRET_KEY")
    write_callers(servers.home.mlflow_callers, [secret], "mlflow", ["portal"])


def _prepare_postgres(postgres: Postgres) -> list[str]:
    opened, account = postgres.prepare(), postgres.account
    said = [f"{folder} now lets PostgreSQL's own user pass through (not look into it)." for folder in opened]
    if account and account.made_now:
        said.insert(0, f"PostgreSQL does not run as root: the system user {account.name} was made for it.")
    return said


def _postgres(servers: Servers, postgres: Postgres) -> Spec:
    return Spec(
        "postgres",
        postgres.command,
        environment.server(servers),
        ready=lambda _birth: postgres.answers(),
        then=postgres.furnish,
        account=postgres.account,
        vital=True,
        stop_signal=signal.SIGINT,  # "fast": ends the sessions and writes a checkpoint
        stop_within_s=30,
    )


def _valkey(servers: Servers, valkey: Valkey) -> Spec:
    told = environment.server(servers)
    return Spec("valkey", valkey.command, told, ready=lambda _birth: valkey.answers(), vital=True, stop_within_s=20)


def _web(servers: Servers) -> Spec:
    home = servers.home
    command = python(
        *("-m", "gunicorn", "portal.wsgi:application", "--bind", f"unix:{home.web_socket}"),
        *("--worker-class", "gthread", "--workers", str(WEB_WORKERS), "--threads", str(WEB_THREADS)),
        # Imported once and forked, so that the second worker costs neither the time nor the memory again.
        "--preload",
        *("--timeout", "120", "--graceful-timeout", "8", "--keep-alive", "75", "--umask", "0o077"),
        *("--worker-tmp-dir", str(home.run), "--no-control-socket", "--forwarded-allow-ips", "*"),
    )
    ready = Answers(home.web_socket, "/healthz")
    return Spec("web", command, environment.portal(servers), ready=ready, after=("valkey", "migrate"), vital=True)


def _live(servers: Servers) -> Spec:
    socket = servers.home.live_socket
    command = python(
        *("-m", "uvicorn", "portal.asgi:application", "--uds", str(socket), "--lifespan", "off"),
        *("--no-access-log", "--timeout-graceful-shutdown", "3", "--forwarded-allow-ips", "*"),
    )
    return Spec("live", command, environment.portal(servers), ready=Listens(socket), after=("valkey", "migrate"))


def _gateway(servers: Servers) -> Spec:
    ready = Answers((servers.loopback, servers.port), "/healthz")
    told = environment.gateway(servers)
    return Spec("gateway", python("-m", "gateway"), told, ready=ready, after=("web", "check-ledger"), vital=True)


def _workers(servers: Servers) -> list[Spec]:
    # As with manage.py: no checks, which import every page.
    told = {**environment.portal(servers), "CELERY_SKIP_CHECKS": "1"}
    celery = ("-m", "celery", "-A", "portal.working")
    after = (*BEFORE_WORK, "gateway")  # pages first: on two cores everything at once keeps the person waiting
    rows = [
        Spec(
            f"worker-{queue}",
            python(
                *(*celery, "worker", "--queues", queue, "--hostname", f"{queue}@%h", "--concurrency", str(count)),
                *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
            ),
            told,
            ready=LogSays(" ready."),
            after=after,
            stop_within_s=15,
        )
        for queue, count in QUEUES.items()
    ]
    beat = python(*celery, "beat", "--loglevel", "INFO", "--pidfile=")
    return [*rows, Spec("beat", beat, told, ready=LogSays("beat: Starting"), after=after)]


def _loops(servers: Servers) -> list[Spec]:
    """Management commands that run for ever."""
    told, after = environment.portal(servers), (*BEFORE_WORK, "gateway")
    loops = {
        "sequencer": "run_sequencer",
        "inference-log": "drain_inference",
        "streams": "run_streams",
        "replayer": "replay_traffic",
    }
    return [Spec(name, manage(command), told, after=after) for name, command in loops.items()]


def _mlflow(servers: Servers) -> Spec:
    home = servers.home
    command = python(
        *("-m", "runtime.tracking_server", "--socket", str(home.mlflow_socket)),
        *("--artifacts", f"file://{home.root}/mlflow/artifacts"),
    )
    ready = Answers(home.mlflow_socket, "/health")
    return Spec("mlflow", command, environment.mlflow(servers), ready=ready, after=("postgres",), ready_within_s=180)
