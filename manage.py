#!/usr/bin/env python
"""Django's command line."""

import sys
from pathlib import Path

# platform/ is a source root, not a package: the package would shadow the standard library's `platform`.
sys.path.insert(0, str(Path(__file__).resolve().parent / "platform"))

if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from runtime.loading import at_rest
    from runtime.room import with_room

    with at_rest():
        import django
        from django.core.management import execute_from_command_line

        django.setup()
    with_room(execute_from_command_line)(sys.argv)
