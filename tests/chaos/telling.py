"""What was felt of each outage: figures, and for whoever wants to know more what was read meanwhile."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.chaos.answers import Outcome
from tests.chaos.outages import LABELS, Outage
from tests.figures import FILE, figure

LONGEST = 160  # of what somebody read


def write_down(told: Sequence[Outcome], outages: Sequence[Outage], read: Sequence[str]) -> None:
    """The figures, and build/chaos.txt. `read` is what stood in the browser where a page was away."""
    figure("chaos_requests", str(len(told)))
    figure("chaos_failed_requests", str(sum(not each.good for each in told)))
    for outage in outages:
        went_on = outage.went_on(told)
        figure(f"chaos_{outage.part}_away_s", f"{outage.away_s(told):.1f}", "s")
        figure(f"chaos_{outage.part}_went_on", f"{len(went_on)}/{len(LABELS)}", ", ".join(went_on))
    lines = [line for outage in outages for line in _lines(outage, told)]
    texts = Counter(" ".join(each.split()).partition(" Reference")[0][:LONGEST] for each in read)
    browser = [f"  {number:4}  {text}" for text, number in texts.items()]
    FILE.with_name("chaos.txt").write_text("\n".join([*lines, "read in the browser:", *browser, ""]), "utf-8")


def _lines(outage: Outage, told: Sequence[Outcome]) -> Iterator[str]:
    times = {"restarted": outage.restarted, "ready": outage.back, "all well": outage.over}
    when = ", ".join(f"{what} after {at - outage.killed:.1f} s" for what, at in times.items())
    yield f"{outage.part}: away {outage.away_s(told):.1f} s; {when}"
    yield f"  went on: {', '.join(outage.went_on(told)) or 'nothing'}"
    bad = [each for each in outage.felt(told) if not each.good]
    groups: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for each in bad:
        groups[each.label, each.status, each.kind, each.words[:LONGEST]].append(each.ended - outage.killed)
    for (label, status, kind, words), after in groups.items():
        yield f"  {len(after):4}  {min(after):5.1f} to {max(after):5.1f} s  {label}: {status} {kind}: {words}"
