"""Writes of the registry."""

from apps.registry.services.archiving import model_part
from apps.registry.services.artifacts import public_key_pem, unpack_artifact
from apps.registry.services.cards import edit_card, restore_card
from apps.registry.services.erasing import ModelReach
from apps.registry.services.leaving import ModelFarewell
from apps.registry.services.metering import begin_usage
from apps.registry.services.promoting import promote_version, request_promotion, retire_version
from apps.registry.services.registering import finish_registration, register_version

__all__ = [
    "ModelFarewell",
    "ModelReach",
    "begin_usage",
    "edit_card",
    "finish_registration",
    "model_part",
    "promote_version",
    "public_key_pem",
    "register_version",
    "request_promotion",
    "restore_card",
    "retire_version",
    "unpack_artifact",
]
