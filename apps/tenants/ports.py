"""What identity providers and name servers tell us, in words of our own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class Said:
    """What an identity provider said of a person, after its signature was checked.

    `email_verified` is None where nothing was said of it; `claims` is all of it as it came. Of SAML, `assertion_id` and
    `expires_at` name the assertion, so that it opens one session only. `proved_at` is when the person last showed the
    provider who they are, None where it does not say; `sid` is OpenID's name of the session there.
    """

    subject: str
    email: str
    email_verified: bool | None
    name: str
    groups: tuple[str, ...]
    claims: dict[str, Any] = field(default_factory=dict)
    assertion_id: str = ""
    expires_at: datetime | None = None
    proved_at: datetime | None = None
    sid: str = ""


@dataclass(frozen=True)
class LogoutToken:
    """What an OpenID provider says of a session that ended there: the person (`subject`), the session (`sid`) or both.

    `token_id` is heard once until `expires_at`.
    """

    subject: str
    sid: str
    token_id: str
    expires_at: datetime


@dataclass(frozen=True)
class ProviderSettings:
    """How an identity provider is asked: what lies sealed beside its row.

    `endpoints` hold the addresses of an OpenID provider (authorization, token, jwks, userinfo, end_session) or of a
    SAML one (sso); `claims` say under which names email, name and groups come.
    """

    issuer: str
    endpoints: dict[str, str]
    claims: dict[str, str]
    client_id: str = ""
    client_secret: str = ""
    # client_secret_basic or client_secret_post, as the provider's discovery allows.
    client_auth: str = "client_secret_basic"
    certificates: tuple[str, ...] = ()


class TextRecords(Protocol):
    """Where a domain's TXT records are read."""

    def of(self, name: str) -> list[str]:
        """The texts at this name; empty where there are none. Unavailable where no name server answers."""
        ...
