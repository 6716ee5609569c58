"""A portal does not start with what anybody could guess or listen to; it says what is wrong and how to mend it."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from portal.launcher import environment, keys
from portal.launcher.environment import Servers
from portal.launcher.home import Home
from portal.start import Start, faults, ways

ROOT = Path(__file__).resolve().parents[2]
SECRET = secrets.token_hex(32)
DATABASE = "postgresql://sanad_portal:word@db.example/sanad?sslmode=verify-full"
GOOD = Start(
    public_url="https://sanad.example",
    secrets={"SANAD_SECRET_KEY": secrets.token_hex(32), "SANAD_GATEWAY_SECRET": secrets.token_hex(32)},
    databases={"DATABASE_URL": DATABASE},
    redis_url="rediss://:word@valkey.example:6379/0",
)


def test_a_public_portal_with_secrets_passwords_and_tls_starts():
    assert list(faults(GOOD)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secrets": {"SANAD_SECRET_KEY": ""}}, "SANAD_SECRET_KEY is missing"),
        ({"secrets": {"SANAD_SECRET_KEY": "q8Z" * 5}}, "can be guessed"),
        ({"secrets": {"SANAD_SECRET_KEY": "ab" * 40}}, "can be guessed"),
        ({"secrets": {"SANAD_SECRET_KEY": "django-insecure-" + secrets.token_hex(32)}}, "stands in examples"),
        ({"secrets": {"SANAD_SECRET_KEY": "only-for-reading-the-code" * 3}}, "stands in examples"),
        ({"secrets": {"SANAD_GATEWAY_SECRET": ""}}, "SANAD_GATEWAY_SECRET is missing"),
        ({"databases": {"DATABASE_URL": DATABASE.replace(":word", "")}}, "DATABASE_URL holds no password"),
        ({"databases": {"LAKE_DATABASE_URL": DATABASE.replace(":word", "")}}, "LAKE_DATABASE_URL holds no password"),
        ({"redis_url": "rediss://valkey.example/0"}, "REDIS_URL holds no password"),
        ({"databases": {"DATABASE_URL": DATABASE.replace("verify-full", "prefer")}}, "without TLS"),
        ({"databases": {"DATABASE_URL": DATABASE.partition("?")[0]}}, "sslmode=verify-full"),
        ({"redis_url": "redis://:word@valkey.example:6379/0"}, "rediss://"),
        ({"secrets": {"SANAD_GATEWAY_SECRET": f"{SECRET}\n{'ab' * 40}"}}, "can be guessed"),
        ({"secrets": {"SANAD_GATEWAY_SECRET": "\n".join(secrets.token_hex(32) for _ in range(3))}}, "holds 3 secrets"),
        ({"secrets": {"SANAD_GATEWAY_SECRET": f"{SECRET}\n"}, "debug": True}, "SANAD_DEBUG"),
        ({"ways": {"SANAD_VAULT_ADDR": "http://vault.example:8200"}}, "SANAD_VAULT_ADDR leads to another machine"),
        ({"ways": {"AWS_ENDPOINT_URL": "http://minio.example:9000"}}, "Write it with https://"),
        ({"ways": {"AWS_ENDPOINT_URL_S3": "http://10.0.0.7:9000"}}, "AWS_ENDPOINT_URL_S3"),
        ({"ways": {"OBJECT_STORE_URL": "http://store.example/bucket"}}, "OBJECT_STORE_URL"),
        ({"ways": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://traces.example:4318"}}, "OTEL_EXPORTER_OTLP_ENDPOINT"),
        ({"ways": {"DOCKER_HOST": "tcp://engine.example:2375"}}, "DOCKER_TLS_VERIFY=1"),
        ({"ways": {"EMAIL_URL": "smtp://u:p@mail.example:25/?from=a@b.example&tls=no"}}, "smtps://"),
        ({"public_url": "http://sanad.example"}, "would pass in clear"),
        ({"debug": True}, "SANAD_DEBUG"),
    ],
)
def test_what_is_unsafe_is_refused_in_one_sentence_that_mends_it(change, words):
    (said,) = faults(replace(GOOD, **change))
    assert words in said


@pytest.mark.parametrize(
    "change",
    [
        {"redis_url": "unix://:word@/run/valkey.sock?db=0"},
        {"redis_url": "redis://:word@127.0.0.1:6379/0"},
        {"databases": {"DATABASE_URL": "postgresql://p:word@/sanad?host=/run/postgres"}},
        {"databases": {"DATABASE_URL": "postgresql://p@db.example/sanad?sslmode=verify-full&sslcert=/c.pem"}},
        {"databases": {"DATABASE_URL": "postgresql://p:word@db.inside/sanad"}, "plain_hosts": ("db.inside",)},
        {"secrets": {"SANAD_GATEWAY_SECRET": f"{SECRET}\n{secrets.token_hex(32)}"}},
        {"ways": {"SANAD_VAULT_ADDR": "https://vault.example:8200", "DOCKER_HOST": "unix:///run/docker.sock"}},
        {"ways": {"SANAD_VAULT_ADDR": "http://127.0.0.1:8200", "EMAIL_URL": "smtp://localhost/?from=a@b&tls=no"}},
        {"ways": {"EMAIL_URL": "smtp://u:p@mail.example/?from=a@b.example", "OBJECT_STORE_URL": "file:///srv/o"}},
        {"ways": {"AWS_ENDPOINT_URL": "http://minio.inside:9000"}, "plain_hosts": ("minio.inside",)},
        {"ways": {"DOCKER_HOST": "ssh://engine.example"}},
        {"public_url": "http://127.0.0.1:8000", "redis_url": "redis://:word@valkey/0", "debug": True},
    ],
)
def test_what_no_network_lies_behind_needs_no_tls(change):
    assert list(faults(replace(GOOD, **change))) == []


def test_an_engine_that_is_asked_with_certificates_may_be_far():
    told = {"DOCKER_HOST": "tcp://engine.example:2376", "SANAD_VAULT_ADDR": "https://vault.example"}
    assert set(ways(lambda name: told.get(name, ""))) == set(told)
    told["DOCKER_TLS_VERIFY"] = "1"
    assert set(ways(lambda name: told.get(name, ""))) == {"SANAD_VAULT_ADDR"}


def started(*command: str, **told: str) -> subprocess.CompletedProcess[str]:
    """A process of the portal in production's environment."""
    environment_ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}/platform:{ROOT}/platform/sdk:{ROOT}",
        "SANAD_HOME": "/tmp/sanad-no-such-home",
        "SANAD_PUBLIC_URL": GOOD.public_url,
        "DATABASE_URL": DATABASE,
        "REDIS_URL": GOOD.redis_url,
        **GOOD.secrets,
        **told,
    }
    return subprocess.run(
        [sys.executable, *command], env=environment_, cwd=ROOT, capture_output=True, text=True, timeout=120
    )


