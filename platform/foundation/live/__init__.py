"""What a page hears without asking: topics over one websocket, fed by the ledger and by `publish`."""

from foundation.live.publisher import disconnect, publish
from foundation.live.topics import register_topic

__all__ = ["disconnect", "publish", "register_topic"]
