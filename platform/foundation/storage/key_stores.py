"""Which store of wrapping secrets this portal uses, and how to reach one that it used before."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from foundation.storage.errors import KeyMissing, KeyStoreUnavailable, KeyUnusable
from foundation.storage.key_ports import KeyEncryption, KeyStoreAway, SecretMissing, SecretRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVIRONMENT, FILE, VAULT, PKCS11 = "environment", "file", "vault", "pkcs11"


def current() -> KeyEncryption:
    """The store that SANAD_KEY_ENCRYPTION names: what is wrapped now is wrapped there."""
    return store(settings.SANAD_KEY_ENCRYPTION)


def of_mark(mark: str) -> KeyEncryption:
    """The store that wrapped a key of this mark."""
    return store(mark.partition(":")[0])


def store(name: str) -> KeyEncryption:
    """The store of this short name; ImproperlyConfigured, in words, where its settings are missing."""
    if name not in _MAKERS:
        known = ", ".join(_MAKERS)
        raise ImproperlyConfigured(f"SANAD_KEY_ENCRYPTION is {name!r}; this version knows {known}.")
    settled, make = _MAKERS[name]
    return make(*settled())


def is_configured(name: str) -> bool:
    """Whether a store of this name can be used at all, current or not."""
    return bool({VAULT: settings.SANAD_VAULT_ADDR, PKCS11: settings.SANAD_PKCS11_MODULE}.get(name, True))


@contextmanager
def in_words() -> Iterator[None]:
    """What a store says, as refusals that a person can read."""
    try:
        yield
    except SecretMissing as error:
        raise KeyMissing(
            _(
                "The secret that wraps this key is gone from the key store: it was destroyed, or the store is not "
                "the one that this database was used with."
            )
        ) from error
    except SecretRefused as error:
        raise KeyUnusable(
            _(
                "A key does not open: it was changed, or wrapped with another key-encryption key. Start the portal "
                "with the SANAD_SECRET_KEY (or key file) that it was wrapped with."
            )
        ) from error
    except KeyStoreAway as error:
        raise KeyStoreUnavailable(_("The key store cannot be asked. %(why)s") % {"why": error}) from error


@cache
def _folder(name: str, folder: Path, keys: tuple[bytes, ...]) -> KeyEncryption:
    from foundation.storage.adapters.key_folder import FolderKeyEncryption

    return FolderKeyEncryption(name, folder, keys)


@cache
def _vault(address: str, token: str, mount: str, namespace: str, ca_file: str) -> KeyEncryption:
    from foundation.storage.adapters.key_vault import VaultKeyEncryption, VaultPlace

    if not address or not token:
        raise ImproperlyConfigured("Vault needs SANAD_VAULT_ADDR and SANAD_VAULT_TOKEN (or SANAD_VAULT_TOKEN_FILE).")
    return VaultKeyEncryption(VaultPlace(address, token, mount, namespace, ca_file))


@cache
def _pkcs11(module: str, token: str, pin: str) -> KeyEncryption:
    from foundation.storage.adapters.key_pkcs11 import Pkcs11KeyEncryption, TokenPlace, is_installed

    if not module or not pin:
        raise ImproperlyConfigured("PKCS#11 needs SANAD_PKCS11_MODULE and SANAD_PKCS11_PIN (or …_PIN_FILE).")
    if not is_installed():
        raise ImproperlyConfigured("PKCS#11 needs the package python-pkcs11: pip install python-pkcs11.")
    return Pkcs11KeyEncryption(TokenPlace(module, token, pin))


def _of_environment() -> tuple[str, Path, tuple[bytes, ...]]:
    secrets = tuple(str(secret).encode() for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
    return ENVIRONMENT, Path(settings.SANAD_KEY_FOLDER), secrets


def _of_file() -> tuple[str, Path, tuple[bytes, ...]]:
    place = settings.SANAD_KEY_ENCRYPTION_FILE
    try:
        lines = Path(place).read_text().split() if place else []
        keys = tuple(base64.b64decode(line, validate=True) for line in lines)
    except (OSError, UnicodeDecodeError, binascii.Error) as error:
        raise ImproperlyConfigured(f"SANAD_KEY_ENCRYPTION_FILE ({place}) cannot be read: {error}.") from error
    if not keys or any(len(key) != 32 for key in keys):
        raise ImproperlyConfigured(
            "SANAD_KEY_ENCRYPTION_FILE holds a key of 32 bytes a line, in base64; "
            "make one with: openssl rand -base64 32"
        )
    return FILE, Path(settings.SANAD_KEY_FOLDER), keys


def _of_vault() -> tuple[str, str, str, str, str]:
    mount, namespace = settings.SANAD_VAULT_MOUNT.strip("/"), settings.SANAD_VAULT_NAMESPACE
    return settings.SANAD_VAULT_ADDR, settings.SANAD_VAULT_TOKEN, mount, namespace, settings.SANAD_VAULT_CA_FILE


def _of_token() -> tuple[str, str, str]:
    return settings.SANAD_PKCS11_MODULE, settings.SANAD_PKCS11_TOKEN, settings.SANAD_PKCS11_PIN


_MAKERS: dict[str, tuple[Callable[[], tuple[object, ...]], Callable[..., KeyEncryption]]] = {
    ENVIRONMENT: (_of_environment, _folder),
    FILE: (_of_file, _folder),
    VAULT: (_of_vault, _vault),
    PKCS11: (_of_token, _pkcs11),
}
