"""What happened where a chain first breaks."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from foundation.ledger.chain import Link, Walk, links


@dataclass(frozen=True)
class Finding:
    """The first difference: `kind` is altered, missing, inserted, reordered, truncated or signature; `seq` where."""

    kind: str
    seq: int | None
    sentence: str


def name_break(walk: Walk, link: Link) -> Finding:
    """The finding for a link that does not follow what was walked; the rest of the chain tells what it was."""
    k = walk.tree.size + 1
    if link.seq > k:
        return _finding(
            "missing", k, _("Entry %(k)d is missing: %(other)d follows %(last)d."), other=link.seq, last=k - 1
        )
    if link.event is None:
        return _finding("missing", k, _("The event of entry %(k)d was removed."))
    if link.previous_hash == walk.previous:
        if _content_is_at_home_later(link):
            return _moved(k)
        return _finding("altered", k, _("Entry %(k)d was altered: its content gives another hash."))
    if k > 1 and link.previous_hash == walk.before:
        return _finding(
            "inserted", k - 1, _("Entry %(k)d was inserted: the next one follows entry %(last)d."), last=k - 2
        )
    if link.true_hash() == link.hash:
        first = max(k - 1, 1)
        return _finding(
            "altered", first, _("Entry %(k)d was altered and hashed anew: the next one follows another hash.")
        )
    if any(other.previous_hash == walk.previous for other in links(link.tenant_id, after=link.seq)):
        return _moved(k)
    if link.true_hash(seq=k + 1) == link.hash:
        return _finding("missing", k, _("Entry %(k)d is missing: the one after it was given its number."))
    return _finding("altered", k, _("Entry %(k)d was altered: neither its hash nor its predecessor is right."))


def _content_is_at_home_later(link: Link) -> bool:
    later = links(link.tenant_id, after=link.seq)
    return any(link.true_hash(seq=other.seq, previous_hash=other.previous_hash) == other.hash for other in later)


def _moved(k: int) -> Finding:
    return _finding("reordered", k, _("Entry %(k)d is not in its place: another stands there, and it comes later."))


def _finding(kind: str, k: int, sentence: str, **values: int) -> Finding:
    return Finding(kind, k, sentence % {"k": k, **values})
