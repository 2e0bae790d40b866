"""Matching by amount, accounts and time: entries that carry no common reference.

Two sides are compared at a time: outgoing entries with incoming ones, then clearing records with
entries. They must agree on the amount and on the accounts that both state, and lie within a bound
of time; two references that differ keep them apart. Within a group that agrees, most often there is
one of each. A crowd is cut where time leaves a gap; a part with as many of one side as of the other
is joined in the order of time, and what is left joins its nearest, round by round.
"""

from __future__ import annotations

from dataclasses import dataclass

from data.settings import Load
from data.store import Database

# Rounds of joining the nearest; each is linear, and ends what lies alone.
ROUNDS = 12


@dataclass(frozen=True)
class Sides:
    """Who is compared: conditions on open items, and the accounts that they must agree on."""

    name: str
    left: str
    right: str
    payer: str
    payee: str


ENTRY = "not returned and not cash and"
OUT, IN = (
    f"{ENTRY} out_id is not null and in_id is null",
    f"{ENTRY} in_id is not null and out_id is null",
)
RECORD = "out_id is null and in_id is null and cleared_id is not null"
BARE = "cleared_id is null and not cash"
KNOWN = "payer >= 0 and payee >= 0"

ENTRIES = (
    Sides("entries", f"{OUT} and {KNOWN}", f"{IN} and {KNOWN}", "payer", "payee"),
    Sides("entries without payer", f"{OUT} and payee >= 0",
          f"{IN} and payer < 0", "-1", "payee"),
    Sides("entries without payee", f"{OUT} and payee < 0",
          f"{IN} and payer >= 0", "payer", "-1"),
)  # fmt: skip
RECORDS = (
    Sides("records", f"{BARE} and {KNOWN}", RECORD, "payer", "payee"),
    Sides("records to payees", f"{BARE} and payer < 0 and payee >= 0", RECORD, "-1", "payee"),
    Sides("records to payers", f"{BARE} and payer >= 0 and payee < 0", RECORD, "payer", "-1"),
)

