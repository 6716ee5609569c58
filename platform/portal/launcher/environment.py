"""What each process is told: the settings it needs, and nobody else's passwords."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import LiteralString
from urllib.parse import urlsplit

from portal.launcher.home import ROOT, Home
from portal.launcher.postgres import Postgres
from portal.launcher.valkey import Valkey
from portal.start import Start, faults, ways

# Of the caller's environment, what any program may need.
COMMON = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "HOME", "USER", "LOGNAME", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONWARNINGS"),
)
# And what only the portal's own processes may.
PORTAL = ("COMPUTE_ENGINE", "LAKE_ENGINE", "LAKE_MEMORY_MB", "OBJECT_STORE_URL", "EMAIL_URL", "DATABASE_PORTAL_ROLE")
PORTAL_PREFIXES = ("SANAD_", "DOCKER_", "OTEL_", "AWS_", "CONTAINER_")
# Where one external database is all there is, MLflow has its tables in a schema of it.
MLFLOW_SCHEMA: LiteralString = "mlflow"
SECRETS_ELSEWHERE = ("SANAD_SECRET_KEY", "SANAD_GATEWAY_SECRET")


@dataclass(frozen=True)
class Servers:
    """Where database and Valkey answer; embedded ones are ours to start and stop."""

    home: Home
    caller: Mapping[str, str]
    port: int

    @property
    def postgres(self) -> Postgres | None:
        return None if given(self.caller, "DATABASE_URL") else Postgres(self.home)

    @property
    def valkey(self) -> Valkey | None:
        return None if given(self.caller, "REDIS_URL") else Valkey(self.home)

    @property
    def host(self) -> str:
        return given(self.caller, "SANAD_HOST") or "127.0.0.1"

    @property
    def loopback(self) -> str:
        """Where this machine itself reaches the public port."""
        return "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104  (only compared)

    @property
    def url(self) -> str:
        return (given(self.caller, "SANAD_PUBLIC_URL") or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def redis_url(self) -> str:
        return self.valkey.url if self.valkey else given(self.caller, "REDIS_URL")

    def database_url(self, duty: str) -> str:
        """The URL for a duty: portal, owner, lake or mlflow."""
        if self.postgres:
            return self.postgres.url(f"sanad_{duty}", {"lake": "lake", "mlflow": "mlflow"}.get(duty, "sanad"))
        portal = given(self.caller, "DATABASE_URL")
        owner = given(self.caller, "DATABASE_OWNER_URL") or portal
        if duty == "mlflow":
            return given(self.caller, "MLFLOW_DATABASE_URL") or _in_schema(owner, MLFLOW_SCHEMA)
        return {"portal": portal, "owner": owner, "lake": given(self.caller, "LAKE_DATABASE_URL") or owner}[duty]


def given(caller: Mapping[str, str], name: str) -> str:
    """The caller's NAME, or what the file at NAME_FILE holds."""
    path = caller.get(f"{name}_FILE")
    if path:
        with open(path) as file:  # noqa: PTH123  (the path is the person's own)
            return file.read().strip()
    return caller.get(name, "")


def _in_schema(url: str, schema: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}"


def common(servers: Servers) -> dict[str, str]:
    kept = {name: servers.caller[name] for name in COMMON if name in servers.caller}
    return {**kept, "PYTHONUNBUFFERED": "1", "PYTHONPATH": f"{ROOT}/platform:{ROOT}/platform/sdk"}


