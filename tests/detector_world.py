"""A hand-made warehouse for the detectors' tests: parties, accounts, ties and transfers by name."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from empty_tables import create_schema

from data.settings import load_settings
from data.store import Database
from detectors.context import Context

BANK = "102301000019"
DAY = date(2016, 6, 1)  # a Wednesday
ACCOUNT_COLUMNS: dict[str, Any] = {
    "account_id": pl.Int32, "bank_no": pl.String, "account_no": pl.String, "party_id": pl.String,
    "party_no": pl.Int32, "role": pl.String, "institution_id": pl.String,
    "parent_account_no": pl.String, "opened_on": pl.Date, "closed_on": pl.Date,
    "status": pl.String, "registered": pl.Boolean,
}  # fmt: skip
PARTY_COLUMNS: dict[str, Any] = {
    "party_no": pl.Int32, "party_id": pl.String, "kind": pl.String, "name": pl.String,
    "id_no": pl.String, "division": pl.String, "registered_on": pl.Date, "industry": pl.String,
    "institution_id": pl.String, "institution_kind": pl.String,
}  # fmt: skip
TRANSFER_COLUMNS: dict[str, Any] = {
    "transfer_no": pl.Int64, "ref": pl.String, "booked_at": pl.Datetime("us"),
    "business_date": pl.Date, "payer_account": pl.Int32, "payee_account": pl.Int32,
    "amount_fen": pl.Int64, "channel": pl.String, "purpose": pl.String, "loan_id": pl.String,
    "cash": pl.Boolean, "device": pl.String, "out_entry": pl.String, "in_entry": pl.String,
    "match_no": pl.String, "matched": pl.String, "lacks": pl.String, "status": pl.String,
}  # fmt: skip


def at(day: int, hour: float = 12) -> datetime:
    """A time so many days after the first day."""
    return datetime(DAY.year, DAY.month, DAY.day) + timedelta(days=day, hours=hour)


class World:
    """Rows gathered by name; a party's account has the party's name unless another is given."""

    def __init__(self) -> None:
        self.parties: dict[str, str] = {}
        self.accounts: dict[str, tuple[str, str, str | None]] = {}
        self.institutions: dict[str, tuple[str, bool]] = {}
        self.unregistered: set[str] = set()
        self.paid: list[tuple[str, str, int, datetime, str | None]] = []
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.marks: dict[int, dict[str, Any]] = {}
        self.facts: dict[str, dict[str, Any]] = {}
        self.banks: dict[str, str] = {}
        self.scopes: dict[str, str] = {}
        self.opened: dict[str, date] = {}  # by account; the others are old

    def party(self, *names: str, kind: str = "organisation", **facts: Any) -> None:
        """Add parties, each with an ordinary account of its name; facts are cells of its row."""
        for name in names:
            self.parties[name] = kind
            self.facts.setdefault(name, {}).update(facts)
            self.accounts.setdefault(name, (name, "ordinary", None))

    def persons(self, prefix: str, count: int) -> list[str]:
        """Add so many natural persons; returns their names."""
        names = [f"{prefix}{number:04d}" for number in range(count)]
        self.party(*names, kind="person")
        return names

    def account(
        self, name: str, owner: str, role: str, institution: str | None = None, bank: str = BANK
    ) -> None:
        """Add an account of a role, at a bank."""
        self.accounts[name] = (owner, role, institution)
        self.banks[name] = bank

    def institution(
        self, name: str, kind: str, *, licensed: bool = True, scope: str | None = None
    ) -> None:
        """Add a party that is a registered institution, with the scope of its licence."""
        self.party(name)
        self.institutions[name] = (kind, licensed)
        if scope is not None:
            self.scopes[name] = scope

    def tie(self, start: str, end: str, kind: str, share: float | None = None) -> None:
        """Add a relation that holds since long ago."""
        self._add("relation", from_party=start, to_party=end, kind=kind, share=share,
                  valid_from=date(2010, 1, 1))  # fmt: skip

    def pay(self, payer: str, payee: str, yuan: float, when: datetime, loan: str | None = None,
            **marks: Any) -> str:  # fmt: skip
        """Add a transfer, with what its row says beside the usual; returns its reference."""
        self.marks[len(self.paid)] = marks
        self.paid.append((payer, payee, round(yuan * 100), when, loan))
        return f"M{len(self.paid) - 1}"

    def loan(self, institution: str, loan_id: str, borrower: str, yuan: int, day: int) -> None:
        """Add a loan."""
        published = DAY + timedelta(days=day)
        self._add("loan", institution_id=institution, loan_id=loan_id, borrower_party_id=borrower,
                  principal_fen=yuan * 100, annual_rate=0.1, published_on=published,
                  due_on=published + timedelta(days=90), status="active")  # fmt: skip

    def event(
        self, institution: str, loan_id: str, kind: str, party: str, transfer: str, day: int
    ) -> None:
        """Add a loan event that names the payer's entry of a transfer."""
        number = int(transfer[1:])
        payer, _, fen, _, _ = self.paid[number]
        self._add("loan_event", institution_id=institution, event_no=f"E{number}{kind}",
                  loan_id=loan_id, kind=kind, party_id=party, amount_fen=fen,
                  happened_at=at(day), bank_no=BANK, account_no=payer,
                  entry_no=str(number))  # fmt: skip

    def balance(self, account: str, day: int, closing: int, subledgers: int) -> None:
        """Add a day's balance of an account, in yuan."""
        self._add("balance", bank_no=BANK, account_no=account,
                  balance_date=DAY + timedelta(days=day), opening_fen=0, credit_fen=0,
                  debit_fen=0, closing_fen=closing * 100,
                  subledger_total_fen=subledgers * 100)  # fmt: skip

    def reserve(self, firm: str, account: str, day: int, *, owed: int, held: int, aged: int = 0
                ) -> None:  # fmt: skip
        """Add a day of a reserve ledger, in yuan."""
        zero = ("client_opening", "client_credit", "client_debit", "interest_uncarried",
                "own_funds_placed", "fee_uncarried", "firm_in_bank_not", "firm_out_bank_not",
                "bank_in_firm_not", "bank_out_firm_not", "unexplained_le5",
                "unexplained_6_10", "reported_difference")  # fmt: skip
        self._add("reserve_day", institution_id=firm, bank_no=BANK, account_no=account,
                  ledger_date=DAY + timedelta(days=day), client_closing_fen=owed * 100,
                  bank_closing_fen=held * 100, unexplained_ge11_fen=aged * 100,
                  **{f"{name}_fen": 0 for name in zero})  # fmt: skip

    def trade(self, days: int) -> None:
        """Let two strangers pay each other on each working day, so that free days show."""
        self.party("trader-a", "trader-b")
        for day in range(days):
            if at(day).isoweekday() <= 5:
                self.pay("trader-a", "trader-b", 5, at(day, 9))

    def bystanders(self, count: int) -> None:
        """Let so many persons each buy something, so that chance has a measure."""
        self.party("shop")
        for name in self.persons("bystander", count):
            self.pay(name, "shop", 10, at(1))

    def context(self, days: int, **changes: dict[str, float]) -> Context:
        """Write the tables; the business date is the last of so many days.

        `changes` are settings by detector that differ from the defaults.
        """
        db = Database.open(None)
        create_schema(db)
        party_no = {name: number for number, name in enumerate(sorted(self.parties))}
        number = {name: i for i, name in enumerate(sorted(self.accounts))}
        parties = [
            (i, name, self.parties[name], self.facts[name].get("name", name), name, "320100",
             self.facts[name].get("registered_on"), self.facts[name].get("industry"),
             *((name, self.institutions[name][0]) if name in self.institutions else (None, None)))
            for name, i in party_no.items()
        ]  # fmt: skip
        accounts = [
            (i, self.banks.get(name, BANK), name, None, -1, "external", None, None, None, None,
             "unknown", False)
            if name in self.unregistered
            else (i, self.banks.get(name, BANK), name, self.accounts[name][0],
                  party_no[self.accounts[name][0]], self.accounts[name][1],
                  self.accounts[name][2], None,
                  self.opened.get(name, date(2015, 1, 1)), None, "active", True)
            for name, i in number.items()
        ]  # fmt: skip
        ordered = sorted(enumerate(self.paid), key=lambda each: (each[1][3], each[0]))
        transfers = [
            (row, f"M{ref}", when, when.date(), number[payer], number[payee], fen, "book", None,
             loan, False, None, f"{BANK}:{payer}:{ref}", f"{BANK}:{payee}:{ref}", f"M{ref}",
             "match_no", "", "settled")
            for row, (ref, (payer, payee, fen, when, loan)) in enumerate(ordered)
        ]  # fmt: skip
        place = {column: at for at, column in enumerate(TRANSFER_COLUMNS)}
        for row, (ref, _) in enumerate(ordered):
            changed_cells = {place[column]: cell for column, cell in self.marks[ref].items()}
            transfers[row] = tuple(
                changed_cells.get(at, cell) for at, cell in enumerate(transfers[row])
            )
        for name, columns, rows in (
            ("party_dim", PARTY_COLUMNS, parties),
            ("account_dim", ACCOUNT_COLUMNS, accounts),
            ("transfer", TRANSFER_COLUMNS, transfers),
        ):
            db.register("rows", pl.DataFrame(rows, schema=columns, orient="row").to_arrow())
            db.execute(f"create {name}", f"create table {name} as select * from rows")
            db.unregister("rows")
        self._fill(db)
        settings = load_settings()
        changed = {
            name: getattr(settings.detectors, name).model_copy(update=values)
            for name, values in changes.items()
        }
        detectors = settings.detectors.model_copy(update=changed)
        settings = settings.model_copy(update={"detectors": detectors})
        return Context(db, settings, DAY + timedelta(days=days - 1))

    def add(self, table: str, **values: Any) -> None:
        """Add a row to a table of the contracts; cells that are not given stay empty."""
        self._add(table, **values)

    def _add(self, table: str, **values: Any) -> None:
        self.rows.setdefault(table, []).append(values)

    def _fill(self, db: Database) -> None:
        for name, (kind, licensed) in self.institutions.items():
            self._add("institution", institution_id=name, name=name, kind=kind,
                      licence_no="1" if licensed else None, status="active",
                      licence_scope=self.scopes.get(name), division="320100")  # fmt: skip
        for name, kind in self.parties.items():
            self._add("party", party_id=name, kind=kind, **{"name": name, **self.facts[name]})
        for table, rows in self.rows.items():
            frame = pl.DataFrame(rows, infer_schema_length=None)
            nulls = [c for c in frame.columns if frame[c].dtype == pl.Null]
            db.insert(table, frame.drop(nulls).to_arrow())
