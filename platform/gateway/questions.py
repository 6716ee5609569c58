"""A question about features online, as it is sent: what of it is wrong is said in a sentence."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.asgi import Scope
from gateway.problems import Refused
from runtime.entity_keys import MOST_BYTES as MOST_KEY_BYTES
from runtime.online import KeyRefused, RequestRefused, parted

MOST_ENTITIES = 1_000
MOST_QUESTION_BYTES = 8_192
_WORDS = ("views", "service", "features", "project")
_KNOWN = frozenset({*_WORDS, "entities", "requests"})


def check_head(scope: Scope, headers: dict[bytes, bytes]) -> None:
    if scope["method"] != "POST":
        raise Refused(405, "method", "Only POST is answered here.", headers=[(b"allow", b"POST")])
    if [name for name, _value in scope["headers"]].count(b"authorization") > 1:
        raise Refused(400, "duplicate-header", "The header authorization was sent more than once.")
    if headers.get(b"content-encoding", b"identity") != b"identity":
        raise Refused(415, "encoded-body", "A compressed body is not read here; send it uncompressed.")


def parsed_question(body: bytes) -> tuple[str, list[dict[str, Any]], list[dict[str, Any]]]:
    """The question as the portal is asked it, the entities, and what the request says of each."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(400, "invalid", "The body is not JSON.") from None
    if not isinstance(given, dict):
        raise invalid('Send an object: {"views": [...], "entities": [{...}]}.')
    entities = given.get("entities")
    if not isinstance(entities, list) or not entities or not all(isinstance(one, dict) for one in entities):
        raise invalid('"entities" is a list of objects, each with its join keys.')
    if len(entities) > MOST_ENTITIES:
        raise invalid(f"At most {MOST_ENTITIES} entities are answered at once; these are {len(entities)}.")
    if strange := sorted(given.keys() - _KNOWN):
        raise invalid(f"{strange[0][:60]!r} means nothing here. Known: entities, requests, {', '.join(_WORDS)}.")
    for name in ("views", "features"):
        many = given.get(name)
        if many is not None and not (isinstance(many, list) and all(isinstance(one, str) for one in many)):
            raise invalid(f'"{name}" is a list of texts.')
    for name in ("service", "project"):
        if not isinstance(given.get(name, ""), str):
            raise invalid(f'"{name}" is a text.')
    question = orjson.dumps({name: given[name] for name in _WORDS if given.get(name) is not None})
    if len(question) > MOST_QUESTION_BYTES:
        raise invalid("The names of views and features are too many.")
    return question.decode(), *_parted(entities, given.get("requests"))


def _parted(entities: list[dict[str, Any]], requests: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if requests is not None and not (isinstance(requests, list) and all(isinstance(one, dict) for one in requests)):
        raise invalid('"requests" is a list of objects, one for each entity.')
    try:
        return parted(entities, requests)
    except RequestRefused as refused:
        raise request_refused(refused) from refused


def invalid(sentence: str) -> Refused:
    return Refused(422, "invalid", sentence)


def request_refused(refused: RequestRefused) -> Refused:
    place, name = f"Entity {refused.place + 1}", refused.name[:60]
    said = {
        "count": "There are not as many requests as entities; send one for each, in their order.",
        "twice": "The values of the request are given twice: beside each entity, or in a list of requests, not both.",
        "unknown": f"{place}: there is no value “{name}” to give. There are: {', '.join(refused.known) or 'none'}.",
        "kind": f"{place}: “{name}” has to be a {refused.wanted}.",
    }
    return invalid(said[refused.why])


def key_refused(refused: KeyRefused) -> Refused:
    place = f"Entity {refused.place + 1}"
    said = {
        "missing": f"{place} does not give the join key “{refused.key}”.",
        "long": f"{place}: the value of “{refused.key}” is longer than {MOST_KEY_BYTES} bytes.",
        "kind": f"{place}: “{refused.key}” is no key; give text, a number, a truth value or a moment.",
    }
    return invalid(said[refused.why])
