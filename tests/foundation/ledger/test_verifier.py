"""The stand-alone verifier: what was done to an export is named, and what cannot be read is said."""

from __future__ import annotations

import json
import subprocess
import sys
from uuid import uuid4

import pytest
import sanad_verify
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_verifier_says_it_in_a_line(chain, export, public_keys, anchor, capsys):
    sanad_verify.main([str(export()), "--key", str(public_keys), "--anchor", str(anchor)])
    said = capsys.readouterr().out
    assert said.startswith("OK 10 entries, last checkpoint at entry 10 of 20")
    assert said.endswith("; 10 covered by a signed checkpoint, 10 by the anchor\n")
    assert sanad_verify.main([str(export()), "--key", str(public_keys)]) == 0
    said = capsys.readouterr().out
    assert "WARNING: no anchor was given, so it is not excluded that whoever holds the signing key" in said


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
    code, said = verified(path, anchor_file=None)
    assert (code, said["finding"], said["unsigned_entries"]) == (3, None, 10)
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
