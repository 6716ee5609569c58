"""The two values that people paste, looked at before they travel: a header takes no other letters than ASCII."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx2

MAKE_ONE = "make one in the portal under Settings, Tokens"


def address(url: str) -> str:
    """The portal's address without the last slash; ValueError says what is wrong with it."""
    said = url.strip().rstrip("/")
    try:
        parts, read = urlsplit(said), httpx2.URL(said)
    except (ValueError, httpx2.InvalidURL) as error:
        raise ValueError(
            f"{url!r} is no address of a portal ({error}); one looks like http://127.0.0.1:8000."
        ) from None
    if "…" in said or parts.scheme not in {"http", "https"} or not read.host:
        raise ValueError(f"{url!r} is no address of a portal; a whole one looks like http://127.0.0.1:8000.")
    return said


def token(text: str) -> str:
    """The token as it may stand in a header; ValueError says what is wrong with it."""
    said = text.strip()
    if "…" in said or said.endswith("..."):
        raise ValueError(f"{said} only stands for a token: {MAKE_ONE}, and give it whole.")
    odd = next((sign for sign in said if not "!" <= sign <= "~"), None)
    if odd is not None:
        raise ValueError(
            f"A token holds no {odd!r}, so this one was not copied as it is: copy it again, or {MAKE_ONE}."
        )
    return said
