"""Parts of pages that ask for themselves when something happens: each shows the last word within two seconds."""

from __future__ import annotations

import re
from pathlib import Path

TEMPLATES = Path(__file__).parents[2] / "templates"
PART = re.compile(r"<\w+[^>]*data-live-topic=[^>]*hx-get=[^>]*>")


def test_each_has_a_name_and_a_pause_that_leaves_room_for_the_answer():
    wrong, found = [], 0
    for file in TEMPLATES.rglob("*.html"):
        for part in PART.findall(file.read_text()):
            found += 1
            pause = re.search(r'data-live-pause="(\d+)"', part)
            # htmx's throttle forgets what comes while it waits; static/js/pace.js finds a part by its id.
            if "throttle:" in part or " id=" not in part or (pause and int(pause[1]) > 1500):
                wrong.append(f"{file.relative_to(TEMPLATES)}: {part[:80]}")
    assert found > 10
    assert wrong == []
