"""What this app changes: who holds which role, who belongs to which participant, who may sign in. Nothing else does."""

from bff import Action
from microfrontends.users.actions.accounts import CreatePerson, DisablePerson, EnablePerson
from microfrontends.users.actions.rights import AddParticipant, AssignRole, RemoveParticipant, RemoveRole

ACTIONS: tuple[type[Action], ...] = (
    AssignRole,
    RemoveRole,
    AddParticipant,
    RemoveParticipant,
    CreatePerson,
    EnablePerson,
    DisablePerson,
)
