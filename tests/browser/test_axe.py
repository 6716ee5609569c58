"""Words that cannot be read are found though axe is asked once of words that look alike: on pages made for this."""

from __future__ import annotations

import pytest

from tests.browser.axe import RULES, Axe

pytestmark = pytest.mark.browser
STYLE = """body { background: #fff; color: #000 } .off { color: #bbb; background: #fff }
.s-table-scroll { background: linear-gradient(90deg, #fff 40%, transparent) } .place { position: relative }
.ground { position: absolute; inset: 0; background: #222 }"""


def rows(more=""):
    return f"<div class='s-table-scroll'><table>{'<tr><td>A row of many</td></tr>' * 9}{more}</table></div>"


# On a page whose other words can be read: what cannot, and how many there are of it.
FAINT = {
    "in a table's last row": rows("<tr><td style='color:#bbb'>Faint in a row</td></tr>"),
    "on a ground of its own": "<p>Plain</p><div style='background:#333'><p>Dark on dark</p></div>",
    "in a group that is half transparent": "<p>Plain</p><div style='opacity:.3'><p>Washed out</p></div>",
    "small where large can be read": "<p style='color:#888;font-size:32px'>Large</p><p style='color:#888'>Small</p>",
    "on what lies behind it": "<div class='place'><p>Plain and long enough</p></div>"
    "<div class='place'><div class='ground'></div><p class='place'>Covered ground</p></div>",
    "beside one that is switched off": "<button class='off' disabled>Off</button><button class='off'>On</button>",
    "behind one of a single sign": "<p style='color:#bbb'>x</p><p style='color:#bbb'>Many signs</p>",
}


@pytest.fixture
def shown(chromium):
    context = chromium.new_context()
    page = context.new_page()

    def show(words):
        page.set_content(f"<html lang=en><title>Words</title><style>{STYLE}</style><main>{words}</main>")
        return page

    yield show
    context.close()


def unread(axe, page):
    return [each["id"] for each in axe.faults(page, RULES, colours=True) if each["id"] == "color-contrast"]


def test_words_that_cannot_be_read_are_found_wherever_they_stand(shown):
    missed = [name for name, words in FAINT.items() if not unread(Axe(), shown(words))]
    assert missed == []


def test_what_can_be_read_is_asked_of_once_and_what_is_new_on_the_next_page_is_found(shown):
    axe = Axe()
    assert unread(axe, shown(rows())) == []
    known = set(axe.known)
    assert known
    assert unread(axe, shown(f"<p>Same</p>{rows()}")) == []
    assert axe.known == known
    assert unread(axe, shown(f"<p>Same</p><p style='color:#aaa'>Faint</p>{rows()}")) == ["color-contrast"]
