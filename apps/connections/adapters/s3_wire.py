"""The S3 protocol by botocore: through the doorway, with nothing taken from this machine's own configuration."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings

from apps.connections.adapters import checking
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceRefused, SourceUnreachable
from apps.connections.ports import Secrets
from foundation import outbound
from foundation.errors import Invalid, PortalError
from foundation.words import kept as _

if TYPE_CHECKING:
    from botocore.loaders import Loader

SIGN_INS = ("keys", "machine", "anonymous")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_ROLE = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]{1,500}")
_EXTERNAL = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_REFUSED = {"AccessDenied", "403", "401", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}
_REFUSED |= {"InvalidToken", "AllAccessDisabled", "InvalidObjectState", "AuthorizationHeaderMalformed"}
_REFUSED |= {"InvalidClientTokenId"}
_ELSEWHERE = {"PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException"}
_CHANGED = {"PreconditionFailed", "412", "NoSuchVersion", "InvalidRange", "416"}
_MISSING = {"NoSuchBucket", "NoSuchKey", "404", "InvalidBucketName"}


@dataclass(frozen=True)
class BucketAt:
    """`endpoint` is empty for AWS itself; `sign_in`: keys, machine (its own role) or anonymous; `role` is assumed."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    path_style: bool = False
    sign_in: str = "keys"
    role: str = ""
    external_id: str = ""
    versions: bool = False

    @classmethod
    def read(cls, settings: Mapping[str, Any], secrets: Secrets) -> BucketAt:
        """Out of what was filled in; Invalid names the fields that are missing or wrong."""
        names = ("bucket", "prefix", "endpoint", "region", "sign_in", "role", "external_id")
        words = {name: str(settings.get(name) or "").strip() for name in names}
        words["region"], words["sign_in"] = words["region"] or "us-east-1", words["sign_in"] or "keys"
        wrong: dict[str, list[str]] = {}
        if not _BUCKET.fullmatch(words["bucket"]) or ".." in words["bucket"]:
            wrong["bucket"] = [_("Name the bucket alone, like sales-data.")]
        parts = urlsplit(words["endpoint"])
        if words["endpoint"] and not _is_endpoint(words["endpoint"]):
            wrong["endpoint"] = [_("Write the endpoint like https://s3.example.com, without a name or password.")]
        if not _REGION.fullmatch(words["region"]):
            wrong["region"] = [_("A region is written like me-central-1.")]
        if words["role"] and not _ROLE.fullmatch(words["role"]):
            wrong["role"] = [_("A role is written like arn:aws:iam::123456789012:role/reader.")]
        if words["external_id"] and not _EXTERNAL.fullmatch(words["external_id"]):
            wrong["external_id"] = [_("An external ID has 2 to 1224 signs: letters, digits and _+=,.@:/-.")]
        if words["sign_in"] not in SIGN_INS:
            wrong["sign_in"] = [_("The way of signing in is keys, machine or anonymous.")]
        if words["sign_in"] == "machine" and not django_settings.CONNECTIONS_MACHINE_ROLE:
            wrong["sign_in"] = [
                _("The operator does not lend out this machine's own role (SANAD_CONNECTIONS_MACHINE_ROLE).")
            ]
        if words["sign_in"] == "keys":
            for name in ("access_key", "secret_key"):
                if not secrets.get(name, "").isprintable() or name not in secrets:
                    wrong[name] = [_("This is needed, on one line.")]
        if wrong:
            raise Invalid(_("The connection lacks something, or something is wrong."), fields=wrong)
        style = bool(settings.get("path_style", bool(parts.hostname)))
        return cls(**words, path_style=style, versions=bool(settings.get("versions")))

    @property
    def url(self) -> str:
        """Where it is asked, for a check and for sentences."""
        return self.endpoint or f"https://s3.{self.region}.amazonaws.com"


def _is_endpoint(text: str) -> bool:
    parts = urlsplit(text)
    plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname)


@dataclass(frozen=True)
class Opened:
    """A client of botocore, and what its calls failed with in our words."""

    sdk: Any
    at: BucketAt
    visit: outbound.Visit

    def failed(self, error: Exception) -> PortalError:
        return _failed(self.at, self.visit, error)


