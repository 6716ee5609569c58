"""What the pages of connections do, as curl, Python and command line."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act

_SERVER = {"host": "db.example.com", "port": 5432, "database": "sales", "user": "reader", "tls": "verify"}
_SET = " ".join(f"--set {name}={value}" for name, value in _SERVER.items())

EQUALS = {
    "connections:connection_list": (
        Act(
            _("Make a connection"),
            "POST",
            "connections/",
            'client.connections.create("Warehouse", "postgresql", {{"host": "db.example.com", "port": 5432,'
            ' "database": "sales", "user": "reader", "tls": "verify"}}, secrets={{"password": "…"}},'
            " project={project.slug})",
            f"--project {{project.slug}} connection create Warehouse postgresql {_SET} --secrets-file secrets.json",
            {
                "name": "Warehouse",
                "kind": "postgresql",
                "settings": _SERVER,
                "secrets": {"password": "…"},
                "project": "{project.slug}",
            },
        ),
    ),
    "connections:connection_detail": (
        Act(
            _("Test"),
            "POST",
            "connections/{connection.pk}/test/",
            "client.connections.test({connection.pk})",
            "connection test {connection.pk}",
        ),
        Act(
            _("Change its name"),
            "PATCH",
            "connections/{connection.pk}/",
            'client.connections.edit({connection.pk}, name="Warehouse")',
            "connection edit {connection.pk} --name Warehouse",
            {"name": "Warehouse"},
        ),
        Act(
            _("Delete"),
            "DELETE",
            "connections/{connection.pk}/",
            "client.connections.delete({connection.pk})",
            "connection delete {connection.pk}",
        ),
    ),
}
