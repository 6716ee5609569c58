"""The published form: portal and stand-alone verifier agree with the fixed vectors, and so with each other."""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path

import pytest
import rfc8785
import sanad_verify
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.ledger import canonical, signing
from foundation.ledger.merkle import EMPTY_ROOT, Frontier
from foundation.ledger.signing import SignedCheckpoint
from tests.foundation.ledger.stage import VECTORS

vectors = json.loads(VECTORS.read_text())
hashes = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=70)


@pytest.mark.parametrize("vector", vectors["entries"], ids=lambda vector: f"entry-{vector['entry']['seq']}")
def test_an_entry_has_the_published_form_and_hash_in_the_portal_and_in_the_verifier(vector):
    for ours in (canonical, sanad_verify):
        assert ours.canonical(vector["entry"]).decode() == vector["canonical"]
        assert ours.hash_of(vector["entry"]) == vector["hash"]


def test_the_published_roots_are_those_of_the_published_hashes():
    frontier, tree = Frontier(), sanad_verify.Tree()
    for vector, root in zip(vectors["entries"], vectors["roots"], strict=True):
        frontier.add(vector["hash"])
        tree.add(vector["hash"])
        assert frontier.root() == tree.root() == root


def test_the_published_checkpoint_is_signed_by_the_published_key(tmp_path):
    key_file = tmp_path / "key.pem"
    key_file.write_text(vectors["public_key"])
    line = vectors["checkpoint_line"].encode()
    checkpoint = SignedCheckpoint.from_line(line)

    assert checkpoint.line() == line
    assert signing.authenticated(checkpoint.body()).decode() == vectors["signed_bytes"]
    assert checkpoint.is_signed_by(signing.load_public_keys(key_file))
    theirs = sanad_verify.read_checkpoint("vectors", 1, json.loads(line), "checkpoint")
    assert theirs.is_signed_by(sanad_verify.read_keys(str(key_file)))


def slow_root(leaves):
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


@given(hashes)
def test_the_root_is_that_of_rfc_6962_at_every_size(found):
    frontier, tree = Frontier(), sanad_verify.Tree()
    for index, event_hash in enumerate(found, 1):
        frontier.add(event_hash)
        tree.add(event_hash)
        expected = slow_root([bytes.fromhex(leaf) for leaf in found[:index]]).hex()
        assert frontier.root() == tree.root() == expected


@given(hashes, st.integers(min_value=0, max_value=70))
def test_a_tree_taken_up_from_its_frontier_goes_on_to_the_same_root(found, cut):
    whole, begun = Frontier(), Frontier()
    whole.extend(found)
    begun.extend(found[:cut])
    taken_up = Frontier(begun.size, begun.nodes())
    taken_up.extend(found[cut:])
    assert taken_up.root() == whole.root()


@given(hashes.filter(bool), st.data())
def test_another_leaf_gives_another_root(found, data):
    index = data.draw(st.integers(min_value=0, max_value=len(found) - 1))
    changed = [*found[:index], hashlib.sha256(found[index].encode()).hexdigest(), *found[index + 1 :]]
    ours, theirs = Frontier(), Frontier()
    ours.extend(found)
    theirs.extend(changed)
    assert ours.root() != theirs.root()


def test_an_empty_tree_and_a_frontier_of_the_wrong_size():
    assert Frontier().root() == sanad_verify.Tree().root() == EMPTY_ROOT
    with pytest.raises(ValueError, match="2 perfect subtrees"):
        Frontier(3, ["00" * 32])


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300)
@given(json_values)
def test_the_verifier_writes_json_as_rfc_8785_does(value):
    assert sanad_verify.canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [2**53, float("nan"), float("inf"), "\ud800", object()])
def test_what_json_cannot_say_for_sure_has_no_canonical_form(value):
    with pytest.raises(ValueError):
        sanad_verify.canonical([value])


RFC_8032 = [  # section 7.1, tests 1 to 3: public key, message, signature
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_verifier_checks_the_signatures_of_rfc_8032(public, message, signature):
    given_parts = [bytes.fromhex(part) for part in (public, message, signature)]
    assert sanad_verify.ed25519_holds(*given_parts)
    assert not sanad_verify.ed25519_holds(given_parts[0], given_parts[1] + b"x", given_parts[2])


@settings(max_examples=15, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=50), bit=st.integers(0, 511))
def test_the_verifier_takes_what_the_portal_signs_and_refuses_each_flipped_bit(seed, message, bit):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    signature = key.sign(message)
    flipped = (int.from_bytes(signature, "little") ^ (1 << bit)).to_bytes(64, "little")
    assert sanad_verify.ed25519_holds(public, message, signature)
    assert not sanad_verify.ed25519_holds(public, message, flipped)


def test_a_signature_made_malleable_by_adding_the_group_order_is_refused():
    public, message, signature = (bytes.fromhex(part) for part in RFC_8032[1])
    s = int.from_bytes(signature[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    assert not sanad_verify.ed25519_holds(public, message, signature[:32] + s.to_bytes(32, "little"))


def test_the_verifier_is_one_file_of_python_3_9_that_imports_the_standard_library_alone():
    tree = ast.parse(Path(sanad_verify.__file__).read_text(), feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {
        "__future__", "argparse", "base64", "binascii", "collections.abc", "hashlib", "json", "math", "pathlib", "re",
        "sys", "typing",
    }  # fmt: skip
