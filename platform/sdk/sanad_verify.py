#!/usr/bin/env python3
"""Verify an export of Sanad's ledger without the portal: Python 3.9 or newer, this one file, nothing else.

    python sanad_verify.py EXPORT --key PUBKEY --anchor ANCHOR [--allow-unsigned] [--json]

PUBKEY (PEM, one or more Ed25519 public keys) and ANCHOR (the anchor file of the tenant) must come to you on another
way than EXPORT: whoever can alter the export could alter what travels with it. Exit code 0: whole; 1: not what was
recorded, and the first difference is named; 2: the files cannot be read; 3: nothing differs, but not every entry is
covered by a signed checkpoint and by the anchor (0 with --allow-unsigned). The format: docs/ledger-format.md.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "sanad-ledger/1"
PAYLOAD_TYPE = b"application/vnd.sanad.checkpoint+json"
NO_PREVIOUS = "0" * 64


class Unreadable(Exception):
    """The input is no export, key or anchor; the message is the sentence to show."""


class Finding(NamedTuple):
    """The first difference: `kind` is altered, missing, inserted, reordered, truncated, signature or format."""

    kind: str
    seq: int | None
    sentence: str


# ---------------------------------------------------------------- canonical JSON (RFC 8785)


def canonical(value: Any) -> bytes:
    return _canonical(value).encode("utf-8")


def _canonical(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) >= 2**53:
            raise ValueError("a whole number beyond 2^53")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list):
        return "[" + ",".join(_canonical(item) for item in value) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(_canonical(key) + ":" + _canonical(value[key]) for key in keys) + "}"
    raise ValueError("a value that JSON does not know")


def _number(value: float) -> str:
    """A double as ECMAScript writes it: Python and it agree on the digits, not on where the exponent begins."""
    if math.isnan(value) or math.isinf(value):
        raise ValueError("a number that JSON does not know")
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    sign = "-" if value < 0 else ""
    if 0 < point <= 21:
        whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
        return sign + whole + ("." + fraction if fraction else "")
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{point - 1:+d}"


def hash_of(entry: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(entry)).hexdigest()


# ---------------------------------------------------------------- Merkle tree (RFC 6962)


class Tree:
    """A growing tree, kept as the roots of its perfect subtrees, largest first."""

    def __init__(self) -> None:
        self.size = 0
        self._nodes: list[bytes] = []

    def add(self, event_hash: str) -> None:
        node, size = hashlib.sha256(b"\x00" + bytes.fromhex(event_hash)).digest(), self.size
        while size & 1:
            node, size = hashlib.sha256(b"\x01" + self._nodes.pop() + node).digest(), size >> 1
        self._nodes.append(node)
        self.size += 1

    def root(self) -> str:
        if not self._nodes:
            return hashlib.sha256(b"").hexdigest()
        root = self._nodes[-1]
        for node in reversed(self._nodes[:-1]):
            root = hashlib.sha256(b"\x01" + node + root).digest()
        return root.hex()


# ---------------------------------------------------------------- Ed25519 (RFC 8032)

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]


def _add(a: _Point, b: _Point) -> _Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % _P, (a[1] + a[0]) * (b[1] + b[0]) % _P
    g, h = 2 * a[3] * b[3] * _D % _P, 2 * a[2] * b[2] % _P
    left, right, up, down = f - e, h - g, h + g, f + e
    return (left * right % _P, up * down % _P, right * up % _P, left * down % _P)


def _combined(s: int, a: _Point, h: int, b: _Point) -> _Point:
    """s·a + h·b in one pass over the bits of both."""
    both, result = _add(a, b), (0, 1, 1, 0)
    for bit in range(max(s.bit_length(), h.bit_length()) - 1, -1, -1):
        result = _add(result, result)
        choice = (s >> bit & 1, h >> bit & 1)
        if choice != (0, 0):
            result = _add(result, {(1, 0): a, (0, 1): b, (1, 1): both}[choice])
    return result


def _decode(raw: bytes) -> _Point | None:
    y = int.from_bytes(raw, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return (x, y, 1, x * y % _P)


_BASE = _decode((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the 64-byte signature of the message was made with the 32-byte public key's private half."""
    if len(public) != 32 or len(signature) != 64 or _BASE is None:
        return False
    key, r, s = _decode(public), _decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= _L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    left, right = _combined(s, _BASE, h, (_P - key[0], key[1], key[2], _P - key[3])), r
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


# ---------------------------------------------------------------- what is read


