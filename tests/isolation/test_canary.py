"""A canary is kept in every way there is, and then looked for in every file that is left: nowhere is it in clear."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import psycopg
import pyarrow as pa
import pytest
import redis
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings

from apps.features.adapters.valkey import store_at
from apps.features.services.online import online_view
from apps.registry.services.keys import current_key
from apps.tenants.services.webhooks import create_webhook
from foundation import lake, storage
from foundation.clock import now
from foundation.lake.adapters import sessions
from foundation.tenancy import scope
from runtime.online import Writer
from runtime.online.packing import unpacked
from tests.support import servers
from tests.support.people import make_person, make_tenant

HERE = servers.folders()
CANARY = "Canary-Serinus-canaria-7f3a-domestica"


def forms(text: str) -> list[str]:
    """As it is, in hex as PostgreSQL logs bytes, and in base64 wherever in a longer text it begins."""
    raw = text.encode()
    shifted = [base64.b64encode(b"x" * shift + raw).decode() for shift in range(3)]
    # What depends on the neighbours is cut off at both ends.
    inner = [code[4:-8] for code in shifted]
    return [text, raw.hex(), *inner]


def holding(needles: list[str], *folders: Path) -> list[str]:
    command = ["grep", "-rlaF", *(part for needle in needles for part in ("-e", needle)), *map(str, folders)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()


def written_out() -> None:
    """Whatever the servers hold in memory is in their files."""
    with psycopg.connect(os.environ["SANAD_TEST_SUPERUSER_URL"], autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    redis.Redis.from_url(settings.REDIS_URL).save()


@pytest.fixture
def keeper(db):
    made = make_tenant("canary", "Canary Keepers")
    return make_person(made, "admin", email="keeper@canary.test")


@pytest.mark.django_db(transaction=True)
def test_what_a_tenant_keeps_lies_nowhere_in_clear(keeper):
    tenant = keeper.tenant
    with scope(tenant.pk):
        table = lake.for_tenant(tenant.pk)
        names = pa.table({"id": range(20_000), "name": [f"{CANARY} {number}" for number in range(20_000)]})
        at = table.write("birds", names)
        with sessions.cursor(table._place) as connection:
            connection.execute("DELETE FROM lake.main.birds WHERE id = 7")
            spilling = "SELECT max(name) FROM (SELECT name FROM lake.main.birds ORDER BY hash(name))"
            assert CANARY in connection.execute(spilling).fetchone()[0]
        storage.put(tenant.pk, "cage/bird", (CANARY * 50_000).encode())
        sealed = storage.sealing.seal(tenant.pk, "connection", CANARY.encode())
        _hook, secret = create_webhook(actor=keeper, url="https://8.8.8.8/hook", kinds=[], now=now())
        _row, private = current_key(keeper)
        seed = private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        entity = {"bird": CANARY}
        about = SimpleNamespace(join_keys=["bird"])
        view = SimpleNamespace(pk=uuid4(), tenant_id=tenant.pk, entity=about, feature_names=["song"], ttl_seconds=None)
        online = online_view(view)
        names = online.names.of([entity])
        values = Writer(online, 1).sealed(names, [[[0, 0, [CANARY]]]])
        store_at(settings.REDIS_URL).write(zip(names, values, strict=True), ttl_seconds=None)
        with storage.scratch("canary") as folder:
            (folder / "clear").write_text(CANARY)
            assert holding([CANARY], *HERE), "the search finds what is there"
        written_out()
        assert holding([keeper.user.email], HERE[-1]), "what the database says in clear is found in its files"
        kept = [*forms(CANARY), secret, secret.removeprefix("whsec_"), seed.hex(), base64.b64encode(seed).decode()[:40]]
        assert holding(kept, *HERE) == []
        # And it can all be read.
        assert table.read(at).read_all().num_rows == 20_000
        assert CANARY.encode() in storage.read(tenant.pk, "cage/bird")
        assert storage.sealing.open_sealed(tenant.pk, "connection", sealed) == CANARY.encode()
        (opened,) = online.opened(names, store_at(settings.REDIS_URL).read(names))
        assert unpacked(opened) == ((0, 0, [CANARY]),)
