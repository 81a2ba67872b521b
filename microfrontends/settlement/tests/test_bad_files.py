"""A bad file is refused in a sentence that names the cell, or says that there is none, and never leads to a plan."""

from functools import cache

from microfrontends.settlement.tests.bad_packages import bad_packages, repacked
from microfrontends.settlement.tests.bad_texts import bad_texts
from microfrontends.settlement.tests.bad_workbooks import Bad, bad_workbooks
from microfrontends.settlement.tests.settled_books import answer, propose
from microfrontends.settlement.views.finding_words import NO_CELL, NO_CELL_READ, words_of
from tests.figures import figure


@cache
def bad_files() -> dict[str, Bad]:
    """All of them, made once."""
    return {f"{bad[0]} ({bad[2].name})": bad for bad in (*bad_workbooks(), *bad_packages(), *bad_texts())}


def refused(bad: Bad) -> bool:
    """Whether the file leads to an error that says where, and to nothing else."""
    proposal = propose(bad[1])
    said = [words_of(each) for each in proposal.errors]
    places = [each.cell for each in proposal.errors]
    named = all(
        (cell in words.sentence) if cell else words.sentence.endswith((str(NO_CELL), str(NO_CELL_READ)))
        for cell, words in zip(places, said, strict=True)
    )
    return (
        bool(said) and named and proposal.plan is None and not proposal.confirmable([e.key for e in proposal.findings])
    )


def test_every_bad_file_is_refused_in_words_and_yields_no_plan() -> None:
    tried = bad_files()
    passed = [name for name, bad in tried.items() if not refused(bad)]
    figure("bad_files_refused", f"{len(tried) - len(passed)}/{len(tried)}")
    assert passed == []
    assert len(tried) >= 40


def test_what_is_wrong_is_told_for_what_it_is_and_at_its_place() -> None:
    mistold = {}
    for name, (_, data, kind, cell) in bad_files().items():
        found = [(each.kind, each.cell) for each in propose(data).errors]
        if (kind, cell) not in found:
            mistold[name] = found
    assert mistold == {}


def test_the_file_that_all_of_them_were_made_from_is_good() -> None:
    assert propose(answer()).findings == ()


def test_so_is_the_one_whose_parts_were_changed() -> None:
    assert propose(repacked(lambda _parts: None)).findings == ()