class Checkpoint(NamedTuple):
    body: dict[str, Any]
    signature: str
    source: str

    @property
    def size(self) -> int:
        return int(self.body["tree_size"])

    def is_signed_by(self, keys: dict[str, bytes]) -> bool:
        payload = canonical(self.body)
        message = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE, len(payload), payload)
        try:
            signature = base64.b64decode(self.signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        public = keys.get(str(self.body["key_id"]))
        return public is not None and ed25519_holds(public, message, signature)


def read_keys(path: str) -> dict[str, bytes]:
    """The Ed25519 public keys of a PEM file, by the SHA-256 of the raw key."""
    keys = {}
    for block in re.findall("-----BEGIN PUBLIC KEY-----(.+?)-----END PUBLIC KEY-----", _text(path), re.DOTALL):
        der = base64.b64decode("".join(block.split()))
        if len(der) != 44 or der[:12] != bytes.fromhex("302a300506032b6570032100"):
            raise Unreadable(f"{path} holds a public key that is not Ed25519.")
        keys[hashlib.sha256(der[12:]).hexdigest()] = der[12:]
    if not keys:
        raise Unreadable(f"{path} holds no public key in PEM form (-----BEGIN PUBLIC KEY-----).")
    return keys


_TYPES = ("header", "event", "checkpoint", "footer")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, refused where a name comes twice: a reader might see the other value."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def read_lines(path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and content of each line."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                try:
                    found = json.loads(line, object_pairs_hook=_once)
                except ValueError:
                    raise Unreadable(f"{path}, line {number} is not JSON, or names a field twice.") from None
                if not isinstance(found, dict) or found.get("type") not in _TYPES:
                    raise Unreadable(f"{path}, line {number} is not a line of a ledger.")
                yield number, found
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path} cannot be read: {error}.") from error


def read_checkpoint(path: str, number: int, line: dict[str, Any], source: str) -> Checkpoint:
    try:
        found = Checkpoint(dict(line["checkpoint"]), str(line["signature"]), source)
        if found.body["format"] != FORMAT or found.size < 1 or len(str(found.body["root_hash"])) != 64:
            raise ValueError
        str(found.body["tenant_id"]), str(found.body["key_id"]), str(found.body["signed_at"])
    except (KeyError, TypeError, ValueError):
        raise Unreadable(f"{path}, line {number} is not a checkpoint of {FORMAT}.") from None
    return found


def _text(path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path} cannot be read: {error}.") from error


