"""Somebody with every right on the server changes the record: the portal and the stand-alone verifier both name it."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
import sanad_verify
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from psycopg.types.json import Jsonb

from foundation import ledger
from foundation.ledger import config
from foundation.ledger.canonical import entry_of, hash_of
from foundation.tenancy import scope
from tests.foundation.ledger.stage import archive, grow, places

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert (code, said["ok"], said["entries"], said["last_checkpoint"]["tree_size"]) == (0, True, 10, 8)
    assert said["unsigned_entries"] == 2


def test_the_verifier_says_it_in_a_line(chain, export, public_keys, anchor, capsys):
    sanad_verify.main([str(export()), "--key", str(public_keys), "--anchor", str(anchor)])
    assert capsys.readouterr().out.startswith("OK 10 entries, last checkpoint at entry 8 of 20")
    sanad_verify.main([str(export()), "--key", str(public_keys)])
    assert "no anchor was given" in capsys.readouterr().out


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
    from foundation.ledger.models import LedgerHead

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


def events(lines):
    return [line for line in lines if line["type"] == "event"]


def line_of(lines, seq):
    return next(index for index, line in enumerate(lines) if line["type"] == "event" and line["entry"]["seq"] == seq)


def change_payload(lines):
    lines[line_of(lines, 6)]["entry"]["payload"]["rows"] = 777
    return lines


def drop(lines):
    return [line for line in lines if line["type"] != "event" or line["entry"]["seq"] != 6]


def repeat(lines):
    index = line_of(lines, 6)
    return [*lines[: index + 1], lines[index], *lines[index + 1 :]]


def exchange(lines):
    a, b = line_of(lines, 6), line_of(lines, 7)
    lines[a], lines[b] = lines[b], lines[a]
    return lines


def cut_file(lines):
    return lines[: line_of(lines, 7)]


def cut_cleanly(lines):
    """The last entries, the checkpoint over them and the footer are made to fit each other."""
    kept = [line for line in lines if line["type"] != "event" or line["entry"]["seq"] <= 7]
    kept = [line for line in kept if line["type"] != "checkpoint" or line["checkpoint"]["tree_size"] <= 7]
    kept[-1].update(entries=7, last_hash=events(kept)[-1]["hash"])
    return kept


def insert_line(lines):
    index = line_of(lines, 6)
    forged = json.loads(json.dumps(lines[index]))
    forged["entry"]["id"] = str(uuid4())
    forged["hash"] = sanad_verify.hash_of(forged["entry"])
    for line in lines[index:]:
        if line["type"] == "event":
            line["entry"]["seq"] += 1
    return [*lines[:index], forged, *lines[index:]]


def strange_tenant(lines):
    for line in lines:
        if line["type"] == "header":
            line["tenant_id"] = str(uuid4())
    return lines


LINES = [
    (change_payload, "altered", 6),
    (drop, "missing", 6),
    (repeat, "inserted", 6),
    (insert_line, "inserted", 6),
    (exchange, "reordered", 6),
    (cut_file, "truncated", 7),
    (cut_cleanly, "truncated", 8),
    (strange_tenant, "signature", 4),
]


@pytest.mark.parametrize(("change", "kind", "seq"), LINES, ids=[case[0].__name__ for case in LINES])
def test_what_was_done_to_the_export_is_named(export, verified, change, kind, seq):
    code, said = verified(export(change))
    assert code == 1
    assert (said["finding"]["kind"], said["finding"]["seq"]) == (kind, seq), said["finding"]["sentence"]


def other_key(path):
    key = Ed25519PrivateKey.generate()
    path.write_bytes(
        key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return path


def test_a_wrong_key_is_named(export, verified, tmp_path):
    code, said = verified(export(), key=other_key(tmp_path / "other.pem"))
    assert (code, said["finding"]["kind"]) == (1, "signature")
    assert "key that you did not give" in said["finding"]["sentence"]


def test_an_anchor_of_another_history_is_named(chain, export, verified, anchor, tmp_path):
    """The whole chain was hashed and signed anew with the portal's key: only what was anchored elsewhere tells."""
    kept = tmp_path / "kept-elsewhere.jsonl"
    kept.write_bytes(anchor.read_bytes())

    def rewrite(lines):
        tree, previous = sanad_verify.Tree(), sanad_verify.NO_PREVIOUS
        lines[line_of(lines, 3)]["entry"]["payload"]["rows"] = 777
        for line in events(lines):
            line["entry"]["previous_hash"] = previous
            previous = line["hash"] = sanad_verify.hash_of(line["entry"])
            tree.add(previous)
        lines[-1]["last_hash"] = previous
        return [line for line in lines if line["type"] != "checkpoint"]

    path = export(rewrite)
    assert verified(path, anchor_file=None)[0] == 0
    code, said = verified(path, anchor_file=kept)
    assert (code, said["finding"]["kind"], said["finding"]["seq"]) == (1, "altered", 1)


HEADER = '{"type": "header", "format": "sanad-ledger/1", "tenant_id": "x"}\n'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("not json\n", "line 1 is not JSON"),
        ('{"type": "header", "format": "other/9"}\n', "is not an export"),
        ('{"type": "header", "format": "sanad-ledger/1"}\n', "is not an export"),
        (HEADER + '{"type": "event"}\n', "line 2 does not hold"),
        (HEADER + '{"type": "event", "entry": {"seq": true}, "hash": "00"}\n', "line 2 is not an entry"),
        (HEADER + '{"type": "event", "entry": {"seq": 1}, "hash": "00"}\n', "not 64 hexadecimal digits"),
        (HEADER + '{"type": "checkpoint", "checkpoint": {}}\n', "line 2 is not a checkpoint"),
        ('{"type": "header", "format": "sanad-ledger/1", "format": "x"}\n', "names a field twice"),
        (HEADER + '{"type": "comment"}\n', "line 2 is not a line of a ledger"),
    ],
)
def test_what_is_no_export_is_said_to_be_none(verified, tmp_path, content, sentence):
    path = tmp_path / "broken.jsonl"
    path.write_text(content)
    code, said = verified(path)
    assert code == 2
    assert sentence in said["error"]


def test_what_is_no_key_or_anchor_is_said_to_be_none(export, verified, tmp_path):
    nothing = tmp_path / "nothing"
    nothing.write_text("")
    assert "no public key" in verified(export(), key=nothing)[1]["error"]
    assert "no anchor" in verified(export(), anchor_file=nothing)[1]["error"]
    assert "cannot be read" in verified(export(), anchor_file=tmp_path / "absent")[1]["error"]


def test_the_verifier_runs_by_itself(export, public_keys, anchor):
    import subprocess
    import sys

    ran = subprocess.run(
        [
            sys.executable,
            "-I",
            sanad_verify.__file__,
            str(export()),
            "--key",
            str(public_keys),
            "--anchor",
            str(anchor),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout[:14]) == (0, "OK 10 entries,")