def server(servers: Servers) -> dict[str, str]:
    """PostgreSQL and Valkey read their settings from the command and a file."""
    return {"PATH": servers.caller.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def portal(servers: Servers) -> dict[str, str]:
    """Pages, REST, websockets, workers: the portal's role, the lake's role, never the owner."""
    home, caller = servers.home, servers.caller
    passed = {
        name: value
        for name, value in caller.items()
        if name in PORTAL or f"{name}".removesuffix("_FILE") in PORTAL or name.startswith(PORTAL_PREFIXES)
    }
    found = {
        **common(servers),
        **passed,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": servers.database_url("portal"),
        "LAKE_DATABASE_URL": servers.database_url("lake"),
        "REDIS_URL": servers.redis_url,
        "SANAD_HOME": str(home.root),
        "SANAD_RUN": str(home.run),
        "SANAD_PORT": str(servers.port),
        "SANAD_PUBLIC_URL": servers.url,
        "MLFLOW_SOCKET": str(home.mlflow_socket),
        "TMPDIR": str(home.root / "tmp"),
        **_secret_files(servers),
    }
    role = urlsplit(found["DATABASE_URL"]).username
    return {"DATABASE_PORTAL_ROLE": role, **found} if role else found


def unsafe(servers: Servers) -> list[str]:
    """What the portal would refuse to start with, before anything is started."""
    told = portal(servers)
    start = Start(
        public_url=servers.url,
        secrets={name: given(told, name) for name in SECRETS_ELSEWHERE},
        databases=_databases(servers),
        redis_url=servers.redis_url,
        plain_hosts=tuple(host.strip() for host in given(told, "SANAD_PLAIN_HOSTS").split(",")),
        ways=ways(partial(given, told)),
        debug=given(told, "SANAD_DEBUG").lower() in {"1", "true", "yes", "on"},
    )
    return list(faults(start))


def _databases(servers: Servers) -> dict[str, str]:
    duties = {"DATABASE": "portal", "LAKE_DATABASE": "lake", "DATABASE_OWNER": "owner", "MLFLOW_DATABASE": "mlflow"}
    found: dict[str, str] = {}
    for name, duty in duties.items():
        # Where nobody names another, it is one that is looked at already.
        if not found or servers.postgres or given(servers.caller, f"{name}_URL"):
            found[f"{name}_URL"] = servers.database_url(duty)
    return found


def migration(servers: Servers) -> dict[str, str]:
    """The one step that changes tables, and the only one that knows the owner's password."""
    return {**portal(servers), "DATABASE_OWNER_URL": servers.database_url("owner")}


def gateway(servers: Servers) -> dict[str, str]:
    """The front door: no database at all."""
    caller, home = servers.caller, servers.home
    passed = {name: value for name, value in caller.items() if name.startswith("SANAD_")}
    return {
        **common(servers),
        **{name: value for name, value in passed.items() if name.removesuffix("_FILE") not in SECRETS_ELSEWHERE},
        "REDIS_URL": servers.redis_url,
        "SANAD_HOME": str(home.root),
        "SANAD_PORT": str(servers.port),
        "SANAD_PUBLIC_URL": servers.url,
        "SANAD_WEB_SOCKET": str(home.web_socket),
        "SANAD_LIVE_SOCKET": str(home.live_socket),
        **{k: v for k, v in _secret_files(servers).items() if k.startswith("SANAD_GATEWAY")},
    }


def mlflow(servers: Servers) -> dict[str, str]:
    url = servers.database_url("mlflow")
    return {
        **common(servers),
        # MLflow's SQLAlchemy speaks psycopg 3. By environment: every user of the machine can read arguments.
        "MLFLOW_BACKEND_STORE_URI": "postgresql+psycopg://" + url.split("://", 1)[1],
        "SANAD_CALLERS": str(servers.home.mlflow_callers),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "HOME": str(servers.home.root / "mlflow"),
    }


def _secret_files(servers: Servers) -> dict[str, str]:
    """The caller's own secret where there is one, else the generated file."""
    made = {"SANAD_SECRET_KEY": "secret-key", "SANAD_GATEWAY_SECRET": "gateway"}
    found: dict[str, str] = {}
    for name, file in made.items():
        given = {key: servers.caller[key] for key in (name, f"{name}_FILE") if servers.caller.get(key)}
        found |= given or {f"{name}_FILE": str(servers.home.secrets / file)}
    return found
