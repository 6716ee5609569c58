"""How Valkey says that it is away; its client is known here alone."""

from redis.exceptions import RedisError

AWAY: tuple[type[Exception], ...] = (RedisError, OSError)
