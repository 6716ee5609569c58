"""The websocket at /ws/: who comes in, what they hear, when they are sent away.

In:  {"subscribe": ["run:<uuid>", …], "since": N} · {"unsubscribe": […]} · {"ping": anything}
Out: {"topic", "seq", "kind", "subject": [kind, id]} for a ledger event · {"topic", "kind", "data"} for anything else
     {"subscribed": […], "refused": {topic: sentence}, "seq": N}, after the events that were missed since;
     with "reload": true where too much was missed to be told one by one
     {"heartbeat": time, "seq": N} · {"pong": …} · {"error": sentence} · {"closing": sentence}, then the end
Whoever comes back gives the `seq` of the last "subscribed" or "heartbeat" as `since` and misses nothing; an event may
come twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from django.http import parse_cookie
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from foundation import clock
from foundation.errors import Invalid, PortalError
from foundation.live import guard, limits, threads
from foundation.live.adapters.valkey import AWAY
from foundation.live.groups import of_token, of_user
from foundation.live.ledger_feed import Missed, missed_since
from foundation.live.listening import Listening, judge
from foundation.live.origin import bearer_of
from foundation.live.topics import parse
from foundation.live.visitors import Visitor, admit_session, admit_token

HEARTBEAT_EVERY = 15.0
TRY_AGAIN_LATER = 1013
_AWAY: tuple[type[Exception], ...] = (*AWAY, DatabaseError)


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """One page's websocket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visitor: Visitor | None = None
        self.listening = Listening()
        self._pace = limits.Pace()
        self._beating: asyncio.Task[None] | None = None
        self._ended = False

    async def connect(self) -> None:
        # A refused handshake carries no words, so the door opens first and the sentence follows.
        await self.accept()
        async with self._told():
            visitor = await self._admit()
            limits.check_connections(guard.of_this_loop().connections_of(visitor))
            await self._enter(visitor)

    async def _admit(self) -> Visitor:
        headers = dict(self.scope["headers"])
        slug = parse_qs(self.scope["query_string"].decode("latin1")).get("tenant", [""])[0]
        token = bearer_of(headers)
        if token is not None:
            return await threads.ask(admit_token, token, slug, address=_address(self.scope), now=clock.now())
        return await threads.ask(admit_session, _session_key(headers), slug)

    async def _enter(self, visitor: Visitor) -> None:
        self.visitor, self._actor, self._tenant_id = visitor, visitor.actor, visitor.tenant_id
        if visitor.actor.user is not None:
            translation.activate(visitor.actor.user.language)
        guard.of_this_loop().enter(self, visitor)
        for group in _own_groups(visitor):
            await self.channel_layer.group_add(group, self.channel_name)
        self._beating = asyncio.create_task(self._beat())

    async def disconnect(self, code: int) -> None:
        self._ended = True
        if self._beating is not None:
            self._beating.cancel()
        if self.visitor is None:
            return
        guard.of_this_loop().leave(self)
        with contextlib.suppress(*AWAY):  # Valkey forgets the groups of those who are gone by itself
            for group in [*_own_groups(self.visitor), *self.listening.groups(self._tenant_id)]:
                await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_given: Any) -> None:
        if self._ended or self.visitor is None:
            return
        async with self._told():
            self._pace.check()
            await self._obey(_decoded(text_data))

    async def _obey(self, asked: dict[str, Any]) -> None:
        if "subscribe" in asked:
            await self._subscribe(_listed(asked["subscribe"]), _number(asked.get("since")))
        if "unsubscribe" in asked:
            await self._unsubscribe(_listed(asked["unsubscribe"]))
        if "ping" in asked:
            await self.send_json({"pong": asked["ping"]})

    async def _subscribe(self, written: list[object], since: int | None) -> None:
        limits.check_topics(len(self.listening.topics) + len(written))
        allowed, refused = await threads.ask(judge, self._actor, written)
        for topic in allowed:
            await self.channel_layer.group_add(topic.group(self._tenant_id), self.channel_name)
        # From here on new events arrive by themselves; those before come out of the ledger.
        known, self.listening.topics = self.listening.topics, self.listening.topics | set(allowed)
        complete = await self._catch_up(known) if known else True
        missed = await threads.ask(missed_since, self._tenant_id, allowed, since)
        await self._retell(missed)
        answer = {"subscribed": [str(topic) for topic in allowed], "refused": refused, "seq": missed.head}
        self.listening.seq = missed.head
        await self.send_json(answer if complete and missed.complete else {**answer, "reload": True})

    async def _unsubscribe(self, written: list[object]) -> None:
        for topic in {parse(each) for each in written} & self.listening.topics:
            await self.channel_layer.group_discard(topic.group(self._tenant_id), self.channel_name)
            self.listening.topics.discard(topic)

    async def _catch_up(self, topics: set[Any]) -> bool:
        """Retell what Valkey may have lost; True where that was all of it."""
        missed = await threads.ask(missed_since, self._tenant_id, list(topics), self.listening.seq)
        await self._retell(missed)
        self.listening.seq = missed.head
        return missed.complete

    async def _retell(self, missed: Missed) -> None:
        for topic, body in missed.messages:
            await self._tell(str(topic), body)

    async def _tell(self, topic: str, body: dict[str, Any]) -> None:
        if "seq" not in body or self.listening.is_new(topic, body["seq"]):
            await self.send_json({"topic": topic, **body})

    async def _beat(self) -> None:
        while not self._ended:
            await asyncio.sleep(HEARTBEAT_EVERY)
            async with self._told():
                complete = await self._catch_up(self.listening.topics)
                beat = {"heartbeat": clock.now().isoformat(), "seq": self.listening.seq}
                await self.send_json(beat if complete else {**beat, "reload": True})

    async def live_message(self, message: dict[str, Any]) -> None:
        """From the channel layer: something on one of our topics."""
        if parse(message["topic"]) in self.listening.topics:
            await self._tell(message["topic"], message["body"])

    async def live_cut(self, message: dict[str, Any]) -> None:
        """From the channel layer: this person or token is to leave."""
        await self.cut(message.get("sentence") or _("You were disconnected; the page connects again if it still may."))

    async def cut(self, sentence: str | Promise, code: int = 4403) -> None:
        """Say why, then end the connection."""
        if self._ended:
            return
        user = self.visitor.actor.user if self.visitor else None
        with translation.override(user.language if user else translation.get_language()):
            await self.send_json({"closing": str(sentence)})
        self._ended = True
        with contextlib.suppress(RuntimeError):  # the page was quicker and is gone
            await self.close(code=code)

    async def send(self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False) -> None:
        if self._ended:
            return
        try:
            await asyncio.wait_for(super().send(text_data, bytes_data, close), limits.SLOW_SECONDS)
        except TimeoutError:
            self._ended = True  # it takes nothing, so no farewell either; the server's ping ends the connection
        except RuntimeError:  # the page is gone and its own farewell is still under way
            self._ended = True

    @contextlib.asynccontextmanager
    async def _told(self) -> Any:
        """Refusals become sentences; what cannot go on ends the connection with one."""
        try:
            yield
        except Invalid as refusal:
            await self.send_json({"error": refusal.sentence})
        except PortalError as refusal:
            await self.cut(refusal.sentence, code=4000 + refusal.status)
        except _AWAY:
            await self.cut(_("Live updates are away for a moment; the page connects again by itself."), TRY_AGAIN_LATER)


