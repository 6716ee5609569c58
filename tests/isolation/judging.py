"""Drives every try as members of one house, and says in sentences what leaked of the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.db import connection
from django.test import Client

from foundation.access import Role
from foundation.access.permissions import ROLE_PERMISSIONS
from foundation.identity.models import User
from foundation.identity.tokens import create_token
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant
from foundation.tenancy.row_security import protected_models
from tests.isolation.forms import forms_of
from tests.isolation.houses import House
from tests.isolation.names import Unnamed
from tests.isolation.requests import Try, address_of, kinds_in, tries
from tests.isolation.routes import Route

REFUSED = {401, 403, 404}
# Pages that ask MLflow, which does not run here: tests/apps/experiments/test_mlflow_*.py drive them with a real one.
NOT_HERE = 503
# Doors that know nobody's session or token: SCIM's own (recorded as provisioning), the gateway's, and one's own pages.
# What is published for all or for nobody is there or not, whoever asks.
TOLD_ELSEWHERE = ("scim/", "internal/", "accounts/", ".well-known/", "docs/", "metrics")
# A method that the address does not answer is refused before anybody is asked for.
NO_SUCH_METHOD = 405


@dataclass(frozen=True)
class Caller:
    """A member with a session or a token."""

    name: str
    cookies: str = ""
    token: str = ""

    def send(self, what: Try) -> Any:
        client = Client(raise_request_exception=False)
        client.cookies = SimpleCookie(self.cookies)
        headers = {"Accept": "application/json"} if what.address.startswith("/api/") else {}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        given: dict[str, Any] = {"headers": headers | what.headers}
        if what.method == "get":
            return client.get(what.address, what.query, **given)
        if what.query:
            given["QUERY_STRING"] = "&".join(f"{name}={value}" for name, value in what.query.items())
        if not what.address.startswith(("/api/", "/mlflow/", "/internal/")):
            return getattr(client, what.method)(what.address, what.body or {}, **given)
        return getattr(client, what.method)(
            what.address, json.dumps(what.body or {}), content_type="application/json", **given
        )


def callers(house: House) -> list[Caller]:
    """The mightiest and the least, by session and by token, and each role that may what the mightiest may not."""
    most = ROLE_PERMISSIONS[Role.ADMIN]
    asking = [role for role in house.people if role in {"admin", "viewer"} or ROLE_PERMISSIONS[Role(role)] - most]
    made = []
    for role, actor in ((role, house.people[role]) for role in asking):
        client = Client()
        client.force_login(actor.user)
        session = client.session
        session["tenant"] = house.tenant.slug
        session.save()
        made.append(Caller(f"{role} with a session", cookies=client.cookies.output(header="")))
        if role in {"admin", "viewer"}:
            with scope(house.tenant.pk):
                _, token = create_token(tenant=house.tenant, name="test", user=actor.user)
            made.append(Caller(f"{role} with a token", token=token))
    return made


@dataclass
class Stage:
    """Who asks, with what of their own, and whose things they ask for."""

    own: House
    theirs: House
    callers: list[Caller]

    def __post_init__(self) -> None:
        self.whole, self.written = digest(self.theirs), rows_written()
        # How many answers refused somebody, since the route's tries began.
        self.refused = 0
        # Methods that the route's page does not answer, as the mightiest were told at our own address.
        self.unanswered: set[str] = set()

    def leaks(self, route: Route) -> list[str]:
        """What leaked at this route, one sentence each; none where all is well. A name nobody knows is a leak too."""
        self.refused, self.unanswered, before = 0, set(), told_of_refusals(self.own)
        try:
            said = [leak for what in [*tries(route, self.own, self.theirs)] for leak in self._leaks_of(route, what)]
        except Unnamed as unnamed:
            return [str(unnamed)]
        if (told := told_of_refusals(self.own) - before) < self.refused:
            said.append(f"{route}: {self.refused} answers were refusals, and the ledger tells of {told}.")
        said += self._leaks_of_forms(route)
        if self._changed():
            said.append(f"{route}: something of the other tenant was changed.")
        return said

    def _changed(self) -> bool:
        """Whether any row of theirs differs. Only tables that were written to since the last look are looked at: the
        houses stand in a transaction that never ends, and what is undone in it counts as written for ever.
        """
        before, self.written = self.written, rows_written()
        touched = {table for table, count in self.written.items() if count != before.get(table, 0)}
        return any(self.whole[table] != found for table, found in digest(self.theirs, touched).items())

    def _leaks_of(self, route: Route, what: Try) -> Iterator[str]:
        for caller in self._asking(what):
            if what.method in self.unanswered:
                return
            answer = caller.send(what)
            if answer.status_code == NO_SUCH_METHOD and not route.actions:
                self.unanswered.add(what.method)
            self.refused += _is_to_be_told(route, answer)
            for fault in self._faults(what, answer, caller):
                yield f"{what.method.upper()} {what.address} ({what.how}; {caller.name}): {fault}"

    def _asking(self, what: Try) -> list[Caller]:
        """Everybody where roles could differ; who may do most where the tenant alone decides."""
        named = [caller for caller in self.callers if caller.name.startswith("admin")]
        return {"everybody": self.callers, "admins": named, "admin": named[:1]}[what.asked_by]

    def _faults(self, what: Try, answer: Any, caller: Caller) -> Iterator[str]:
        status, text = answer.status_code, text_of(answer)
        if status == NOT_HERE and (
            "/experiments/tracked/" in what.address or what.address.endswith("/files/model.onnx")
        ):
            return
        if status >= 500:
            yield f"it broke with {status}: {text[:200]}"
        yield from self._seen(text, what)
        if what.must_refuse or status == NO_SUCH_METHOD:
            if not _is_refusal(answer):
                yield f"it answered {status} instead of 401, 403 or 404: {text[:200]}"
            return
        if what.method != "get" and _was_done(what, status):
            if not what.how.startswith("named in"):
                yield f"it took the other tenant's id: {status} {text[:200]}"
            return
        twin = caller.send(what.with_nobodys_ids())
        if twin.status_code != status:
            yield f"it answers {status} where an id that nobody has gives {twin.status_code}: {text[:200]}"

    def _seen(self, text: str, what: Try) -> Iterator[str]:
        if self.theirs.canary in text:
            at = text.index(self.theirs.canary)
            yield f"a text of the other tenant stands in the answer: …{text[max(0, at - 80) : at + 20]}…"
        sent = {*what.foreign}
        known = {kind: thing for kind, thing in self.theirs.things.items() if len(thing) > 12 and thing not in sent}
        yield from (
            f"the id of the other tenant's {kind} stands in the answer" for kind, t in known.items() if t in text
        )

    def _leaks_of_forms(self, route: Route) -> Iterator[str]:
        """Our own page's forms, sent once more with the other house's things where ours stood."""
        if not route.template.startswith("t/") or "path" in route.variables:
            return
        admin = self.callers[0]
        page = admin.send(Try("get", address_of(route, self.own), "our own page", ()))
        if page.status_code != 200 or "html" not in page.headers.get("Content-Type", ""):
            return
        for method, address, fields in forms_of(text_of(page), address_of(route, self.own)):
            for what in self._swapped(method, address, fields):
                for fault in self._faults(what, admin.send(what), admin):
                    yield f"{method.upper()} {address} (a form of {route}; {what.how}): {fault}"

    def _swapped(self, method: str, address: str, fields: dict[str, list[str]]) -> Iterator[Try]:
        ours = {thing: kind for kind, thing in self.own.things.items() if len(thing) > 6}
        first = {name: options[0] for name, options in fields.items()}
        for name, options in fields.items():
            for kind in {ours[option] for option in options if option in ours}:
                thing = self.theirs.things[kind]
                changed = {**first, name: thing}
                if method == "get":
                    yield Try("get", address, f"the form's {name}", (thing,), None, changed)
                else:
                    yield Try("post", address, f"the form's {name}", (thing,), changed)


def _was_done(what: Try, status: int) -> bool:
    """A page shows its form once more with 200; what it did, it leads on from."""
    return status < 400 and (status != 200 or what.address.startswith("/api/"))


def _is_refusal(answer: Any) -> bool:
    to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/")
    return to_sign_in or answer.status_code in REFUSED | {NO_SUCH_METHOD}


def _is_to_be_told(route: Route, answer: Any) -> bool:
    """Whether the refusal has to stand on the asker's ledger: not where they were asked to prove something first."""
    if answer.status_code not in REFUSED or route.template.startswith(TOLD_ELSEWHERE):
        return False
    # MLflow's clients try what the proxy does not offer.
    no_refusals = ("step-up-required", "second-factor-required", "ENDPOINT_NOT_FOUND")
    return not any(word in text_of(answer) for word in no_refusals)


