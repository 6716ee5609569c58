"""Websockets: one Valkey carries what the processes tell each other."""

from portal.settings.services import REDIS_URL

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "sanad"},
    },
}