def _own_groups(visitor: Visitor) -> list[str]:
    user = [of_user(visitor.actor.user.pk)] if visitor.actor.user else []
    return user + ([of_token(visitor.token_digest)] if visitor.token_digest else [])


def _address(scope: dict[str, Any]) -> str | None:
    """The caller's, as the front door names it; a workload's socket has none."""
    client = scope.get("client")
    return client[0] if client else None


def _session_key(headers: dict[bytes, bytes]) -> str | None:
    cookies = parse_cookie(headers.get(b"cookie", b"").decode("latin1"))
    return cookies.get(settings.SESSION_COOKIE_NAME)


def _decoded(text: str | None) -> dict[str, Any]:
    if text is None:
        raise Invalid(_("Messages are JSON text, not bytes."))
    limits.check_size(text)
    try:
        asked = json.loads(text)
    except ValueError as error:
        raise Invalid(_("This message is not JSON.")) from error
    if not isinstance(asked, dict):
        raise Invalid(_('A message is a JSON object, for example {"subscribe": ["run:…"]}.'))
    return asked


def _listed(value: object) -> list[object]:
    if not isinstance(value, list):
        raise Invalid(_("Topics are given as a list."))
    return value


def _number(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63):
        return value
    raise Invalid(_("“since” is the number of the last event you heard."))
