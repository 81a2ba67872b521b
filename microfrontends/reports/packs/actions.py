"""What may be done with a pack: acknowledge and dispute it for its participant, answer and try again for the hub."""

from collections.abc import Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields, validate
from sqlalchemy import Connection

from bff import (
    Action,
    Command,
    CommandSchema,
    Effect,
    Fact,
    Found,
    Identity,
    Missing,
    RuleBroken,
    Told,
    allowed,
)
from bff.change.audit import Actor
from bff.change.tasks import naive
from bff.run import Run
from bff.texts import in_language
from bff.web.layout import identity
from bff.web.locale import language
from microfrontends.reports.domain.delivery import Did, PackState, may
from microfrontends.reports.packs.desk import Desk, is_delivered_to, present_desk
from microfrontends.reports.packs.planning import once_more
from microfrontends.reports.packs.records import Pack
from microfrontends.reports.packs.store import Step, row_of
from microfrontends.reports.packs.words import STATE_WORDS, happened
from microfrontends.reports.permissions import P


class PackCommand(CommandSchema):
    """Which pack."""

    pack_id = fields.String(required=True)  # whatever it is: what is no pack is not found


class PackAction(Action):
    """One step on one pack. It changes the portal's own records and nothing at the hub."""

    schema = PackCommand
    labels = {"state": _l("State")}
    did: Did
    becomes: PackState
    repeatable = True

    def target(self, command: Command) -> str:
        """The pack."""
        return f"pack:{command['pack_id']}"

    def participants(self, command: Command) -> tuple[str, ...]:
        """The one whose pack it is."""
        found = self.desk.packs.find(command["pack_id"])
        return (found.participant,) if found else ()

    def refuse_strangers(self, who: Identity) -> None:
        """Nobody: each pack is looked at by itself."""

    @property
    def desk(self) -> Desk:
        """The present app's."""
        return present_desk()

    def effect(self, command: Command) -> Effect:
        """The state that it will have. Raises Missing."""
        found = self._pack(command)
        return Effect(
            changes=(Fact("state", str(STATE_WORDS[found.state]), str(STATE_WORDS[self.becomes])),),
            basis={"state": found.state, "version": str(found.version)},
            told={"title": in_language(found.title, language()), "event": happened(found.event)},
            shown={"pack": found},
        )

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Only where it stands so that this step can be taken."""
        self._refuse_out_of_turn(effect.shown["pack"])

    def execute(self, command: Command, run: Run) -> Mapping[str, Any]:
        """Take the step, with its proof."""
        found, packs = self.desk.packs.find(command["pack_id"]), self.desk.packs
        if found is None:
            raise Missing(_("There is no such report pack any more."))
        files = {file.form: file.sha256 for file in packs.files(found.id) if file.file}

        def becomes(connection: Connection, now: Pack) -> Mapping[str, Any]:
            self._refuse_out_of_turn(now)
            return self.follows(connection, now, command)

        step = Step(self.did, reason=run.reason, detail={"sha256": files})
        after = packs.step(found, step, _actor(run), becomes)
        return {"pack": found.id, "state": str(after.state)}

    def read_back(self, command: Command, run: Run) -> Found:
        """Whether this person has taken the step."""
        proofs = self.desk.packs.proofs(command["pack_id"])
        mine = [each for each in proofs if each.did is self.did and each.username == run.maker.username]
        return Found.DONE if mine and mine[-1].reason == run.reason else Found.ABSENT

    def back(self, command: Command) -> str:
        """The pack's page, for whoever may see it there."""
        if allowed("packs.show"):
            return url_for("packs.show", pack_id=command["pack_id"])
        return url_for("deliveries.show", pack_id=command["pack_id"])

    def follows(self, connection: Connection, now: Pack, command: Command) -> Mapping[str, Any]:
        """What of the pack changes; what else follows is written in the same transaction."""
        return {"state": self.becomes}

    def _refuse_out_of_turn(self, found: Pack) -> None:
        if not may(found.state, self.did):
            state = STATE_WORDS[found.state]
            raise RuleBroken(_("This is not possible now: the pack's state is “%(state)s”.", state=state))

    def _pack(self, command: Command) -> Pack:
        who = identity()
        if who is None:  # a task that is looked at by itself later
            found = self.desk.packs.find(command["pack_id"])
            if found is None:
                raise Missing(_("There is no such report pack any more."))
            return found
        if who.sees_all and who.may(P.VIEW_DELIVERIES):
            return self.desk.in_view(command["pack_id"], who)
        return self.desk.readable(command["pack_id"], who)


class ForParticipant(PackAction):
    """What only somebody of the pack's participant may do."""

    permission = P.ACKNOWLEDGE_PACKS

    def check(self, command: Command, effect: Effect, maker: str) -> None:
        """Nobody answers for a participant but its own people, and nobody for what they have not looked at."""
        found, who = effect.shown["pack"], identity()
        if who is not None and who.subject == maker and not is_delivered_to(found, who):
            told = {"participant": found.participant}
            raise RuleBroken(_("Only the people of %(participant)s answer for this pack.", **told))
        if found.state is PackState.NEW:
            raise RuleBroken(_("Open the pack first: nobody answers for what they have not seen."))
        super().check(command, effect, maker)