def test_djangos_own_checks_of_a_deployment_have_nothing_to_say():
    checked = started("manage.py", "check", "--deploy", "--fail-level", "INFO")
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


def test_the_check_names_everything_that_a_start_refuses():
    checked = started("manage.py", "check", "--deploy", DATABASE_URL=DATABASE.replace(":word", ""))
    assert checked.returncode != 0
    assert "DATABASE_URL holds no password" in checked.stderr


@pytest.mark.parametrize("module", ["portal.wsgi", "portal.asgi"])
def test_no_process_serves_without_a_secret(module):
    served = started("-c", f"import {module}", SANAD_SECRET_KEY="")
    assert served.returncode != 0
    assert served.stderr.splitlines()[-1].startswith("portal.start.StartRefused: SANAD_SECRET_KEY is missing.")


@pytest.mark.parametrize("module", ["portal.working", "portal.celery"])
def test_no_worker_works_without_a_secret(module):
    worker = started("-m", "celery", "-A", module, "worker", "--pool=solo", SANAD_SECRET_KEY="")
    assert worker.returncode != 0
    assert "SANAD_SECRET_KEY is missing" in worker.stderr + worker.stdout


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path)
    made.secrets.mkdir(mode=0o700)
    keys.ensure(made)
    return made


def test_the_launcher_says_it_before_anything_starts(home):
    caller = {"SANAD_PUBLIC_URL": "http://sanad.example"}
    assert [said for said in environment.unsafe(Servers(home, caller, 8000)) if "would pass in clear" in said]
    assert environment.unsafe(Servers(home, {}, 8000)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SANAD_VAULT_ADDR", "http://vault.example:8200"),
        ("AWS_ENDPOINT_URL", "http://minio.example"),
        ("DOCKER_HOST", "tcp://engine.example:2375"),
        ("MLFLOW_DATABASE_URL", "postgresql://m:word@db.example/mlflow"),
        ("DATABASE_OWNER_URL", "postgresql://o:word@db.example/sanad"),
        ("LAKE_DATABASE_URL", "postgresql://l:word@db.example/lake"),
        ("REDIS_URL", "redis://:word@valkey.example:6379/0"),
    ],
)
def test_the_launcher_looks_at_every_way_that_leads_out(home, name, value):
    caller = {"SANAD_PUBLIC_URL": GOOD.public_url, "DATABASE_URL": DATABASE, name: value}
    (said,) = environment.unsafe(Servers(home, caller, 8000))
    assert said.startswith(f"{name} leads to another machine without TLS")


def test_every_process_looks_at_every_way_too():
    checked = started("manage.py", "check", "--deploy", SANAD_VAULT_ADDR="http://vault.example:8200")
    assert checked.returncode != 0
    assert "SANAD_VAULT_ADDR leads to another machine without TLS" in checked.stderr


@pytest.mark.parametrize(("public", "secure"), [("https://sanad.example", True), ("http://127.0.0.1:8000", False)])
def test_settings_of_a_public_portal_ask_for_tls_everywhere(public, secure):
    names = ["SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    asked = f"from portal import settings; print([getattr(settings, name) for name in {names}])"
    found = started("-c", asked, SANAD_PUBLIC_URL=public)
    assert found.stdout.strip() == str([secure] * len(names)), found.stderr
