"""Every store of wrapping secrets keeps the port's promises."""

from __future__ import annotations

import base64
import os
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation.storage.adapters.key_folder import FolderKeyEncryption
from foundation.storage.adapters.key_pkcs11 import Pkcs11KeyEncryption, TokenPlace
from foundation.storage.adapters.key_vault import VaultKeyEncryption, VaultPlace
from foundation.storage.key_ports import KeyStoreAway, SecretMissing, SecretRefused
from tests.support import servers, softhsm
from tests.support.transit import Transit
from tests.support.transit_signature import DOCUMENTED, documented

KEY = bytes(range(32))
BOUND = b"tenant 7, key 1"


@pytest.fixture(scope="module")
def transit():
    served = Transit(token="s.of-the-test")
    yield served
    served.close()


@pytest.fixture(params=["environment", "file", "vault", "pkcs11"])
def make_store(request, tmp_path):
    """Opens the same store each time it is called, as two processes would."""
    if request.param == "vault":
        transit = request.getfixturevalue("transit")
        return lambda: VaultKeyEncryption(VaultPlace(transit.address, transit.token))
    if request.param == "pkcs11":
        place = TokenPlace(softhsm.make_token(Path(os.environ[servers.MARK])), softhsm.LABEL, softhsm.PIN)
        return lambda: Pkcs11KeyEncryption(place)
    return lambda: FolderKeyEncryption(request.param, tmp_path / "keys", [b"the key-encryption key"])


@pytest.fixture
def store(make_store):
    return make_store()


@pytest.fixture
def name():
    return f"tenant-{os.urandom(6).hex()}.1"


def test_what_is_wrapped_opens_again_in_another_process(make_store, name):
    store = make_store()
    store.make(name)
    wrapped = store.wrap(name, KEY, BOUND)
    assert KEY not in wrapped
    assert store.wrap(name, KEY, BOUND) != wrapped
    assert make_store().unwrap(name, wrapped, BOUND) == KEY


def test_making_twice_keeps_the_secret(store, name):
    store.make(name)
    wrapped = store.wrap(name, KEY, BOUND)
    store.make(name)
    assert store.unwrap(name, wrapped, BOUND) == KEY


