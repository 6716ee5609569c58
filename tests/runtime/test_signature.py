"""A signed model directory: a file that was changed, added or removed is named, and another key is refused."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from runtime.signature import (
    SIGNATURE_FILE,
    SignatureRefused,
    directory_digest,
    file_digests,
    verify_directory,
    write_signature,
)

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def signed(tmp_path):
    (tmp_path / "sanad").mkdir()
    (tmp_path / "MLmodel").write_text("flavors: {}")
    (tmp_path / "sanad" / "schema.json").write_text("{}")
    write_signature(tmp_path, KEY, {"model": "delays", "version": 3})
    return tmp_path


def refusal(directory):
    with pytest.raises(SignatureRefused) as refused:
        verify_directory(directory, PEM)
    return refused.value.sentence


def test_an_untouched_directory_is_accepted_and_says_whose_it_is(signed):
    predicate = verify_directory(signed, PEM)
    assert (predicate["model"], predicate["version"]) == ("delays", 3)
    assert predicate["directory_sha256"] == directory_digest(file_digests(signed))


def test_a_changed_file_is_named(signed):
    (signed / "MLmodel").write_text("flavors: {evil: true}")
    assert refusal(signed) == "The file MLmodel was changed after the model was signed."


def test_a_missing_file_is_named(signed):
    (signed / "sanad" / "schema.json").unlink()
    assert refusal(signed) == "The file sanad/schema.json was signed with this model but is missing."


def test_an_added_file_is_named(signed):
    (signed / "sanad" / "extra.py").write_text("print()")
    assert refusal(signed) == "The file sanad/extra.py was added after the model was signed."


def test_a_link_is_not_a_file(signed):
    (signed / "MLmodel").unlink()
    (signed / "MLmodel").symlink_to("/etc/hostname")
    assert "MLmodel is a link" in refusal(signed)


def test_another_key_is_refused(signed):
    write_signature(signed, Ed25519PrivateKey.generate(), {})
    assert "not made with this tenant's key" in refusal(signed)


def test_an_altered_statement_is_refused(signed):
    envelope = json.loads((signed / SIGNATURE_FILE).read_text())
    envelope["payload"] = envelope["payload"][:-8] + "AAAAAAA="
    (signed / SIGNATURE_FILE).write_text(json.dumps(envelope))
    assert "its statement was altered" in refusal(signed)


def test_no_signature_and_half_a_signature_are_refused(signed):
    (signed / SIGNATURE_FILE).write_text('{"payload": "e30')
    assert "not a DSSE envelope" in refusal(signed)
    (signed / SIGNATURE_FILE).unlink()
    assert "not signed" in refusal(signed)
