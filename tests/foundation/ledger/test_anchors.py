"""Checkpoints leave the database by themselves, and start-up compares."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pytest
import sanad_verify
from django.core.management import call_command
from django.core.management.base import CommandError

from foundation import ledger
from foundation.clock import database_now
from foundation.ledger import anchors, config, delivering, signing
from foundation.ledger.errors import AnchorConflict, KeyRefused
from foundation.ledger.models import AnchorDelivery, Checkpoint, LedgerHead
from foundation.tenancy import scope
from tests.foundation.ledger.stage import archive, grow, places


def anchor_file(tenant):
    return config.current().anchor_folder / f"{tenant.pk}.jsonl"


def kinds():
    return [divergence.kind for divergence in ledger.compare_with_anchors()]


def test_a_checkpoint_is_due_after_so_many_events_or_so_much_time(tenant, settings):
    settings.LEDGER_CHECKPOINT_EVENTS = 3
    grow(tenant, 1)
    assert ledger.checkpoint_once() == 1, "the first is due at once"
    assert ledger.checkpoint_once() == 0, "nothing is new"
    grow(tenant, 2)
    assert ledger.checkpoint_once() == 0
    grow(tenant, 1)
    assert ledger.checkpoint_once() == 1
    grow(tenant, 1)
    settings.LEDGER_CHECKPOINT_SECONDS = 0
    assert ledger.checkpoint_once() == 1
    assert list(Checkpoint.objects.order_by("tree_size").values_list("tree_size", flat=True)) == [1, 4, 5]


def test_each_checkpoint_is_signed_and_anchored_beside_the_database(tenant, public_keys):
    grow(tenant, 5, checkpoint_at=[2, 5])
    lines = anchor_file(tenant).read_bytes().splitlines()
    keys = sanad_verify.read_keys(str(public_keys))
    found = [sanad_verify.read_checkpoint("anchor", 1, json.loads(line), "anchor") for line in lines]
    assert [mark.size for mark in found] == [2, 5]
    assert all(mark.is_signed_by(keys) for mark in found)
    assert not AnchorDelivery.objects.filter(delivered_at=None).exists()
    assert ledger.compare_with_anchors() == []


def test_the_key_is_made_once_for_its_owner_alone(own_home):
    key_file = config.current().signing_key_file
    first = signing.signing_key(key_file)
    signing.signing_key.cache_clear()
    assert signing.key_id_of(signing.signing_key(key_file).public_key()) == signing.key_id_of(first.public_key())
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert list(signing.load_public_keys(signing.public_key_file(key_file))) == [signing.key_id_of(first.public_key())]


@pytest.mark.parametrize(
    ("content", "mode", "sentence"), [(None, 0o644, "by others"), ("nonsense", 0o600, "no private key")]
)
def test_a_key_that_is_open_or_none_is_refused_in_words(own_home, content, mode, sentence):
    key_file = config.current().signing_key_file
    signing.ensure_key(key_file)
    if content:
        key_file.write_text(content)
    key_file.chmod(mode)
    with pytest.raises(KeyRefused, match=sentence):
        signing.signing_key(key_file)


def test_after_a_new_key_old_checkpoints_stay_verifiable(tenant):
    grow(tenant, 2, checkpoint_at=[2])
    config.current().signing_key_file.unlink()
    signing.signing_key.cache_clear()
    grow(tenant, 2, checkpoint_at=[4])
    assert Checkpoint.objects.values("key_id").distinct().count() == 2
    assert ledger.verify_chain(tenant).whole
    assert ledger.compare_with_anchors() == []


def test_a_sink_that_fails_is_tried_again_and_shown(tenant, monkeypatch):
    sink = anchors.sink("file")
    monkeypatch.setattr(type(sink), "deliver", lambda self, checkpoint: 1 / 0)
    grow(tenant, 1, checkpoint_at=[1])
    delivery = AnchorDelivery.objects.get()
    assert (delivery.delivered_at, delivery.attempts, delivery.last_error) == (None, 1, "builtins.ZeroDivisionError")
    assert delivery.failing_since is not None
    assert delivering.deliver_once() == 0, "its pause is not over"
    monkeypatch.undo()
    AnchorDelivery.objects.update(next_attempt_at=database_now())
    assert delivering.deliver_once() == 1


def test_the_anchor_file_takes_a_line_once_and_drops_a_torn_one(tenant):
    grow(tenant, 2, checkpoint_at=[1, 2])
    sink, path = anchors.sink("file"), anchor_file(tenant)
    whole = path.read_bytes()
    newest = sink.newest(tenant.pk)
    with path.open("ab") as file:
        file.write(b'{"torn')
    assert sink.newest(tenant.pk) == newest
    assert len(list(sink.read(tenant.pk))) == 2
    sink.deliver(newest)
    assert path.read_bytes() == whole
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_anchor_file_refuses_to_go_back(tenant):
    grow(tenant, 2, checkpoint_at=[1, 2])
    first = Checkpoint.objects.get(tree_size=1).signed()
    with pytest.raises(AnchorConflict, match="already covers 2"):
        anchors.sink("file").deliver(first)


def cut(tenant, intruder, size):
    """What restoring a backup of that time would leave."""
    intruder.execute("DELETE FROM ledger_ledgerplace WHERE seq > %s", [size])
    later = "SELECT id FROM ledger_checkpoint WHERE tree_size > %s"
    intruder.execute(f"DELETE FROM ledger_anchordelivery WHERE checkpoint_id IN ({later})", [size])
    intruder.execute("DELETE FROM ledger_checkpoint WHERE tree_size > %s", [size])
    intruder.execute(
        "DELETE FROM ledger_ledgerevent e WHERE NOT EXISTS (SELECT 1 FROM ledger_ledgerplace p WHERE p.event_id = e.id)"
    )
    intruder.execute(
        "UPDATE ledger_ledgerhead SET seq = %s, hash = (SELECT hash FROM ledger_ledgerplace WHERE seq = %s)",
        [size, size],
    )


@pytest.fixture
def chain(acme):
    grow(acme, 8, checkpoint_at=[3, 5, 8])
    return acme


@pytest.mark.django_db(transaction=True)
def test_a_restored_old_backup_is_said_aloud_and_the_loss_can_be_accepted(chain, intruder, capsys):
    cut(chain, intruder, 5)
    [divergence] = ledger.compare_with_anchors()
    assert divergence.kind == "behind"
    assert "ends at entry 5, but 8 were anchored" in divergence.sentence
    for command in ("check_ledger", "run_sequencer"):
        with pytest.raises(CommandError, match="8 were anchored"):
            call_command(command)

    call_command("check_ledger", accept_loss=chain.slug)
    assert "agree with their anchors" in capsys.readouterr().out
    assert len(list(anchor_file(chain).parent.glob("*.set-aside"))) == 1
    grow(chain, 1, checkpoint_at=[7])
    assert kinds() == []
    [accepted] = [place.event for place in places(chain) if place.event.kind == "ledger.loss_accepted"]
    assert (accepted.payload["anchored_size"], accepted.payload["found_size"]) == (8, 5)
    assert ledger.verify_chain(chain).whole


@pytest.mark.django_db(transaction=True)
def test_an_old_backup_that_was_written_on_is_another_history(chain, intruder):
    cut(chain, intruder, 5)
    grow(chain, 6, checkpoint_at=[10])
    assert kinds() == ["different"]
    with scope(chain.pk):
        assert AnchorDelivery.objects.filter(last_error__endswith="AnchorConflict").exists()


@pytest.mark.django_db(transaction=True)
def test_an_altered_place_since_the_last_checkpoints_shows_at_start(chain, intruder):
    intruder.execute("UPDATE ledger_ledgerplace SET hash = %s WHERE seq = 7", ["ab" * 32])
    assert kinds() == ["different"]


@pytest.mark.django_db(transaction=True)
def test_an_altered_event_shows_in_the_full_check(chain, intruder):
    intruder.execute(
        "UPDATE ledger_ledgerevent SET kind = 'a.b' WHERE id = (SELECT event_id FROM ledger_ledgerplace WHERE seq = 2)"
    )
    call_command("check_ledger")
    with pytest.raises(CommandError, match="acme: Entry 2 was altered"):
        call_command("check_ledger", full=True)


def test_lost_damaged_and_forged_anchors_are_said(tenant):
    grow(tenant, 2, checkpoint_at=[2])
    path = anchor_file(tenant)
    good = path.read_bytes()
    path.write_bytes(b"nonsense\n")
    assert kinds() == ["unreadable"]
    path.write_bytes(good.replace(b'"tree_size":2', b'"tree_size":1'))
    assert kinds() == ["signature"]
    path.unlink()
    assert kinds() == ["lost_anchor"]
    path.write_bytes(good)
    assert kinds() == []


def test_an_anchor_of_an_unknown_tenant_says_that_another_database_is_connected(tenant):
    grow(tenant, 1, checkpoint_at=[1])
    other = anchor_file(tenant).with_name("6f9619ff-8b86-4d01-b42d-00cf4fc964ff.jsonl")
    other.write_bytes(anchor_file(tenant).read_bytes())
    assert kinds() == ["lost_tenant"]


@pytest.mark.django_db(transaction=True)
def test_the_command_ends_with_one_and_the_sentence_on_a_diverged_ledger(chain, intruder, own_home, settings):
    cut(chain, intruder, 3)
    ran = subprocess.run(
        [sys.executable, str(settings.ROOT / "manage.py"), "check_ledger"],
        env={**os.environ, "SANAD_HOME": str(own_home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "its end was cut off or an old backup was restored" in ran.stderr


def test_the_export_command_writes_what_the_verifier_takes(tenant, tmp_path, public_keys, capsys):
    grow(tenant, 3, checkpoint_at=[2])
    path = tmp_path / "acme.jsonl"
    call_command("export_ledger", tenant.slug, str(path))
    assert str(public_keys) in capsys.readouterr().out
    assert sanad_verify.main([str(path), "--key", str(public_keys), "--anchor", str(anchor_file(tenant))]) == 0


def test_an_empty_ledger_is_whole(tenant, tmp_path, public_keys):
    assert ledger.verify_chain(tenant).entries == 0
    path = tmp_path / "empty.jsonl"
    path.write_bytes(b"".join(ledger.export_ledger(tenant)))
    assert sanad_verify.main([str(path), "--key", str(public_keys)]) == 0
    archive(tenant)
    assert not LedgerHead.objects.exists()
    assert ledger.verify_chain(tenant).whole, "what waits for its place is no loss"
