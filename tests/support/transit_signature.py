"""What Transit's documentation says of the addresses that the portal uses: parameters, and the fields of an answer.

From the API documentation of the Transit secrets engine (OpenBao 2, website/content/docs/api/secret/transit.mdx, which
HashiCorp Vault's agrees with in these). Mandatory parameters of the body are marked; the name stands in the address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Documented:
    """One address; `data` are the fields that the documented answer has, empty where it has none."""

    method: str
    pattern: str
    mandatory: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset()

    def fits(self, method: str, path: str) -> bool:
        return method == self.method and re.fullmatch(self.pattern, path) is not None


_NAME = r"\w(?:[\w.-]*\w)?"
_KEY_OPTIONS = frozenset({"derived", "exportable", "allow_plaintext_backup", "auto_rotate_period"})
DOCUMENTED = (
    Documented(
        "POST",
        rf"keys/{_NAME}",
        optional=_KEY_OPTIONS | {"type", "convergent_encryption", "key_size", "external_key_ref"},
    ),
    Documented(
        "GET",
        rf"keys/{_NAME}",
        data=frozenset(
            {
                "type",
                "deletion_allowed",
                "derived",
                "exportable",
                "allow_plaintext_backup",
                "keys",
                "min_decryption_version",
                "min_encryption_version",
                "name",
                "supports_encryption",
                "supports_decryption",
                "supports_derivation",
                "supports_signing",
                "imported_key",
            }
        ),
    ),
    Documented("LIST", "keys", data=frozenset({"keys"})),
    Documented("DELETE", rf"keys/{_NAME}"),
    Documented(
        "POST",
        rf"keys/{_NAME}/config",
        optional=frozenset(
            {
                "min_decryption_version",
                "min_encryption_version",
                "deletion_allowed",
                "exportable",
                "allow_plaintext_backup",
                "auto_rotate_period",
            }
        ),
    ),
    Documented(
        "POST",
        rf"keys/{_NAME}/import",
        mandatory=frozenset({"type", "ciphertext"}),
        optional=_KEY_OPTIONS | {"hash_function", "public_key", "allow_rotation", "context"},
    ),
    Documented("GET", "wrapping_key", data=frozenset({"public_key"})),
    Documented(
        "POST",
        rf"encrypt/{_NAME}",
        mandatory=frozenset({"plaintext"}),
        optional=frozenset(
            {"associated_data", "context", "key_version", "nonce", "reference", "batch_input", "type"}
            | {"convergent_encryption", "partial_failure_response_code"}
        ),
        data=frozenset({"ciphertext"}),
    ),
    Documented(
        "POST",
        rf"decrypt/{_NAME}",
        mandatory=frozenset({"ciphertext"}),
        optional=frozenset(
            {"associated_data", "context", "nonce", "reference", "batch_input", "partial_failure_response_code"}
        ),
        data=frozenset({"plaintext"}),
    ),
)


def documented(method: str, path: str) -> Documented:
    """The documentation of this address; AssertionError where there is none."""
    found = [entry for entry in DOCUMENTED if entry.fits(method, path)]
    assert found, f"Transit documents no {method} {path}"
    return found[0]
