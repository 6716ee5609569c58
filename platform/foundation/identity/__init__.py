"""People, service accounts, API tokens, and the actor that every service is told of."""

from foundation.identity.actors import Actor

__all__ = ["Actor"]
