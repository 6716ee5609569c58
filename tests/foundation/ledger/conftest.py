from __future__ import annotations

import json
import os
from pathlib import Path

import psycopg
import pytest
import sanad_verify

from foundation import ledger
from foundation.ledger import config, signing, subscriptions
from tests.foundation.ledger.stage import grow
from tests.support.people import make_tenant


@pytest.fixture(autouse=True)
def own_home(settings, tmp_path):
    """Each test has its own key and anchors."""
    settings.SANAD_HOME = tmp_path / "home"
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "home" / "secrets" / "ledger-signing.pem"
    settings.LEDGER_ANCHOR_FOLDER = tmp_path / "home" / "anchors"
    settings.LEDGER_CHECKPOINT_SECONDS = 3600
    settings.LEDGER_CHECKPOINT_EVENTS = 1_000_000
    signing.signing_key.cache_clear()
    return settings.SANAD_HOME


@pytest.fixture(autouse=True)
def only_own_subscribers(monkeypatch):
    """The apps' subscribers stay out: these tests count cursors and deliveries."""
    monkeypatch.setattr(subscriptions, "_known", {})


@pytest.fixture
def acme(transactional_db):
    """A tenant whose changes really commit."""
    return make_tenant("acme", "Acme Trading")


@pytest.fixture
def public_keys(own_home) -> Path:
    """The public key as an auditor got it."""
    key_file = config.current().signing_key_file
    signing.ensure_key(key_file)
    return signing.public_key_file(key_file)


@pytest.fixture
def intruder(transactional_db):
    """Somebody who owns the database server: triggers and row-level security do not hold them."""
    from django.db import connection

    url = os.environ["SANAD_TEST_SUPERUSER_URL"].replace("/sanad?", f"/{connection.settings_dict['NAME']}?")
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute("SET session_replication_role = replica")
        for table in ("ledgerevent", "ledgerplace", "checkpoint"):
            opened.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER ledger_append_only")
        yield opened


@pytest.fixture
def chain(acme, public_keys):
    """Ten entries; checkpoints with anchors at 4 and 8."""
    grow(acme, 10, checkpoint_at=[4, 8])
    return acme


@pytest.fixture
def anchor(chain):
    return config.current().anchor_folder / f"{chain.pk}.jsonl"


@pytest.fixture
def export(chain, tmp_path):
    """Write the export to a file, optionally with lines changed on the way, and give its path."""

    def write(change=lambda lines: lines):
        lines = change([json.loads(line) for line in ledger.export_ledger(chain)])
        path = tmp_path / "export.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    return write


@pytest.fixture
def verified(public_keys, anchor, capsys):
    """What the stand-alone verifier says of an export: exit code and its JSON."""

    def verify(path, key=public_keys, anchor_file=anchor):
        arguments = [str(path), "--key", str(key), "--json", *(["--anchor", str(anchor_file)] if anchor_file else [])]
        code = sanad_verify.main(arguments)
        return code, json.loads(capsys.readouterr().out)

    return verify
