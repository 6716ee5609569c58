"""Somebody with every right on the server changes the record: the portal and the stand-alone verifier both name it."""

from __future__ import annotations

import pytest
from psycopg.types.json import Jsonb

from foundation import ledger
from foundation.ledger.canonical import entry_of, hash_of
from foundation.ledger.models import LedgerHead
from foundation.tenancy import scope
from tests.foundation.ledger.stage import archive, grow, places

pytestmark = pytest.mark.django_db(transaction=True)


def rehash(chain, intruder, first, *, last=None):
    """Hash the rows from `first` on anew, as somebody who covers his tracks would."""
    previous = None
    for place in places(chain):
        if place.seq < first or (last and place.seq > last):
            previous = place.hash
            continue
        entry = entry_of(event=place.event, tenant_id=chain.pk, seq=place.seq, previous_hash=previous)
        previous = hash_of(entry)
        intruder.execute(
            "UPDATE ledger_ledgerplace SET previous_hash = %s, hash = %s WHERE event_id = %s",
            [entry["previous_hash"], previous, place.event_id],
        )
    if last is None:
        intruder.execute("UPDATE ledger_ledgerhead SET hash = %s", [previous])


def event_at(chain, seq):
    return places(chain)[seq - 1].event_id


def swap_places(intruder, a, b):
    intruder.execute("UPDATE ledger_ledgerplace SET seq = -1 WHERE seq = %s", [a])
    intruder.execute("UPDATE ledger_ledgerplace SET seq = %s WHERE seq = %s", [a, b])
    intruder.execute("UPDATE ledger_ledgerplace SET seq = %s WHERE seq = -1", [b])


def alter(chain, intruder, seq):
    intruder.execute(
        "UPDATE ledger_ledgerevent SET payload = %s WHERE id = %s", [Jsonb({"rows": 777}), event_at(chain, seq)]
    )


def test_a_whole_chain_is_whole_on_both_ways(chain, export, verified):
    result = ledger.verify_chain(chain)
    assert (result.whole, result.entries, result.last_checkpoint.tree_size) == (True, 10, 8)
    assert ledger.compare_with_anchors() == []
    code, said = verified(export())
    assert (code, said["ok"], said["entries"], said["last_checkpoint"]["tree_size"]) == (0, True, 10, 10)
    assert (said["unsigned_entries"], said["unanchored_entries"], said["warnings"]) == (0, 0, [])


def alter_payload(chain, intruder):
    alter(chain, intruder, 6)


def alter_and_rehash_one(chain, intruder):
    alter(chain, intruder, 6)
    rehash(chain, intruder, 6, last=6)


def alter_and_rehash_all(chain, intruder):
    alter(chain, intruder, 6)
    rehash(chain, intruder, 6)


def delete_middle(chain, intruder):
    intruder.execute("DELETE FROM ledger_ledgerplace WHERE seq = 6")


def delete_middle_and_renumber(chain, intruder):
    delete_middle(chain, intruder)
    for seq in range(7, 11):
        intruder.execute("UPDATE ledger_ledgerplace SET seq = %s WHERE seq = %s", [seq - 1, seq])
    intruder.execute("UPDATE ledger_ledgerhead SET seq = 9")


def cut_tail(chain, intruder):
    intruder.execute("DELETE FROM ledger_ledgerplace WHERE seq > 7")
    intruder.execute("DELETE FROM ledger_checkpoint WHERE tree_size > 7")
    intruder.execute("UPDATE ledger_ledgerhead SET seq = 7, hash = (SELECT hash FROM ledger_ledgerplace WHERE seq = 7)")


def insert(chain, intruder):
    """A forged entry 6 that is right in itself; those after it move up."""
    for seq in range(10, 5, -1):
        intruder.execute("UPDATE ledger_ledgerplace SET seq = %s WHERE seq = %s", [seq + 1, seq])
    intruder.execute("UPDATE ledger_ledgerhead SET seq = 11")
    row = archive(chain)
    intruder.execute("DELETE FROM ledger_pendingevent")
    previous = places(chain)[4].hash
    own = hash_of(entry_of(event=row, tenant_id=chain.pk, seq=6, previous_hash=previous))
    intruder.execute(
        "INSERT INTO ledger_ledgerplace (tenant_id, event_id, seq, previous_hash, hash) VALUES (%s, %s, 6, %s, %s)",
        [chain.pk, row.pk, previous, own],
    )


def swap(chain, intruder):
    swap_places(intruder, 6, 7)


