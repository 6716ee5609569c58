"""What SCIM asks for: people brought, changed, suspended and taken away, and the groups that the provider keeps."""

from apps.tenants.services.provisioning.asking import LABEL, note_provisioning_refused, provisioner_of
from apps.tenants.services.provisioning.groups import (
    MOST_MEMBERS,
    bring_group,
    change_group,
    give_again,
    hold_group,
    take_group,
)
from apps.tenants.services.provisioning.people import PersonWanted, bring_person, change_person, take_person
from apps.tenants.services.provisioning.tokens import create_scim_token

__all__ = [
    "LABEL",
    "MOST_MEMBERS",
    "PersonWanted",
    "bring_group",
    "bring_person",
    "change_group",
    "change_person",
    "create_scim_token",
    "give_again",
    "hold_group",
    "note_provisioning_refused",
    "provisioner_of",
    "take_group",
    "take_person",
]
