"""The menu: a few words side by side, many in groups, every page once."""

import pytest
from bs4 import BeautifulSoup

from core.web.registry import registry


def menu_of(client, path="/erp/sales/orders/"):
    page = BeautifulSoup(client.get(path, follow_redirects=True).text, "html.parser")
    return page.select_one("nav.menu-wide"), page.select_one(".menu-small nav")


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_a_long_menu_is_put_into_groups_and_holds_every_page_once(app, client_for, locale):
    wide, small = menu_of(client_for("administrator", locale=locale))
    with app.test_request_context():
        count = len(registry().menu)
    for nav in (wide, small):
        addresses = [link["href"] for link in nav.select("a")]
        assert len(set(addresses)) == len(addresses) == count
    beside = wide.find_all(["a", "details"], recursive=False)
    assert len(beside) <= 9
    assert all(len(group.select("a")) > 1 for group in wide.select("details"))
    assert [one.get_text() for one in small.select("p")] == [one.get_text() for one in wide.select("summary")]


def test_a_short_menu_has_no_groups(client_for):
    wide, small = menu_of(client_for("packer"), "/find?q=D001")
    assert wide.select("a") != []
    assert wide.select("details") == small.select("p") == []


def test_the_group_of_the_page_that_is_open_is_marked(client_for):
    wide, _ = menu_of(client_for("administrator"), "/mes/planning/batches/")
    here = wide.select_one("summary.is-here").parent
    assert [link["href"] for link in here.select("a[aria-current]")] == ["/mes/planning/batches/"]
    assert len(wide.select("summary.is-here")) == 1


def test_one_word_of_the_menu_is_where_the_person_is(client_for):
    """Figures and baselines are two words of one room; a page that is neither belongs to the first of them."""
    owner = client_for("owner")
    for page, word in (
        ("/mes/efficiency/report", "/mes/efficiency/report"),
        ("/mes/efficiency/week", "/mes/efficiency/report"),
        ("/mes/efficiency/baselines/", "/mes/efficiency/baselines/"),
    ):
        wide, _ = menu_of(owner, page)
        assert [link["href"] for link in wide.select("a[aria-current]")] == [word], page