class Export:
    """An export on disk: header, checkpoints and footer in memory, entries read one after the other."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.checkpoints: list[Checkpoint] = []
        self.footer: dict[str, Any] | None = None
        self.header: dict[str, Any] = {}
        for number, line in read_lines(path):
            if number == 1:
                if line["type"] != "header" or line.get("format") != FORMAT or not line.get("tenant_id"):
                    raise Unreadable(f"{path} is not an export of {FORMAT}.")
                self.header = line
            elif line["type"] == "event":
                self._entry(number, line)
            elif line["type"] == "checkpoint":
                self.checkpoints.append(read_checkpoint(path, number, line, "checkpoint"))
            elif line["type"] == "footer":
                self.footer = line
        if not self.header:
            raise Unreadable(f"{path} is empty.")

    def entries(self, skip: int = 0) -> Iterator[tuple[dict[str, Any], str]]:
        """Each entry with the hash that is claimed for it, beginning after `skip` of them."""
        seen = 0
        for number, line in read_lines(self.path):
            if line["type"] != "event":
                continue
            seen += 1
            if seen > skip:
                yield self._entry(number, line)

    def _entry(self, number: int, line: dict[str, Any]) -> tuple[dict[str, Any], str]:
        entry, claimed = line.get("entry"), line.get("hash")
        if set(line) != {"type", "entry", "hash"}:
            raise Unreadable(f"{self.path}, line {number} does not hold an entry and its hash alone.")
        if not isinstance(entry, dict) or not isinstance(claimed, str) or type(entry.get("seq")) is not int:
            raise Unreadable(f"{self.path}, line {number} is not an entry.")
        if not re.fullmatch("[0-9a-f]{64}", claimed):
            raise Unreadable(f"{self.path}, line {number}: the hash is not 64 hexadecimal digits.")
        return entry, claimed


# ---------------------------------------------------------------- the verdict


class Verdict(NamedTuple):
    """How many entries agree, the last signed root that they gave, how many an anchor covers, the first difference."""

    entries: int
    last_checkpoint: Checkpoint | None
    finding: Finding | None
    anchored: int = 0

    @property
    def signed(self) -> int:
        return self.last_checkpoint.size if self.last_checkpoint else 0


def verify(export: Export, keys: dict[str, bytes], anchors: Sequence[Checkpoint] = ()) -> Verdict:
    """Everything that can be known of the export; the first difference stands in `finding`."""
    marks = sorted([*anchors, *export.checkpoints], key=lambda mark: mark.size)
    finding = _check_signatures(export, marks, keys)
    if finding:
        return Verdict(0, None, finding)
    tree, previous, before, passed, anchored = Tree(), NO_PREVIOUS, NO_PREVIOUS, None, 0
    waiting = list(reversed(marks))
    for entry, claimed in export.entries():
        place = tree.size + 1
        if entry["seq"] != place or entry.get("previous_hash") != previous or _hash_or_none(entry) != claimed:
            return Verdict(tree.size, passed, _name(export, place, (before, previous), entry, claimed))
        if entry.get("tenant_id") != export.header.get("tenant_id"):
            return Verdict(tree.size, passed, Finding("inserted", place, f"Entry {place} is of another tenant."))
        tree.add(claimed)
        before, previous = previous, claimed
        while waiting and waiting[-1].size == tree.size:
            mark = waiting.pop()
            if mark.body["root_hash"] != tree.root():
                return Verdict(tree.size, passed, _rewritten(mark, passed))
            passed = mark
            anchored = mark.size if mark.source == "anchor" else anchored
    return Verdict(tree.size, passed, _check_end(export, tree.size, previous, waiting), anchored)


def _check_signatures(export: Export, marks: Sequence[Checkpoint], keys: dict[str, bytes]) -> Finding | None:
    seen = set()
    for mark in marks:
        content = (canonical(mark.body), mark.signature)
        if content in seen:
            continue  # an anchor and its checkpoint are the same line
        seen.add(content)
        name = f"The {mark.source} at entry {mark.size}"
        if mark.body["tenant_id"] != export.header.get("tenant_id"):
            return Finding("signature", mark.size, name + " is of another tenant.")
        if str(mark.body["key_id"]) not in keys:
            return Finding("signature", mark.size, name + " was signed with a key that you did not give.")
        if not mark.is_signed_by(keys):
            return Finding("signature", mark.size, name + " does not carry the signature of its key: it was altered.")
    return None


def _check_end(export: Export, size: int, last_hash: str, waiting: Sequence[Checkpoint]) -> Finding | None:
    if waiting:
        end = waiting[0]
        cut = f"entries from {size + 1} on are cut off, or the export is older than the {end.source}"
        say = f"The export ends at entry {size}, but the {end.source} of {end.body['signed_at']} covers {end.size}"
        return Finding("truncated", size + 1, f"{say}: {cut}.")
    if export.footer is None:
        return Finding("truncated", size + 1, f"The export has no last line: it was cut off after entry {size}.")
    if export.footer.get("entries") != size or export.footer.get("last_hash") != last_hash:
        written = export.footer.get("entries")
        say = f"The export was written with {written} entries and holds {size}: its end was cut off or added to."
        return Finding("truncated", size + 1, say)
    return None


def _rewritten(mark: Checkpoint, passed: Checkpoint | None) -> Finding:
    first, at = passed.size + 1 if passed else 1, mark.body["signed_at"]
    say = f"An entry between {first} and {mark.size} was altered and all after it hashed anew"
    return Finding("altered", first, f"{say}: the {mark.source} of {at} says another root.")


def _hash_or_none(entry: dict[str, Any]) -> str | None:
    try:
        return hash_of(entry)
    except (ValueError, TypeError, UnicodeError):
        return None


def _name(export: Export, k: int, hashes: tuple[str, str], entry: dict[str, Any], claimed: str) -> Finding:
    """What happened at place k, where the chain first breaks; `hashes` are of the two entries before it."""
    before, previous = hashes
    seq, link = entry["seq"], entry.get("previous_hash")
    later = _look_ahead(export, k, previous, entry)
    moved = Finding("reordered", k, f"Entry {k} is not in its place: another stands there, and it comes later.")
    if seq < k:
        return Finding("inserted", seq, f"Entry {seq} stands a second time, after entry {k - 1}: one was inserted.")
    if seq > k:
        return moved if later.has_seq else Finding("missing", k, f"Entry {k} is missing: {seq} follows {k - 1}.")
    if link == previous:
        return moved if later.has_content else _altered(k, "its content gives another hash")
    if k > 1 and link == before:
        return Finding("inserted", k - 1, f"Entry {k - 1} was inserted: the next one follows entry {k - 2}.")
    if _hash_or_none(entry) == claimed:
        return _altered(max(k - 1, 1), "it was hashed anew, and the next one follows another hash")
    if later.follows:
        return moved
    if _hash_or_none({**entry, "seq": k + 1}) == claimed:
        return Finding("missing", k, f"Entry {k} is missing: the one after it was given its number.")
    return _altered(k, "neither its hash nor its predecessor is right")


def _altered(k: int, why: str) -> Finding:
    return Finding("altered", k, f"Entry {k} was altered: {why}.")


class _Later(NamedTuple):
    has_seq: bool
    follows: bool
    has_content: bool


def _look_ahead(export: Export, k: int, previous: str, entry: dict[str, Any]) -> _Later:
    """Whether, after place k, number k comes, an entry follows the last good one, or k's content is really at home."""
    has_seq = follows = has_content = False
    for other, claimed in export.entries(skip=k):
        has_seq = has_seq or other["seq"] == k
        follows = follows or other.get("previous_hash") == previous
        at_home = {**entry, "seq": other["seq"], "previous_hash": other.get("previous_hash")}
        has_content = has_content or _hash_or_none(at_home) == claimed
    return _Later(has_seq, follows, has_content)


