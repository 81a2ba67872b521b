"""What other pages show of packs: counts beside the menu's entries, a panel on a participant's page; own ones alone."""

from microfrontends.reports.tests.packs.scene import VIEW, WATCH, Scene
from microfrontends.reports.tests.packs.test_delivery import dispute


def test_a_member_sees_how_many_packs_are_new_until_they_are_opened(delivered: Scene) -> None:
    alpha = delivered.of("alphabank")
    assert alpha.get("/slots/badges/packs").text == '<data value="6">6 new report packs</data>'
    alpha.get(f"/packs/{delivered.one().id}")
    assert 'value="5"' in alpha.get("/slots/badges/packs").text
    assert delivered.of("alphabank", permissions=(VIEW,)).get("/slots/badges/packs").data == b"", (
        "none of it is readable"
    )


def test_staff_see_how_many_packs_are_disputed(delivered: Scene) -> None:
    staff, pack = delivered.staff(VIEW, WATCH), delivered.one()
    assert staff.get("/slots/badges/packs").data == b""
    assert staff.get("/slots/badges/deliveries").data == b""
    alpha = delivered.of("alphabank")
    alpha.get(f"/packs/{pack.id}")
    dispute(alpha, pack.id)
    assert staff.get("/slots/badges/deliveries").text == '<data value="1">1 disputed report pack</data>'
    bound = delivered.of("betawallet", permissions=(WATCH,))
    assert bound.get("/slots/badges/deliveries").data == b""


def test_a_participants_page_shows_its_own_packs_to_it_and_deliveries_to_staff(delivered: Scene) -> None:
    alpha, staff = delivered.of("alphabank"), delivered.staff(VIEW, WATCH)
    own = alpha.get("/slots/packs/alphabank").text
    assert "participant=alphabank" in own
    assert "state=NEW" in own
    assert alpha.get("/slots/packs/betawallet").data == b""
    assert staff.get("/slots/packs/alphabank").data == b""
    assert "/deliveries/packs?participant=alphabank" in staff.get("/slots/deliveries/alphabank").text
    assert "No report packs yet" in staff.get("/slots/deliveries/nobody").text
    assert delivered.of("alphabank", permissions=(WATCH,)).get("/slots/deliveries/alphabank").data == b""
