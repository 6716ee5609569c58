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
from portal.start import Start, faults

ROOT = Path(__file__).resolve().parents[2]
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
        {"public_url": "http://127.0.0.1:8000", "redis_url": "redis://:word@valkey/0", "debug": True},
    ],
)
def test_what_no_network_lies_behind_needs_no_tls(change):
    assert list(faults(replace(GOOD, **change))) == []


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


def test_no_worker_works_without_a_secret():
    worker = started("-m", "celery", "-A", "portal.celery", "worker", "--pool=solo", SANAD_SECRET_KEY="")
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


@pytest.mark.parametrize(("public", "secure"), [("https://sanad.example", True), ("http://127.0.0.1:8000", False)])
def test_settings_of_a_public_portal_ask_for_tls_everywhere(public, secure):
    names = ["SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_INCLUDE_SUBDOMAINS"]
    asked = f"from portal import settings; print([getattr(settings, name) for name in {names}])"
    found = started("-c", asked, SANAD_PUBLIC_URL=public)
    assert found.stdout.strip() == str([secure] * len(names)), found.stderr