# ---------------------------------------------------------------- the command


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sanad_verify", description="Verify an export of Sanad's ledger.")
    parser.add_argument("export", metavar="EXPORT", help="the export (JSON lines)")
    parser.add_argument("--key", required=True, metavar="PUBKEY", help="public keys (PEM), got on another way")
    parser.add_argument("--anchor", metavar="ANCHOR", help="the tenant's anchor file, got on another way")
    parser.add_argument(
        "--allow-unsigned", action="store_true", help="exit with 0 though entries are not signed, or not anchored, yet"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    try:
        export, keys = Export(options.export), read_keys(options.key)
        anchors = _read_anchor(options.anchor) if options.anchor else []
        verdict = verify(export, keys, anchors)
    except Unreadable as error:
        _say(options.json, {"ok": None, "error": str(error)}, f"CANNOT BE READ: {error}")
        return 2
    code = _code(options, verdict)
    _report(options, export, verdict, code)
    return code


def _read_anchor(path: str) -> list[Checkpoint]:
    anchors = [read_checkpoint(path, number, line, "anchor") for number, line in read_lines(path)]
    if not anchors:
        raise Unreadable(f"{path} is empty: it holds no anchor.")
    return anchors


def _code(options: argparse.Namespace, verdict: Verdict) -> int:
    if verdict.finding:
        return 1
    return 3 if _gaps(options, verdict) and not options.allow_unsigned else 0


def _gaps(options: argparse.Namespace, verdict: Verdict) -> list[str]:
    """Which entries nobody vouches for, though nothing contradicts them."""
    gaps = []
    if verdict.signed < verdict.entries:
        gaps.append(f"{_span(verdict.signed, verdict.entries)} not signed by anybody yet, so they prove nothing")
    if options.anchor and verdict.anchored < verdict.entries:
        span = _span(verdict.anchored, verdict.entries)
        gaps.append(f"{span} beyond the anchor, so whoever holds the signing key could have rewritten them")
    return gaps


def _span(covered: int, entries: int) -> str:
    first = covered + 1
    return f"entry {first} is" if first == entries else f"entries {first} to {entries} are"


def _report(options: argparse.Namespace, export: Export, verdict: Verdict, code: int) -> None:
    mark, finding, entries = verdict.last_checkpoint, verdict.finding, verdict.entries
    gaps = [] if finding else _gaps(options, verdict)
    warnings = [] if options.anchor else [_NO_ANCHOR]
    result = {
        "ok": code == 0,
        "tenant_id": export.header.get("tenant_id"),
        "entries": entries,
        "last_checkpoint": mark.body if mark else None,
        "signed_entries": verdict.signed,
        "unsigned_entries": entries - verdict.signed,
        "anchor_given": bool(options.anchor),
        "anchored_entries": verdict.anchored if options.anchor else None,
        "unanchored_entries": entries - verdict.anchored if options.anchor else None,
        "warnings": [*gaps, *warnings],
        "finding": finding._asdict() if finding else None,
    }
    if finding:
        _say(options.json, result, f"NOT WHAT WAS RECORDED ({finding.kind}): {finding.sentence}")
        return
    last = f"last checkpoint at entry {mark.size} of {mark.body['signed_at']}" if mark else "no checkpoint yet"
    anchored = f", {verdict.anchored} by the anchor" if options.anchor else ""
    covered = f"{verdict.signed} covered by a signed checkpoint{anchored}"
    words = [f"{_WORDS[bool(gaps), code]} {entries} entries, {last}; {covered}"]
    words += [f"NOT COVERED: {gap}." for gap in gaps] + [f"WARNING: {warning}." for warning in warnings]
    _say(options.json, result, "\n".join(words))


_NO_ANCHOR = (
    "no anchor was given, so it is not excluded that whoever holds the signing key cut or rewrote the history "
    "and signed it anew"
)
# By whether entries are left uncovered, and the exit code.
_WORDS = {(False, 0): "OK", (True, 0): "OK AS FAR AS IT IS COVERED:", (True, 3): "NOT WHOLLY COVERED:"}


def _say(as_json: bool, result: dict[str, Any], sentence: str) -> None:
    print(json.dumps(result, indent=2) if as_json else sentence)


if __name__ == "__main__":
    sys.exit(main())
