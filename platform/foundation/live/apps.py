from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "foundation.live"
    label = "live"

    def ready(self) -> None:
        from foundation.ledger import publisher as ledger_publisher
        from foundation.live.ledger_feed import publish_placed
        from foundation.live.topics import register_own_topics

        register_own_topics()
        ledger_publisher.register(publish_placed)