ITEM = """
create or replace temp table item as
select rowid as item_id, true as is_left, {payer} as payer, {payee} as payee, amount_fen, moment,
  match_no, name, 1000000::bigint * case when inside then $book else $clear end as bound_us
from open_item where {left}
union all
select rowid, false, {payer}, {payee}, amount_fen, moment, match_no, name,
  1000000::bigint * case when inside then $book else $clear end
from open_item where {right}
"""
LONE = """
create or replace temp table pair as
with met as (
  select max(item_id) filter (is_left) as left_id, max(item_id) filter (not is_left) as right_id,
    max(moment) - min(moment) as apart, max(bound_us) as bound_us,
    min(match_no) = max(match_no) as one_no
  from item
  group by payer, payee, amount_fen
  having count(*) = 2 and count(*) filter (is_left) = 1
)
select left_id, right_id from met
where epoch_us(apart) <= bound_us and coalesce(one_no, true)
"""
CROWD = """
create or replace temp table crowd as
select item.*
from item
join (
  select payer, payee, amount_fen from item group by payer, payee, amount_fen
  having count(*) > 2 and count(*) filter (is_left) between 1 and count(*) - 1
) as several using (payer, payee, amount_fen)
"""
IN_ORDER = """
insert into pair
with stepped as (
  select *, coalesce(epoch_us(moment) - epoch_us(lag(moment) over key) > bound_us, true) as new_part
  from crowd
  window key as (partition by payer, payee, amount_fen order by moment, name, item_id)
), parted as (
  select *, sum(new_part::integer) over (
    partition by payer, payee, amount_fen order by moment, name, item_id) as part
  from stepped
), placed as (
  select *, count(*) filter (is_left) over whole = count(*) filter (not is_left) over whole as even,
    row_number() over (
      partition by payer, payee, amount_fen, part, is_left order by moment, name, item_id) as place
  from parted
  window whole as (partition by payer, payee, amount_fen, part)
)
select a.item_id, b.item_id
from placed a
join placed b on b.payer = a.payer and b.payee = a.payee and b.amount_fen = a.amount_fen
  and b.part = a.part and b.place = a.place and not b.is_left
where a.is_left and a.even and abs(epoch_us(a.moment) - epoch_us(b.moment)) <= a.bound_us
  and not coalesce(a.match_no <> b.match_no, false)
"""
# The neighbours in time of the other side; each pair in which both are each other's nearest joins.
NEAREST = """
insert into pair
with left_over as (
  select c.* from crowd c
  anti join pair p on p.left_id = c.item_id
  anti join pair q on q.right_id = c.item_id
), beside as (
  select item_id, is_left, moment, match_no, bound_us,
    lead(item_id) over key as next_id, lead(is_left) over key as next_left,
    lead(moment) over key as next_at, lead(match_no) over key as next_no
  from left_over
  window key as (partition by payer, payee, amount_fen order by moment, name, item_id)
), candidate as (
  select item_id, next_id, is_left, epoch_us(next_at) - epoch_us(moment) as apart
  from beside
  where is_left <> next_left and epoch_us(next_at) - epoch_us(moment) <= bound_us
    and not coalesce(match_no <> next_no, false)
), ranked as (
  select c.*, coalesce(b.apart < c.apart or b.apart = c.apart, false) as before_nearer,
    coalesce(a.apart < c.apart, false) as after_nearer
  from candidate c
  left join candidate b on b.next_id = c.item_id
  left join candidate a on a.item_id = c.next_id
)
select case when is_left then item_id else next_id end,
  case when is_left then next_id else item_id end
from ranked where not before_nearer and not after_nearer
"""
# Two joined items are one: the left's legs and the right's, and whichever clearing record.
JOINED = """
create or replace temp table joined as
select coalesce(a.out_id, b.out_id) as out_id, coalesce(a.in_id, b.in_id) as in_id,
  coalesce(a.cleared_id, b.cleared_id) as cleared_id, a.named or b.named as named,
  case when a.payer >= 0 then a.payer else b.payer end as payer,
  case when a.payee >= 0 then a.payee else b.payee end as payee, a.amount_fen, a.moment,
  case when a.out_id is null and b.cleared_id is not null then b.booked_at else a.booked_at end
    as booked_at,
  coalesce(a.match_no, b.match_no) as match_no, a.inside, a.returned or b.returned as returned,
  false as cash, a.name, true as by_amount
from pair p
join open_item a on a.rowid = p.left_id
join open_item b on b.rowid = p.right_id
"""
LEFT_OPEN = """
create or replace temp table open_item as
select * from open_item
where rowid not in (select left_id from pair union all select right_id from pair)
union all
select * from joined
"""


def match_nearest(db: Database, settings: Load) -> None:
    """Join open items, entries first, then records; what is joined stays open_item, by_amount."""
    db.execute(
        "mark open items", "alter table open_item add column by_amount boolean default false"
    )
    bounds = {"book": settings.match_book_seconds, "clear": settings.match_window_seconds}
    for sides in (*ENTRIES, *RECORDS):
        item = ITEM
        for part in ("left", "right", "payer", "payee"):
            item = item.replace("{" + part + "}", getattr(sides, part))
        db.execute(f"items: {sides.name}", item, bounds)
        db.execute(f"lone pairs: {sides.name}", LONE)
        db.execute(f"crowds: {sides.name}", CROWD)
        if db.rows("crowd", "select 1 from crowd limit 1"):
            db.execute(f"crowds in order: {sides.name}", IN_ORDER)
            _nearest(db, sides.name)
        if db.rows("pair", "select 1 from pair limit 1"):
            db.execute(f"joined: {sides.name}", JOINED)
            db.execute(f"left open: {sides.name}", LEFT_OPEN)
    for name in ("item", "pair", "crowd"):
        db.execute(f"drop {name}", f"drop table {name}")


def _nearest(db: Database, name: str) -> None:
    pairs = -1
    for _ in range(ROUNDS):
        [(count,)] = db.rows("pairs", "select count(*) from pair")
        if count == pairs:
            return
        pairs = count
        db.execute(f"nearest: {name}", NEAREST)