class Acknowledge(ForParticipant):
    """Say for a participant that its pack is received and right."""

    name = "acknowledge_pack"
    title = _l("Acknowledge a report pack")
    rule = "/packs/<string:pack_id>/acknowledge"
    did, becomes = Did.ACKNOWLEDGED, PackState.ACKNOWLEDGED
    consequence = _l("The hub's staff see that it was acknowledged, by whom and when. It can still be disputed later.")

    def sentence(self, command: Command, told: Told) -> str:
        """Of what."""
        return _("Acknowledge “%(title)s” of %(event)s.", title=told.get("title", ""), event=told.get("event", ""))

    def verb(self, command: Command, told: Told) -> str:
        """That it is acknowledged."""
        return _("Acknowledge")


class Dispute(ForParticipant):
    """Say for a participant that its pack is wrong, and why."""

    name = "dispute_pack"
    title = _l("Dispute a report pack")
    rule = "/packs/<string:pack_id>/dispute"
    did, becomes = Did.DISPUTED, PackState.DISPUTED
    reasoned = True
    danger = True
    consequence = _l("The hub's staff see the dispute with its reason, and answer it here. No money moves by it.")

    def sentence(self, command: Command, told: Told) -> str:
        """Of what."""
        return _("Dispute “%(title)s” of %(event)s.", title=told.get("title", ""), event=told.get("event", ""))

    def verb(self, command: Command, told: Told) -> str:
        """That it is disputed."""
        return _("Dispute")


class ForHub(PackAction):
    """What the hub's staff do."""

    permission = P.ANSWER_DELIVERIES

    def refuse_strangers(self, who: Identity) -> None:
        """Whoever is bound to participants does not answer for the hub."""
        if not who.sees_all:
            raise Missing(_("This is shown only to those who see every participant."))

    def back(self, command: Command) -> str:
        """What is known of its delivery."""
        return url_for("deliveries.show", pack_id=command["pack_id"])

    def _pack(self, command: Command) -> Pack:
        found = self.desk.packs.find(command["pack_id"])
        if found is None:
            raise Missing(_("There is no report pack %(id)s among those that you may see.", id=command["pack_id"]))
        return found


class AnswerCommand(PackCommand):
    """Which pack, and whether a new version is produced."""

    produce = fields.String(load_default="", validate=validate.OneOf(["", "yes"]))


class Answer(ForHub):
    """Answer a dispute with a note, and where that is right with a new version."""

    name = "answer_dispute"
    title = _l("Answer a dispute")
    rule = "/deliveries/<string:pack_id>/answer"
    schema = AnswerCommand
    did, becomes = Did.ANSWERED, PackState.ANSWERED
    reasoned = True
    consequence = _l("The participant reads the reason as the answer, and acknowledges the pack or disputes it again.")
    details = "packs/_answer.html"

    def sentence(self, command: Command, told: Told) -> str:
        """To what."""
        words = {"title": told.get("title", ""), "event": told.get("event", "")}
        if command.get("produce"):
            return _("Answer the dispute about “%(title)s” of %(event)s, and produce it again.", **words)
        return _("Answer the dispute about “%(title)s” of %(event)s.", **words)

    def verb(self, command: Command, told: Told) -> str:
        """That it is answered."""
        return _("Answer and produce again") if command.get("produce") else _("Answer")

    def effect(self, command: Command) -> Effect:
        """The state that it will have, and what was said against it."""
        plain = super().effect(command)
        proofs = self.desk.packs.proofs(command["pack_id"])
        disputes = [each for each in proofs if each.did is Did.DISPUTED]
        shown = {**plain.shown, "dispute": disputes[-1] if disputes else None}
        return Effect(changes=plain.changes, basis=plain.basis, told=plain.told, shown=shown)

    def follows(self, connection: Connection, now: Pack, command: Command) -> Mapping[str, Any]:
        """The next version takes the place of this one once it is produced."""
        if command.get("produce"):
            self.desk.packs.add(connection, [row_of(once_more(now, self.desk.packs.clock()), self.desk.packs.clock())])
        return super().follows(connection, now, command)


class Retry(ForHub):
    """Try again to produce a pack that could not be produced."""

    name = "retry_pack"
    title = _l("Produce a report pack again")
    rule = "/deliveries/<string:pack_id>/retry"
    did, becomes = Did.RETRIED, PackState.WAITING
    consequence = _l("A worker takes it up within seconds. Its participant sees it once it is produced.")

    def sentence(self, command: Command, told: Told) -> str:
        """Which."""
        title, event = told.get("title", ""), told.get("event", "")
        return _("Try again to produce “%(title)s” of %(event)s.", title=title, event=event)

    def verb(self, command: Command, told: Told) -> str:
        """That it is tried again."""
        return _("Try again")

    def follows(self, connection: Connection, now: Pack, command: Command) -> Mapping[str, Any]:
        """It is due at once, and its attempts are counted anew."""
        fresh = {"attempts": 0, "problem": "", "try_at": naive(self.desk.packs.clock())}
        return {**super().follows(connection, now, command), **fresh}


ACTIONS = (Acknowledge, Dispute, Answer, Retry)


def actions() -> tuple[Action, ...]:
    """Every action on packs."""
    return tuple(each() for each in ACTIONS)


def _actor(run: Run) -> Actor:
    who, by = identity(), run.maker
    return Actor.of(who) if who and who.subject == by.subject else Actor(by.subject, by.name, by.username)
