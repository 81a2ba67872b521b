"""No new micro-frontend may be given a name under which the shell serves something of its own."""

from bff.scaffold.names import SHELLS
from shell.tests.conftest import MakePortal


def test_every_first_step_of_the_shells_own_paths_is_refused_as_a_name(portal: MakePortal) -> None:
    rules = [rule.rule for rule in portal().app.url_map.iter_rules()]
    steps = {rule.split("/")[1].partition(".")[0] or rule.split("/")[1].lstrip(".") for rule in rules}
    plain = {step for step in steps if step and not step.startswith("<")}
    assert plain - SHELLS == set(), "add them to bff/scaffold/names.py"