@contextmanager
def opened(at: BucketAt, secrets: Secrets, *, most_bytes: int, total_s: float) -> Iterator[Opened]:
    """A client for the block, whose calls bring at most so many bytes; its errors come as the sources say them."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    with ExitStack() as stack:
        visit = stack.enter_context(outbound.Visit(total_s=total_s, most_bytes=most_bytes))
        authorities = stack.enter_context(outbound.authorities_file())
        try:
            known = _credentials(at, secrets, visit, authorities)
            made = _made("s3", at, visit, authorities, known, at.endpoint or None)
            stack.callback(made.close)
            yield Opened(made, at, visit)
        except (ClientError, BotoCoreError, HTTPClientError) as error:
            raise _failed(at, visit, error) from None


def _failed(at: BucketAt, visit: outbound.Visit, error: Exception) -> PortalError:
    """What the doorway refused goes first: the SDK only saw that its proxy said no."""
    if isinstance(visit.refused, outbound.Refused):
        return SourceRefused(visit.refused.sentence, details={checking.STEP: checking.ANSWERS})
    if isinstance(visit.refused, outbound.AnswerTooLarge):
        return SourceBroken(_("%(url)s sends more than was asked for.") % {"url": at.url})
    if visit.refused is not None:
        return SourceUnreachable(visit.refused.sentence)
    return _told(at, error)


def _told(at: BucketAt, error: Exception) -> PortalError:
    """A refusal of the SDK in our words: what a server says may hold anything."""
    from botocore.exceptions import ClientError, NoCredentialsError, ParamValidationError, SSLError
    from botocore.parsers import ResponseParserError

    who = {"url": at.url, "bucket": at.bucket}
    if isinstance(error, ClientError):
        return _answered(error, who)
    if isinstance(error, SSLError):
        sentence = _("TLS with %(url)s failed: its certificate is not signed by an authority that is trusted here.")
        return SourceRefused(sentence % who, details={checking.STEP: checking.SECURE})
    if isinstance(error, NoCredentialsError):
        return SourceRefused(_("This machine has no role of its own that could sign in."))
    if isinstance(error, ParamValidationError):
        return PlaceMissing(_("This is no name of an object in %(bucket)s.") % who)
    if isinstance(error, ResponseParserError):
        return SourceBroken(_("%(url)s answers, and not as S3 does.") % who)
    return SourceUnreachable(_("%(url)s gave no answer, or the line broke.") % who)


def _answered(error: Any, who: Mapping[str, str]) -> PortalError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _REFUSED:
        return SourceRefused(_("%(url)s refuses the keys or the role, or does not let them read %(bucket)s.") % who)
    if code in _CHANGED:
        return SourceChanged(_("A file has changed since it was listed. Start again."))
    if code in _MISSING or status == 404:
        return PlaceMissing(_("%(bucket)s is not there, or has no such object.") % who)
    if code in _ELSEWHERE:
        return SourceRefused(_("%(bucket)s lies in another region, or at another endpoint.") % who)
    answered = {**who, "status": status}
    if status == 429 or status >= 500:
        return SourceUnreachable(_("%(url)s is out of order or overloaded (status %(status)d).") % answered)
    return SourceBroken(_("%(url)s refuses the request (status %(status)d).") % answered)


def _credentials(at: BucketAt, secrets: Secrets, visit: outbound.Visit, authorities: str) -> Any:
    """(key, secret, token) to sign with; None: this machine's own. A role is assumed with either."""
    if at.sign_in == "anonymous":
        return None
    own = (secrets["access_key"], secrets["secret_key"], secrets.get("session_token")) if at.sign_in == "keys" else None
    if not at.role:
        return own
    asked = {"RoleArn": at.role, "RoleSessionName": "sanad", "DurationSeconds": 3600}
    if at.external_id:
        asked["ExternalId"] = at.external_id
    sts = _made("sts", at, visit, authorities, own, at.endpoint or None)
    try:
        given = sts.assume_role(**asked)["Credentials"]
    finally:
        sts.close()
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


def _made(service: str, at: BucketAt, visit: outbound.Visit, authorities: str, known: Any, endpoint: str | None) -> Any:
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.session import Session

    session = Session()
    session.register_component("data_loader", _loader())
    # Whoever runs the portal may have keys, addresses and programs in files of their own: none of them is meant here.
    for name in ("config_file", "credentials_file"):
        session.set_config_variable(name, os.devnull)
    key, secret, token = known or (None, None, None)
    return session.create_client(
        service,
        region_name=at.region,
        endpoint_url=endpoint,
        verify=authorities,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(
            signature_version=UNSIGNED if at.sign_in == "anonymous" else None,
            proxies={"http": visit.url, "https": visit.url},
            connect_timeout=15,
            read_timeout=60,
            retries={"total_max_attempts": 3, "mode": "standard"},
            max_pool_connections=10,
            ignore_configured_endpoint_urls=True,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if at.path_style else "auto"},
        ),
    )


@lru_cache(maxsize=1)
def _loader() -> Loader:
    """The descriptions of the services, read once: they take most of the time in which a client is made."""
    from botocore.loaders import Loader

    return Loader(include_default_search_paths=True)
