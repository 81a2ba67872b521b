"""How long the files of packs are kept. What they were (size, SHA-256) and what became of them is kept for ever."""

from datetime import timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from bff.change import words
from bff.change.tasks import naive
from microfrontends.reports.domain.delivery import UNPRODUCED
from microfrontends.reports.kept import KeptFiles
from microfrontends.reports.packs.store import Packs
from microfrontends.reports.packs.table import pack, pack_file

AT_ONCE = 100
_pack, _file = pack.c, pack_file.c


def sweep(packs: Packs, files: KeptFiles, days: int) -> int:
    """Forget files and previews of packs that were produced more than so many days ago; of how many packs."""
    old = (
        _pack.produced_at < naive(packs.clock() - timedelta(days=days)),
        _pack.state.not_in([str(state) for state in UNPRODUCED]),
    )
    held = sa.exists().where(_file.pack == _pack.id, _file.file.is_not(None))
    query = sa.select(_pack.id, _pack.preview).where(*old, sa.or_(held, _pack.preview.is_not(None))).limit(AT_ONCE)
    gone = words.kept(_l("It is no longer kept: files of report packs are kept for %(days)s days.", days=days))
    with packs.engine.begin() as connection:
        found = connection.execute(query).all()
        ids = [row.id for row in found]
        of_these = (_file.pack.in_(ids), _file.file.is_not(None))
        names = [row.preview for row in found if row.preview]
        names += connection.execute(sa.select(_file.file).where(*of_these)).scalars()
        connection.execute(sa.update(pack_file).where(*of_these).values(file=None, problem=gone))
        connection.execute(sa.update(pack).where(_pack.id.in_(ids)).values(preview=None))
        for name in names:
            files.drop_in(connection, name)
    return len(found)
