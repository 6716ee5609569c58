"""Who may listen, what they hear, and that nothing is missed."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import transaction

from foundation import live
from foundation.jobs.models import Job
from foundation.live import consumers, limits
from foundation.tenancy import scope
from tests.foundation.live.pages import (
    ORIGIN,
    bearer,
    cookie,
    done,
    make_token,
    move,
    move_and_place,
    nothing_more,
    open_page,
    page,
    sign_in,
)

pytestmark = [pytest.mark.asyncio]


@pytest.fixture
def token(house):
    return bearer(make_token(house.scientist)[1])


async def test_person_hears_by_session(house):
    session = cookie(await done(sign_in, house.scientist))
    async with open_page(session, ORIGIN) as opened:
        heard, answer = await opened.subscribe(house.topic)
        assert (heard, answer["subscribed"], answer["refused"]) == ([], [house.topic], {})
        await done(move_and_place, house)
        message = await opened.hear()
    assert message == {
        "topic": house.topic,
        "seq": answer["seq"] + 1,
        "kind": "thing.moved",
        "subject": ["thing", str(house.thing_id)],
    }


async def test_stranger_to_the_house_is_sent_away_with_a_sentence(house):
    async with open_page(ORIGIN) as opened:
        assert "Sign in again" in (await opened.hear())["closing"]
        assert (await opened.receive_output())["code"] == 4403


async def test_unknown_token_is_sent_away(house):
    async with open_page(bearer("snd_nonsense")) as opened:
        assert "unknown, expired or revoked" in (await opened.hear())["closing"]


async def test_member_of_another_tenant_is_sent_away(house):
    session = cookie(await done(sign_in, house.stranger))
    async with open_page(session, ORIGIN) as opened:
        assert "not a member" in (await opened.hear())["closing"]


async def test_who_is_sent_away_is_told_to_the_tenant_where_they_work(house, refused_events):
    def sign_in_at_home():
        from importlib import import_module

        from django.conf import settings

        key = sign_in(house.stranger)
        session = import_module(settings.SESSION_ENGINE).SessionStore(key)
        session["tenant"] = "other"
        session.save()
        return key

    async with open_page(cookie(await done(sign_in_at_home)), ORIGIN) as opened:
        assert "not a member" in (await opened.hear())["closing"]
    (event,) = await done(refused_events, house.stranger.tenant)
    assert (event["method"], event["route"], event["status"]) == ("CONNECT", "ws", 404)
    assert await done(refused_events, house.tenant) == []


async def test_a_revoked_token_at_the_door_is_told_to_its_tenant(house, refused_events):
    from foundation.clock import now
    from foundation.identity import tokens

    row, text = await done(make_token, house.scientist)

    def revoke():
        with scope(house.tenant.pk):
            tokens.revoke(row, now=now())

    await done(revoke)
    async with open_page(bearer(text)) as opened:
        assert "unknown, expired or revoked" in (await opened.hear())["closing"]
    (event,) = await done(refused_events, house.tenant)
    assert (event["method"], event["route"], event["reason"]) == ("CONNECT", "ws", "token-revoked")


@pytest.mark.parametrize(
    "origin", [b"http://evil.test", b"http://portal.test:9999", b"null", b"https://portal.test.evil"]
)
async def test_page_from_elsewhere_may_not_use_the_cookie(house, origin):
    session = cookie(await done(sign_in, house.scientist))
    assert not await page(session, (b"origin", origin)).connect()


async def test_cookie_without_origin_is_refused(house):
    session = cookie(await done(sign_in, house.scientist))
    assert not await page(session).connect()


async def test_topic_of_another_tenant_is_refused(house, token):
    async with open_page(token) as opened:
        others = [f"thing:{uuid4()}", f"tenant:{house.stranger.tenant_id}"]
        _, answer = await opened.subscribe(house.topic, *others)
    assert answer["subscribed"] == [house.topic]
    assert set(answer["refused"]) == set(others)
    assert "no such thing" in answer["refused"][others[0]]


async def test_topics_that_were_refused_are_told_to_the_listeners_own_tenant(house, token, refused_events):
    async with open_page(token) as opened:
        theirs = f"tenant:{house.stranger.tenant_id}"
        await opened.subscribe(house.topic, theirs, f"thing:{uuid4()}", f"no_kind:{uuid4()}")
    told = await done(refused_events, house.tenant)
    assert [(event["method"], event["route"], event["status"]) for event in told] == [
        ("SUBSCRIBE", "ws/tenant", 404),
        ("SUBSCRIBE", "ws/thing", 404),
    ]
    assert await done(refused_events, house.stranger.tenant) == []


async def test_same_topic_in_another_tenant_is_not_heard(house, token):
    async with open_page(token) as opened:
        await opened.subscribe(house.topic)
        await done(live.publish, house.stranger.tenant_id, house.topic, "thing.said", {})
        assert await nothing_more(opened)


async def test_job_topic_asks_for_the_job(house, token):
    from foundation.tenancy import scope

    def enqueue(actor):
        from foundation import jobs
        from tests.foundation.jobs import probes  # noqa: F401

        with scope(actor.tenant_id):
            return jobs.enqueue("probe.note", actor=actor, title="A probe").pk

    own, others = await done(enqueue, house.scientist), await done(enqueue, house.stranger)
    async with open_page(token) as opened:
        _, answer = await opened.subscribe(f"job:{own}", f"job:{others}", f"job:{uuid4()}")
    assert answer["subscribed"] == [f"job:{own}"]
    assert Job._meta.verbose_name == "job"


async def test_nothing_is_missed_between_two_connections(house, token):
    async with open_page(token) as opened:
        _, before = await opened.subscribe(house.topic)
    await done(move_and_place, house, 5)
    async with open_page(token) as opened:
        heard, after = await opened.subscribe(house.topic, since=before["seq"])
    assert [message["seq"] for message in heard] == list(range(before["seq"] + 1, before["seq"] + 6))
    assert after["seq"] == before["seq"] + 5


async def test_event_that_comes_both_ways_is_told_once(house, token):
    async with open_page(token) as opened:
        await opened.subscribe(house.topic)
        await done(move_and_place, house)
        seq = (await opened.hear())["seq"]
        heard, _ = await opened.subscribe(house.topic, since=0)
        assert seq not in [message["seq"] for message in heard]


async def test_heartbeat_tells_what_the_broker_lost(house, token, monkeypatch):
    monkeypatch.setattr(consumers, "HEARTBEAT_EVERY", 0.2)
    async with open_page(token) as opened:
        _, answer = await opened.subscribe(house.topic)
        monkeypatch.setattr("foundation.live.publisher._outbox.put", lambda *_lost: None)
        await done(move_and_place, house)
        message = await opened.hear()
        while "heartbeat" in message:
            message = await opened.hear()
        assert message["seq"] == answer["seq"] + 1
        assert (await opened.hear())["seq"] == answer["seq"] + 1


async def test_page_that_missed_too_much_is_told_to_reload(house, token, monkeypatch):
    monkeypatch.setattr("foundation.live.ledger_feed._BATCH", 2)
    monkeypatch.setattr("foundation.live.ledger_feed.RETOLD_AT_MOST", 4)
    await done(move_and_place, house, 7)
    async with open_page(token) as opened:
        heard, answer = await opened.subscribe(house.topic, since=0)
    assert (heard, answer["reload"], answer["seq"]) == ([], True, 7)


async def test_message_of_a_transaction_comes_after_its_commit(house, token):
    order = []

    def publish_in_transaction():
        with transaction.atomic():
            live.publish(house.tenant.pk, house.topic, "thing.said", {"word": "late"})
            live.publisher.flush()
            order.append("still open")

    async with open_page(token) as opened:
        await opened.subscribe(house.topic)
        await done(publish_in_transaction)
        message = await opened.hear()
    assert order == ["still open"]
    assert message == {"topic": house.topic, "kind": "thing.said", "data": {"word": "late"}}


async def test_message_of_a_rolled_back_transaction_never_comes(house, token):
    def fail():
        with transaction.atomic():
            live.publish(house.tenant.pk, house.topic, "thing.said", {})
            transaction.set_rollback(True)

    async with open_page(token) as opened:
        await opened.subscribe(house.topic)
        await done(fail)
        await done(move, house)  # on the ledger, and without a place in it
        assert await nothing_more(opened)


async def test_unsubscribed_topic_is_silent(house, token):
    async with open_page(token) as opened:
        await opened.subscribe(house.topic)
        await opened.say({"unsubscribe": [house.topic], "ping": 1})
        assert await opened.hear() == {"pong": 1}
        await done(live.publish, house.tenant.pk, house.topic, "thing.said", {})
        assert await nothing_more(opened)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("not json", "not JSON"),
        ("[1]", "JSON object"),
        ('{"subscribe": "run:1"}', "as a list"),
        ('{"subscribe": [], "since": "yesterday"}', "number of the last event"),
        ('{"subscribe": [], "since": -1}', "number of the last event"),
        ('{"ping": "' + "x" * limits.MESSAGE_BYTES + '"}', "bytes at most"),
    ],
)
async def test_nonsense_gets_a_sentence_and_the_connection_stays(house, token, text, sentence):
    async with open_page(token) as opened:
        await opened.say_text(text)
        assert sentence in (await opened.hear())["error"]
        await opened.say({"ping": 1})
        assert await opened.hear() == {"pong": 1}


async def test_malformed_topics_are_refused_one_by_one(house, token):
    async with open_page(token) as opened:
        await opened.say({"subscribe": ["run", "run:1", 7, "unheard_of:" + str(uuid4()), house.topic]})
        answer = await opened.hear()
    assert answer["subscribed"] == [house.topic]
    assert len(answer["refused"]) == 4


async def test_too_many_topics_end_the_connection(house, token):
    async with open_page(token) as opened:
        await opened.say({"subscribe": [f"run:{uuid4()}" for _ in range(limits.TOPICS_EACH + 1)]})
        assert "topics at most" in (await opened.hear())["closing"]


async def test_too_many_messages_end_the_connection(house, token):
    async with open_page(token) as opened:
        for number in range(int(limits.MESSAGES_AT_ONCE) + 5):
            await opened.say({"ping": number})
        answers = [await opened.hear()]
        while "closing" not in answers[-1]:
            answers.append(await opened.hear())
    assert "Too many messages" in answers[-1]["closing"]


async def test_too_many_pages_of_one_person(house, token, monkeypatch):
    monkeypatch.setattr(limits, "CONNECTIONS_EACH", 1)
    async with open_page(token) as first:
        # Its answer says that the first was let in; otherwise the second may be faster.
        await first.say({"ping": 1})
        assert await first.hear() == {"pong": 1}
        async with open_page(token) as second:
            assert "which is the limit" in (await second.hear())["closing"]
        await first.say({"ping": 2})
        assert await first.hear() == {"pong": 2}


async def test_http_is_answered_elsewhere():
    from asgiref.testing import ApplicationCommunicator

    from portal.asgi import application

    request = ApplicationCommunicator(application, {"type": "http", "method": "GET", "path": "/t/acme/", "headers": []})
    await request.send_input({"type": "http.request", "body": b""})
    assert (await request.receive_output())["status"] == 404
    assert b"Only websockets" in (await request.receive_output())["body"]


async def test_a_token_that_listens_is_in_use(house):
    row, text = await done(make_token, house.scientist)
    async with open_page(bearer(text)) as opened:
        await opened.subscribe(house.topic)
    assert await done(last_use, house.scientist, row)


def last_use(actor, row):
    with scope(actor.tenant_id):
        row.refresh_from_db()
    return row.last_used_at
