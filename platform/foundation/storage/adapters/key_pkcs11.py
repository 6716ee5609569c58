"""Wrapping secrets as AES objects of a PKCS#11 token: a hardware security module, or SoftHSM."""

from __future__ import annotations

import builtins
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from foundation.storage.key_ports import KeyStoreAway, SecretMissing, SecretRefused

_TAG_BITS = 128
_NONCE_BYTES = 12
# A module is one for the whole process, whoever speaks to it.
_lock = threading.Lock()


@dataclass(frozen=True)
class TokenPlace:
    """The module's shared library, and the label and PIN of the token whose objects are the secrets."""

    module: str
    token: str
    pin: str = field(repr=False)


def is_installed() -> bool:
    """Whether the optional package is there; an import would also find a folder of the same name."""
    try:
        version("python-pkcs11")
    except PackageNotFoundError:
        return False
    return True


class Pkcs11KeyEncryption:
    """AES-256-GCM inside the module, with keys that it never gives out; one session a process, one call at a time."""

    def __init__(self, place: TokenPlace) -> None:
        if not is_installed():
            raise KeyStoreAway("PKCS#11 needs the package python-pkcs11: pip install python-pkcs11.")
        self._place = place
        self._opened: tuple[int, Any] | None = None

    @property
    def mark(self) -> str:
        kept = "".join(sign for sign in self._place.token if sign.isalnum() or sign in "-_")
        return f"pkcs11:{kept[:40]}"

    def make(self, name: str, secret: bytes | None = None) -> None:
        from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass

        with self._session() as session:
            if _find(session, name) is not None:
                return
            if secret is None:
                may = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
                session.generate_key(
                    KeyType.AES, 256, label=name, id=name.encode(), store=True, capabilities=may, template=_kept()
                )
            else:
                given = {
                    Attribute.CLASS: ObjectClass.SECRET_KEY,
                    Attribute.KEY_TYPE: KeyType.AES,
                    Attribute.LABEL: name,
                    Attribute.ID: name.encode(),
                    Attribute.VALUE: secret,
                    Attribute.TOKEN: True,
                    Attribute.ENCRYPT: True,
                    Attribute.DECRYPT: True,
                }
                session.create_object({**given, **_kept()})

    def wrap(self, name: str, key: bytes, bound: bytes) -> bytes:
        from pkcs11 import GCMParams, Mechanism

        nonce = os.urandom(_NONCE_BYTES)
        with self._session() as session:
            how = GCMParams(nonce, bound, _TAG_BITS)
            return nonce + _have(session, name).encrypt(key, mechanism=Mechanism.AES_GCM, mechanism_param=how)

    def unwrap(self, name: str, wrapped: bytes, bound: bytes) -> bytes:
        from pkcs11 import GCMParams, Mechanism, exceptions

        # SoftHSM and some modules say of a wrong tag no more than that something went wrong.
        refused = (exceptions.EncryptedDataInvalid, exceptions.EncryptedDataLenRange, exceptions.GeneralError)
        with self._session() as session:
            secret, how = _have(session, name), GCMParams(wrapped[:_NONCE_BYTES], bound, _TAG_BITS)
            try:
                return secret.decrypt(wrapped[_NONCE_BYTES:], mechanism=Mechanism.AES_GCM, mechanism_param=how)
            except refused as error:
                raise SecretRefused(name) from error

    def renew(self, name: str) -> None:
        """The module keeps its objects by itself."""

    def destroy(self, name: str) -> bool:
        with self._session() as session:
            found = _find(session, name)
            if found is not None:
                found.destroy()
            return found is not None

    def names(self, prefix: str = "") -> builtins.list[str]:
        from pkcs11 import Attribute, ObjectClass

        with self._session() as session:
            labels = [found.label for found in session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})]
        return sorted(label for label in labels if label.startswith(prefix))

    @contextmanager
    def _session(self) -> Iterator[Any]:
        """The process's session; what the module says that is no answer to the question closes it."""
        import pkcs11

        with _lock:
            try:
                yield self._open()
            except (pkcs11.PKCS11Error, RuntimeError) as error:
                self._opened = None
                raise KeyStoreAway(
                    f"The PKCS#11 token “{self._place.token}” does not answer ({type(error).__name__}); look at "
                    "SANAD_PKCS11_MODULE, SANAD_PKCS11_TOKEN and SANAD_PKCS11_PIN."
                ) from error

    def _open(self) -> Any:
        import pkcs11

        if self._opened is None or self._opened[0] != os.getpid():
            library = pkcs11.lib(self._place.module)
            if self._opened is not None:
                # A forked process has its parent's library in a state that the standard calls undefined.
                library.reinitialize()
            self._opened = os.getpid(), self._signed_in(library.get_token(token_label=self._place.token))
        return self._opened[1]

    def _signed_in(self, token: Any) -> Any:
        from pkcs11.exceptions import UserAlreadyLoggedIn

        try:
            return token.open(user_pin=self._place.pin, rw=True)
        except UserAlreadyLoggedIn:
            # A sign-in holds for all sessions of a process, and outlives the one that it was made in.
            return token.open(rw=True)


def _kept() -> dict[Any, bool]:
    from pkcs11 import Attribute

    return {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True}


def _find(session: Any, name: str) -> Any:
    from pkcs11 import Attribute, ObjectClass

    wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: name}
    return next(iter(list(session.get_objects(wanted))), None)


def _have(session: Any, name: str) -> Any:
    found = _find(session, name)
    if found is None:
        raise SecretMissing(name)
    return found


def _after_fork() -> None:
    """Whoever held the lock stayed in the parent."""
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
