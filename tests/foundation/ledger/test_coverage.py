"""How much of an export is vouched for: the portal signs what it exports, and the verifier says what nobody signed."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
import sanad_verify

from foundation import ledger
from foundation.ledger import checkpoints, system
from foundation.ledger.models import Checkpoint, LedgerHead
from foundation.tenancy import scope
from tests.foundation.ledger.stage import grow
from tests.foundation.ledger.test_verifier import events, line_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def older_anchor(anchor, tmp_path):
    """What somebody fetched and kept elsewhere when eight entries were anchored."""
    kept = tmp_path / "kept-elsewhere.jsonl"
    kept.write_bytes(anchor.read_bytes())
    return kept


def refit(lines, signed):
    """Hash everything anew, keep the checkpoints up to `signed` alone and make the footer fit."""
    previous = sanad_verify.NO_PREVIOUS
    for line in events(lines):
        line["entry"]["previous_hash"] = previous
        previous = line["hash"] = sanad_verify.hash_of(line["entry"])
    lines = [line for line in lines if line["type"] != "checkpoint" or line["checkpoint"]["tree_size"] <= signed]
    lines[-1].update(entries=len(events(lines)), last_hash=previous)
    return lines


def alter(lines, seq):
    lines[line_of(lines, seq)]["entry"]["payload"]["rows"] = 777
    return lines


def rewrite(lines):
    return refit(alter(lines, 6), signed=0)


def rewrite_after_the_first_checkpoint(lines):
    return refit(alter(lines, 6), signed=4)


def rewrite_the_end(lines):
    return refit(alter(lines, 9), signed=8)


def append(lines):
    place = line_of(lines, 10)
    forged = json.loads(json.dumps(lines[place]))
    forged["entry"].update(seq=11, id=str(uuid4()))
    return refit([*lines[: place + 1], forged, *lines[place + 1 :]], signed=8)


FORGERIES = [
    (rewrite, "entries 1 to 10 are not signed", 10),
    (rewrite_after_the_first_checkpoint, "entries 5 to 10 are not signed", 6),
    (rewrite_the_end, "entries 9 to 10 are not signed", 2),
    (append, "entries 9 to 11 are not signed", 3),
]


@pytest.mark.parametrize(("change", "sentence", "unsigned"), FORGERIES, ids=[case[0].__name__ for case in FORGERIES])
def test_what_nobody_signed_is_never_plainly_ok(export, verified, public_keys, capsys, change, sentence, unsigned):
    path = export(change)
    code, said = verified(path, anchor_file=None)
    assert (code, said["ok"], said["finding"], said["unsigned_entries"]) == (3, False, None, unsigned)

    assert sanad_verify.main([str(path), "--key", str(public_keys)]) == 3
    told = capsys.readouterr().out
    assert told.startswith("NOT WHOLLY COVERED:") and sentence in told
    assert sanad_verify.main([str(path), "--key", str(public_keys), "--allow-unsigned"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("OK AS FAR AS IT IS COVERED:") and sentence in told


@pytest.mark.parametrize("change", [rewrite, rewrite_after_the_first_checkpoint])
def test_a_rewritten_beginning_does_not_get_past_an_older_anchor(export, verified, older_anchor, change):
    assert verified(export(change), anchor_file=older_anchor)[0] == 1


def test_entries_beyond_the_anchor_are_named(export, verified, older_anchor):
    code, said = verified(export(), anchor_file=older_anchor)
    assert (code, said["signed_entries"], said["anchored_entries"], said["unanchored_entries"]) == (3, 10, 8, 2)
    assert said["warnings"] == [
        "entries 9 to 10 are beyond the anchor, so whoever holds the signing key could have rewritten them"
    ]


def test_an_export_is_signed_and_anchored_to_its_end(chain, export, verified):
    grow(chain, 3)
    code, said = verified(export())
    assert (code, said["entries"], said["signed_entries"], said["anchored_entries"]) == (0, 13, 13, 13)
    signed = Checkpoint.objects.filter(tree_size=13)
    with scope(chain.pk):
        assert signed.count() == 1
    export()
    with scope(chain.pk):
        assert signed.count() == 1, "what is signed is not signed again"


def test_entries_that_come_while_it_is_signed_wait_for_the_next_export(chain, export, verified, monkeypatch):
    real = checkpoints.sign_now

    def sign_and_grow(tenant_id):
        signed = real(tenant_id)
        grow(chain, 2)
        return signed

    monkeypatch.setattr("foundation.ledger.exporting.sign_now", sign_and_grow)
    code, said = verified(export())
    assert (code, said["entries"], said["signed_entries"]) == (0, 10, 10)


def test_a_broken_chain_is_not_signed_for_an_export(chain, export, verified, intruder):
    ninth = "(SELECT event_id FROM ledger_ledgerplace WHERE seq = 9)"
    intruder.execute(f"UPDATE ledger_ledgerevent SET kind = 'a.b' WHERE id = {ninth}")
    code, said = verified(export())
    assert (code, said["finding"]["kind"], said["finding"]["seq"]) == (1, "altered", 9)
    with scope(chain.pk):
        assert LedgerHead.objects.get().broken_since is not None


def test_two_who_sign_at_once_sign_one_checkpoint(chain, monkeypatch):
    """The sequencer had found the tenant due before the export signed it."""
    due = system.tenants_to_sign(events=1, seconds=0.0)
    assert checkpoints.sign_now(chain.pk) == 10
    monkeypatch.setattr(system, "tenants_to_sign", lambda **_given: due)
    ledger.checkpoint_once()
    with scope(chain.pk):
        assert Checkpoint.objects.filter(tree_size=10).count() == 1
