"""What may be done with the keys of a tenant: rotate, wrap anew, bring, withdraw, destroy.

    rotate_key       a new key; everything new is sealed under it. `new_key` is the same for a purpose of one's own.
    rewrap_keys      the job that puts every key under the key-encryption key that the portal has now
    reseal_objects   the job that puts stored objects under the newest key
    bring_key, withdraw_key, release_key   a key of the tenant's own
    destroy_key      one key for good: what is still sealed under it opens for nobody
    shred_tenant     all of them: for whoever deletes a tenant

A room that seals things of its own (the lake: its tables) takes a key of a purpose of its own: `new_key` makes the next
number, `storage.purpose_key` opens it in every process, `destroy_key` ends it once nothing is sealed under it any more,
and `finish_destroying` makes sure that what wrapped it is gone.
"""

from foundation.storage.keys.bringing import bring_key, release_key, withdraw_key
from foundation.storage.keys.destroying import Shredded, destroy_key, finish_destroying, shred_tenant, sweep_secrets
from foundation.storage.keys.resealing import ask_for_resealing, reseal_objects
from foundation.storage.keys.rewrapping import ask_for_rewrap, rewrap_keys
from foundation.storage.keys.rotating import new_key, rotate_key
from foundation.storage.keys.selectors import KeyLine, Standing, key_lines, standing_of

__all__ = [
    "KeyLine",
    "Shredded",
    "Standing",
    "ask_for_resealing",
    "ask_for_rewrap",
    "bring_key",
    "destroy_key",
    "finish_destroying",
    "key_lines",
    "new_key",
    "release_key",
    "reseal_objects",
    "rewrap_keys",
    "rotate_key",
    "shred_tenant",
    "standing_of",
    "sweep_secrets",
    "withdraw_key",
]
