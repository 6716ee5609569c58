"""Calls that leave the house go through `foundation.outbound`: nothing else in the portal opens a client of its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = (
    "aiohttp",
    "boto3",
    "botocore",
    "confluent_kafka",
    "ftplib",
    "http.client",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
    "pymysql",
    "requests",
    "smtplib",
    "socket",
    "urllib.request",
    "urllib3",
    "websockets",
)
# Each opens no way out, for the reason that stands beside it.
OWN = {
    "apps/connections/adapters/kafka.py": "its SDK dials by itself; each address that it is sent to is checked before",
    "apps/connections/adapters/mysql_wire.py": "its driver gets a connection that outbound made",
    "apps/connections/adapters/s3.py": "errors of the SDK",
    "apps/connections/adapters/s3_wire.py": "the SDK's proxy is a visit at the doorway of outbound",
    "apps/connections/adapters/valkey.py": "its client gets a connection that outbound made",
    "apps/connections/adapters/valkey_broker.py": "a type in a signature; the connection is made by the caller",
    "apps/deployments/adapters/gateway.py": "the gateway of this portal: its socket, and its door as clients use it",
    "apps/deployments/adapters/replica.py": "replicas that this portal started, at the address that the engine gave",
    "apps/experiments/adapters/mlflow_relay.py": "the MLflow server of this portal, over its Unix socket",
    "apps/experiments/adapters/tracking.py": "the MLflow server of this portal, over its Unix socket",
    "apps/monitoring/adapters/inference.py": "the gateway of this portal, as clients use it",
    "apps/tenants/adapters/openid.py": "the error that a library raises; it calls through outbound_session",
    "apps/tenants/adapters/openid_discovery.py": "the error that a library raises; it calls through outbound_session",
    "apps/tenants/adapters/outbound_session.py": "lets libraries that speak `requests` call through us",
    "apps/tenants/views/pipeline.py": "a type in a signature; the session is that of outbound_session",
    "platform/foundation/engines/adapters/docker.py": "errors of the engine's own SDK; it talks to the engine's socket",
    "platform/foundation/jobs/runner.py": "the name of this machine",
    "platform/foundation/lake/sandbox/children.py": "pairs of sockets to its own child processes",
    "platform/foundation/lake/sandbox/template.py": "a pair of sockets to the process that these are forked from",
    "platform/foundation/storage/adapters/key_vault.py": "the operator's Vault, where the operator says it is",
    "platform/foundation/lake/adapters/child_main.py": "its end of a pair of sockets to the portal",
}
HOUSE = "platform/foundation/outbound/"


def opened_in(text: str) -> set[str]:
    """The HTTP clients and sockets that a module imports, by the name they are listed under."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {client for client in CLIENTS for name in names if name == client or name.startswith(f"{client}.")}


def found() -> dict[str, set[str]]:
    folders = (ROOT / "apps", ROOT / "platform" / "foundation")
    files = (path for folder in folders for path in sorted(folder.rglob("*.py")))
    opened = {path.relative_to(ROOT).as_posix(): opened_in(path.read_text()) for path in files}
    return {name: clients for name, clients in opened.items() if clients}


def test_no_other_part_opens_a_client_of_its_own():
    strangers = {name: sorted(clients) for name, clients in found().items() if not name.startswith(HOUSE)}
    assert {name: clients for name, clients in strangers.items() if name not in OWN} == {}, (
        "call out through foundation.outbound.send"
    )


def test_the_list_of_exceptions_holds_nothing_that_is_gone():
    assert sorted(OWN.keys() - found().keys()) == []


@pytest.mark.parametrize(
    "text",
    [
        "import httpx2",
        "from urllib import request",
        "def f():\n    import requests.sessions",
        "from http.client import HTTPSConnection",
    ],
)
def test_a_client_is_found_however_it_is_brought_in(text):
    assert opened_in(text)


def test_taking_an_address_apart_opens_nothing():
    assert opened_in("from urllib.parse import urlsplit\nfrom http import HTTPStatus") == set()