def test_many_make_one_secret(make_store, name):
    stores = [make_store() for _ in range(4)]
    threads = [threading.Thread(target=store.make, args=[name]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrapped = stores[0].wrap(name, KEY, BOUND)
    assert [store.unwrap(name, wrapped, BOUND) for store in stores] == [KEY] * 4
    assert stores[0].names(name) == [name]


def test_another_name_or_binding_or_a_changed_wrap_is_refused(store, name):
    store.make(name)
    store.make(f"{name}0")
    wrapped = store.wrap(name, KEY, BOUND)
    changed = wrapped[:-3] + bytes(byte ^ 1 for byte in wrapped[-3:])
    for said in [
        (f"{name}0", wrapped, BOUND),
        (name, wrapped, b"tenant 8"),
        (name, changed, BOUND),
        (name, b"", BOUND),
    ]:
        with pytest.raises(SecretRefused):
            store.unwrap(*said)


def test_a_destroyed_secret_opens_nothing_anywhere(make_store, name):
    store, other = make_store(), make_store()
    store.make(name)
    wrapped = store.wrap(name, KEY, BOUND)
    assert other.unwrap(name, wrapped, BOUND) == KEY
    assert store.destroy(name)
    assert not store.destroy(name)
    for one in (store, other):
        with pytest.raises(SecretMissing):
            one.unwrap(name, wrapped, BOUND)
        with pytest.raises(SecretMissing):
            one.wrap(name, KEY, BOUND)
    store.make(name)
    with pytest.raises(SecretRefused):
        store.unwrap(name, wrapped, BOUND)


def test_a_secret_can_be_given(store, name):
    given = os.urandom(32)
    store.make(name, given)
    wrapped = store.wrap(name, KEY, BOUND)
    store.destroy(name)
    store.make(name, given)
    assert store.unwrap(name, wrapped, BOUND) == KEY


def test_renewing_keeps_the_secret(make_store, name):
    store = make_store()
    store.make(name)
    wrapped = store.wrap(name, KEY, BOUND)
    store.renew(name)
    assert make_store().unwrap(name, wrapped, BOUND) == KEY
    assert store.names(name) == [name]


def test_names_are_listed_by_their_beginning(store, name):
    before = store.names(name)
    for ending in ("b", "a"):
        store.make(f"{name}.{ending}")
    assert (before, store.names(name)) == ([], [f"{name}.a", f"{name}.b"])


def test_the_mark_says_the_store_and_stays(make_store, request):
    assert make_store().mark == make_store().mark
    assert make_store().mark.partition(":")[0] in request.node.callspec.id


# What is true of one kind alone.


def test_files_are_closed_to_others_and_hold_no_secret_in_clear(tmp_path):
    store, given = FolderKeyEncryption("file", tmp_path / "keys", [b"k" * 32]), os.urandom(32)
    store.make("a.1", given)
    file = tmp_path / "keys" / "a.1.secret"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert given not in file.read_bytes()
    assert [path.name for path in file.parent.iterdir()] == ["a.1.secret"]


def test_a_file_is_overwritten_before_it_goes(tmp_path):
    store = FolderKeyEncryption("file", tmp_path / "keys", [b"k" * 32])
    store.make("a.1")
    kept, content = tmp_path / "kept", (tmp_path / "keys" / "a.1.secret").read_bytes()
    os.link(tmp_path / "keys" / "a.1.secret", kept)
    store.destroy("a.1")
    assert kept.stat().st_size == len(content)
    assert kept.read_bytes()[8:] != content[8:]


def test_a_file_moved_to_another_name_does_not_open(tmp_path):
    store = FolderKeyEncryption("file", tmp_path / "keys", [b"k" * 32])
    store.make("a.1")
    wrapped = store.wrap("a.1", KEY, BOUND)
    (tmp_path / "keys" / "a.1.secret").rename(tmp_path / "keys" / "b.1.secret")
    with pytest.raises(SecretRefused):
        store.unwrap("b.1", wrapped, BOUND)


def test_a_former_key_encryption_key_opens_and_another_does_not(tmp_path):
    first = FolderKeyEncryption("file", tmp_path / "keys", [b"old"])
    first.make("a.1")
    wrapped = first.wrap("a.1", KEY, BOUND)
    second = FolderKeyEncryption("file", tmp_path / "keys", [b"new", b"old"])
    assert second.unwrap("a.1", wrapped, BOUND) == KEY
    assert second.mark != first.mark
    with pytest.raises(SecretRefused):
        FolderKeyEncryption("file", tmp_path / "keys", [b"new"]).unwrap("a.1", wrapped, BOUND)


def test_a_renewed_secret_needs_the_former_key_no_longer(tmp_path):
    FolderKeyEncryption("file", tmp_path / "keys", [b"old"]).make("a.1")
    both = FolderKeyEncryption("file", tmp_path / "keys", [b"new", b"old"])
    wrapped, kept = both.wrap("a.1", KEY, BOUND), tmp_path / "kept"
    os.link(tmp_path / "keys" / "a.1.secret", kept)
    before = kept.read_bytes()
    both.renew("a.1")
    assert FolderKeyEncryption("file", tmp_path / "keys", [b"new"]).unwrap("a.1", wrapped, BOUND) == KEY
    assert kept.read_bytes() != before, "the file of before is overwritten"
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["a.1.secret"]


def test_the_client_of_vault_asks_what_is_documented_and_is_answered_so(transit):
    transit.calls.clear()
    store = VaultKeyEncryption(VaultPlace(transit.address, transit.token, namespace="team"))
    store.make("signature.1")
    store.make("signature.2", os.urandom(32))
    assert store.unwrap("signature.1", store.wrap("signature.1", KEY, BOUND), BOUND) == KEY
    store.names("signature")
    for name in ("signature.1", "signature.2"):
        store.destroy(name)
    asked = set()
    for call in transit.calls:
        entry = documented(call.method, call.path)
        asked.add(entry)
        assert entry.mandatory <= set(call.body) <= entry.mandatory | entry.optional, call.path
        assert call.headers["x-vault-token"] == transit.token
        assert call.headers["x-vault-namespace"] == "team"
        if call.status == 200:
            assert entry.data <= set(call.answer["data"]), call.path
        else:
            assert call.status in {204, 404}, call
    assert asked == set(DOCUMENTED)


def test_what_vault_wraps_has_transits_form(transit):
    store = VaultKeyEncryption(VaultPlace(transit.address, transit.token))
    given = os.urandom(32)
    store.make("form.1", given)
    version, _, content = store.wrap("form.1", KEY, BOUND).decode().rpartition(":")
    sealed = base64.b64decode(content)
    assert version == "vault:v1"
    assert AESGCM(given).decrypt(sealed[:12], sealed[12:], BOUND) == KEY


def test_the_fake_refuses_as_vault_does(transit):
    ask = lambda method, path, body: transit.ask(  # noqa: E731
        method, f"/v1/transit/{path}", {"x-vault-token": transit.token}, body
    )
    assert ask("GET", "keys/none", {}) == (404, {"errors": []})
    assert ask("POST", "decrypt/none", {"ciphertext": "vault:v1:AAAA"}) == (
        400,
        {"errors": ["encryption key not found"]},
    )
    assert ask("POST", "keys/kept", {"type": "aes256-gcm96"})[0] == 204
    assert "deletion is not allowed" in ask("DELETE", "keys/kept", {})[1]["errors"][0]
    assert ask("POST", "encrypt/made-by-asking", {"plaintext": "AAAA"})[0] == 200, "Transit makes what is missing"
    assert transit.ask("GET", "/v1/transit/keys/kept", {"x-vault-token": "another"}, {})[0] == 403


@pytest.mark.parametrize(
    ("trouble", "words"),
    [("token", "SANAD_VAULT_TOKEN"), ("sealed", "unseal"), ("gone", "SANAD_VAULT_ADDR"), ("page", "something else")],
)
def test_trouble_with_vault_is_said_in_words(transit, trouble, words, monkeypatch):
    token = "wrong" if trouble == "token" else transit.token
    address = "http://127.0.0.1:1" if trouble == "gone" else transit.address
    monkeypatch.setattr(transit, "sealed", trouble == "sealed")
    if trouble == "page":
        monkeypatch.setattr(transit, "_answer", lambda *_asked: {"hello": "world"})
    with pytest.raises(KeyStoreAway, match=words):
        VaultKeyEncryption(VaultPlace(address, token)).names()


def test_the_places_of_stores_keep_their_secrets_to_themselves():
    assert "s.token" not in repr(VaultPlace("https://vault", "s.token"))
    assert "4711" not in repr(TokenPlace("/usr/lib/hsm.so", "sanad", "4711"))


def test_an_object_of_the_module_is_never_given_out():
    from pkcs11 import Attribute
    from pkcs11.exceptions import PKCS11Error

    store = Pkcs11KeyEncryption(
        TokenPlace(softhsm.make_token(Path(os.environ[servers.MARK])), softhsm.LABEL, softhsm.PIN)
    )
    store.make("kept.1")
    with store._session() as session:
        found = next(iter(list(session.get_objects({Attribute.LABEL: "kept.1"}))))
        with pytest.raises(PKCS11Error):
            found[Attribute.VALUE]


def test_a_wrong_pin_is_said_in_words():
    library = softhsm.make_token(Path(os.environ[servers.MARK]))
    with pytest.raises(KeyStoreAway, match="SANAD_PKCS11_PIN"):
        Pkcs11KeyEncryption(TokenPlace(library, "no such token", "0000")).names()
