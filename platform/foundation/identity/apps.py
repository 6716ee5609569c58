from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "foundation.identity"
    label = "identity"