def swap_far(chain, intruder):
    swap_places(intruder, 6, 9)


def swap_contents(chain, intruder):
    six, seven = event_at(chain, 6), event_at(chain, 7)
    intruder.execute("ALTER TABLE ledger_ledgerplace DROP CONSTRAINT ledger_ledgerplace_pkey CASCADE")
    intruder.execute("UPDATE ledger_ledgerplace SET event_id = %s WHERE seq = 6", [seven])
    intruder.execute("UPDATE ledger_ledgerplace SET event_id = %s WHERE seq = 7", [six])


CASES = [
    (alter_payload, "altered", 6),
    (alter_and_rehash_one, "altered", 6),
    (alter_and_rehash_all, "altered", 5),  # the checkpoint at 8 catches it; what is known is: after the one at 4
    (delete_middle, "missing", 6),
    (delete_middle_and_renumber, "missing", 6),
    (cut_tail, "truncated", 8),
    (insert, "inserted", 6),
    (swap, "reordered", 6),
    (swap_far, "reordered", 6),
    (swap_contents, "reordered", 6),
]


@pytest.mark.parametrize(("tamper", "kind", "seq"), CASES, ids=[case[0].__name__ for case in CASES])
def test_what_was_done_to_the_database_is_named_on_both_ways(chain, intruder, export, verified, tamper, kind, seq):
    tamper(chain, intruder)

    result = ledger.verify_chain(chain)
    assert (result.finding.kind, result.finding.seq) == (kind, seq), result.finding.sentence
    code, said = verified(export())
    assert code == 1
    assert (said["finding"]["kind"], said["finding"]["seq"]) == (kind, seq), said["finding"]["sentence"]


def test_an_event_whose_row_is_gone_is_missing(chain, intruder, export):
    intruder.execute("DELETE FROM ledger_ledgerevent WHERE id = %s", [event_at(chain, 6)])
    result = ledger.verify_chain(chain)
    assert (result.finding.kind, result.finding.seq) == ("missing", 6)
    with pytest.raises(Exception, match="entry 6 is gone"):
        export()


def test_an_event_taken_out_of_the_queue_is_missing(chain, intruder):
    lost = archive(chain)
    intruder.execute("DELETE FROM ledger_pendingevent")
    result = ledger.verify_chain(chain)
    assert result.finding.kind == "missing"
    assert str(lost.pk) in result.finding.sentence


def test_a_tail_cut_together_with_its_checkpoint_and_head_shows_at_the_end_of_the_chain(chain, intruder):
    intruder.execute("DELETE FROM ledger_ledgerplace WHERE seq > 9")
    result = ledger.verify_chain(chain)
    assert (result.finding.kind, result.finding.seq) == ("truncated", 10)


def test_a_check_may_begin_at_a_number_and_takes_what_was_before_on_its_signature(chain, intruder):
    alter(chain, intruder, 2)
    assert ledger.verify_chain(chain).finding.seq == 2
    later = ledger.verify_chain(chain, from_seq=7)
    assert (later.whole, later.from_seq, later.entries) == (True, 5, 10)
    alter(chain, intruder, 9)
    assert ledger.verify_chain(chain, from_seq=7).finding.seq == 9


def test_a_forged_checkpoint_is_named(chain, intruder, export, verified):
    intruder.execute("UPDATE ledger_checkpoint SET root_hash = %s WHERE tree_size = 4", ["ab" * 32])
    assert ledger.verify_chain(chain).finding.kind == "signature"
    code, said = verified(export())
    assert (code, said["finding"]["kind"], said["finding"]["seq"]) == (1, "signature", 4)


def test_no_checkpoint_is_signed_over_an_altered_entry(chain, intruder):
    good = places(chain)[8].event.payload
    alter(chain, intruder, 9)
    assert ledger.checkpoint_once(even_if_not_due=True) == 0
    with scope(chain.pk):
        assert "Entry 9 is not what was recorded" in LedgerHead.objects.get().broken
    grow(chain, 1)
    with scope(chain.pk):
        assert LedgerHead.objects.get().broken, "it stays in sight while events get places"

    intruder.execute("UPDATE ledger_ledgerevent SET payload = %s WHERE id = %s", [Jsonb(good), event_at(chain, 9)])
    assert ledger.checkpoint_once(even_if_not_due=True) == 1
    with scope(chain.pk):
        assert (LedgerHead.objects.get().broken, LedgerHead.objects.get().broken_since) == ("", None)
