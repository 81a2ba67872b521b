"""The hub put together: central-settlement, central-ledger, and the database for what neither of them tells."""

from microfrontends.settlement.hub.ledger import HubLedger
from microfrontends.settlement.hub.settlements import HubSettlements
from microfrontends.settlement.hub.told import Patience
from microfrontends.settlement.hub.windows import HubWindows
from microfrontends.settlement.hub_figures import HubFigures


class MojaloopHub:
    """A Mojaloop hub at its two APIs and, for reading, its database."""

    def __init__(
        self, settlement_url: str, ledger_url: str, database_url: str, patience: Patience | None = None
    ) -> None:
        patience = patience or Patience()
        figures = HubFigures(database_url)
        self.positions, self.currencies, self.closed_at = figures.positions, figures.currencies, figures.closed_at
        self.processing, self.in_state = figures.processing, figures.in_state
        self.transfer_states, self.transfer_amounts = figures.transfer_states, figures.transfer_amounts

        windows = HubWindows(settlement_url, patience)
        self.windows, self.open_windows, self.window = windows.windows, windows.open_windows, windows.window
        self.close, self.window_contents = windows.close, windows.window_contents

        ledger = HubLedger(ledger_url, figures, patience)
        self.participants, self.accounts, self.ledger = ledger.participants, ledger.accounts, ledger.ledger
        self.caps, self.set_cap, self.set_account_active = ledger.caps, ledger.set_cap, ledger.set_account_active
        self.settlement_models, self.funds_in = ledger.settlement_models, ledger.funds_in
        self.funds_out_reserve, self.funds_out_commit = ledger.funds_out_reserve, ledger.funds_out_commit
        self.funds_out_abort = ledger.funds_out_abort

        settlements = HubSettlements(settlement_url, ledger.names, figures, patience)
        self.settlements, self.settlement = settlements.settlements, settlements.settlement
        self.create_settlement, self.advance = settlements.create_settlement, settlements.advance
        self.abort = settlements.abort