def told_of_refusals(house: House) -> int:
    """How many refusals of its members the house's ledger tells of, and will tell of when their windows end."""
    with scope(house.tenant.pk), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(sum((payload->>'count')::int), 0) FROM ledger_ledgerevent"
            " WHERE kind = 'access.refused' AND tenant_id = %s)"
            " + (SELECT coalesce(sum(untold), 0) FROM refusals_refusalwindow)",
            [house.tenant.pk],
        )
        return int(cursor.fetchone()[0])


def text_of(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace") + str(answer.headers.get("Location", ""))


def rows_written() -> dict[str, int]:
    """How many rows were written so far in this transaction, undone ones too, by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return dict(cursor.fetchall())


def digest(house: House, tables: set[str] | None = None) -> dict[str, str]:
    """Every row of the house, table by table, and its people, as the database sees them; of `tables` alone if given."""
    found = {}
    with scope(house.tenant.pk, user_id=house.admin.user.pk), connection.cursor() as cursor:
        for table, condition, values in _rows_of(house):
            if tables is None or table in tables:
                cursor.execute(
                    "SELECT md5(coalesce(string_agg(md5(t::text), '' ORDER BY t::text), ''))"
                    f" FROM {connection.ops.quote_name(table)} t WHERE {condition}",
                    values,
                )
                found[table] = cursor.fetchone()[0]
    return found


def _rows_of(house: House) -> Iterator[tuple[str, str, list[Any]]]:
    """(table, condition, its values) of everything of the house; of most tables policies show nobody else's rows."""
    for model in protected_models():
        ours = ("id = %s", [house.tenant.pk]) if model is Tenant else ("true", [])
        yield model._meta.db_table, *ours
    yield User._meta.db_table, "id = ANY(%s)", [[actor.user.pk for actor in house.people.values()]]


__all__ = ["Caller", "Stage", "callers", "digest", "kinds_in", "rows_written", "text_of"]
