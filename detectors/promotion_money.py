"""What firms pay for promotion: media, agencies that spend it on media, persons by the piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from data.settings import PaidPromotion
from detectors.context import Context

# Classes of GB/T 4754 that carry advertising: 724/725 advertising (of 2011 and 2017), 85 press, 86
# broadcasting and film, 642 internet information, 643 internet platforms.
MEDIA = r"^[A-Z]?(724|725|642|643|85|86)"
# What the firms pay media; what they pay agencies that spend most of it on media within some days,
# with what those spend (one payment to one medium may be chance: an agency gets several, or places
# with several); and small sums to natural persons who never pay them, nor get large ones as staff
# does, or to accounts of unknown holders.
FLOW = """
with side as (
  select a.account_id, a.party_no as party, p.party_id,
    p.party_id in (select unnest($payers)) as promoted,
    coalesce(regexp_matches(p.industry, $media), false) as media,
    coalesce(p.kind = 'organisation', false) and p.institution_id is null as agency,
    coalesce(p.kind = 'person', false) as person, a.party_no < 0 as unknown
  from account_dim a left join party_dim p on p.party_no = a.party_no
), paid as (
  select t.ref, t.booked_at, t.amount_fen, a.party_id as payer, a.promoted, b.party_id as payee,
    b.party as payee_no, b.media as to_media, b.agency as to_agency, b.person as to_person,
    b.unknown as to_unknown
  from transfer t
  join side a on a.account_id = t.payer_account
  join side b on b.account_id = t.payee_account
  where t.status = 'settled' and t.business_date between $first and $last and a.party <> b.party
    and t.loan_id is null
    and (b.media or a.promoted
      and (b.agency or (b.person or b.unknown) and t.amount_fen <= $piece))
), given as (
  select payer, payee as agency, sum(amount_fen) as given_fen, min(booked_at) as first_at,
    max(booked_at) as last_at, count(*) as lumps
  from paid where promoted and to_agency
  group by payer, payee
), spent as (
  select g.payer, g.agency, p.ref, p.booked_at, p.amount_fen, p.payee
  from given g
  join paid p on p.payer = g.agency and p.to_media
    and p.booked_at between g.first_at and g.last_at + to_days($days)
  qualify sum(p.amount_fen) over (partition by g.payer, g.agency)
      between $passed * g.given_fen and g.given_fen
    and (g.lumps > 1 or min(p.payee) over (partition by g.payer, g.agency)
      < max(p.payee) over (partition by g.payer, g.agency))
), known as (
  select distinct b.party_id as firm, a.party as person
  from transfer t
  join side a on a.account_id = t.payer_account and a.person
  join side b on b.account_id = t.payee_account and b.promoted
  where t.status = 'settled'
  union
  select a.party_id, b.party
  from transfer t
  join side a on a.account_id = t.payer_account and a.promoted
  join side b on b.account_id = t.payee_account and b.person
  where t.status = 'settled' and t.amount_fen > $piece
)
select p.payer, 'media' as leg, p.ref, p.booked_at, p.amount_fen, p.payee as other
from paid p anti join spent s on s.payer = p.payer and s.agency = p.payee
where p.promoted and p.to_media
union all
select p.payer, 'agency', p.ref, p.booked_at, p.amount_fen, p.payee
from paid p semi join spent s on s.payer = p.payer and s.agency = p.payee
union all
select payer, 'spent', ref, booked_at, amount_fen, payee from spent
union all
select p.payer, 'person', p.ref, p.booked_at, p.amount_fen, p.payee
from paid p anti join known k on k.firm = p.payer and k.person = p.payee_no
where p.promoted and p.to_person
union all
select payer, 'unknown', ref, booked_at, amount_fen, payee_no::varchar from paid
where promoted and to_unknown
order by 1, booked_at, ref, 2
"""


@dataclass(frozen=True)
class Promotion:
    """What one firm pays for promotion: its rows of FLOW, with persons only where they promote.

    `piece_fen` is what promoters get for each piece, 0 without promoters.
    """

    rows: pl.DataFrame
    piece_fen: int

    def of(self, *legs: str) -> pl.DataFrame:
        """The rows of some legs."""
        return self.rows.filter(pl.col("leg").is_in(legs))

    @property
    def amount_fen(self) -> int:
        """What the firm itself paid."""
        return int(self.of("media", "agency", "person", "unknown")["amount_fen"].sum())


def judge(settings: PaidPromotion, rows: pl.DataFrame) -> Promotion | None:
    """Hold one firm's payments against the lines: for media, and for promoters by the piece."""
    persons = rows.filter(pl.col("leg") == "person")
    piece = piece_rate(settings, persons)
    by_piece = pl.col("leg").is_in(["person", "unknown"])
    whole = (pl.col("amount_fen") % max(piece, 1) == 0) & pl.lit(piece > 0)
    kept = Promotion(rows.filter(~by_piece | whole), piece)
    reached = kept.of("media", "spent").height
    by_media = int(kept.of("media", "agency")["amount_fen"].sum())
    often = reached >= settings.minimum_payments and by_media >= settings.minimum_fen
    much = reached >= settings.least_payments and by_media >= settings.sure_fen
    return kept if piece or often or much else None


def piece_rate(settings: PaidPromotion, persons: pl.DataFrame) -> int:
    """The sum that nearly all payments to persons are whole multiples of; 0 where there is none.

    Wages and interest are of no common piece; where all get one sum it is a present.
    """
    few = persons["other"].n_unique() < settings.minimum_promoters
    if few or persons.height < settings.minimum_pieces:
        return 0
    counts = persons.group_by("amount_fen").len()
    often = counts.filter(pl.col("len") >= settings.piece_repeats)["amount_fen"].sort()
    for piece in often.filter(often >= settings.least_piece_fen):
        whole = persons.filter(pl.col("amount_fen") % piece == 0)
        kinds = whole["amount_fen"].n_unique()
        if kinds >= settings.piece_multiples and whole.height >= (
            settings.piece_share * persons.height
        ):
            return int(piece)
    return 0


def read_promotion(
    context: Context, settings: PaidPromotion, payers: Sequence[str]
) -> dict[str, Promotion]:
    """Read what each of some firms pays for promotion, where that is enough to say so."""
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    flow = context.db.frame(
        "payments for promotion",
        FLOW,
        {
            **window,
            "payers": payers,
            "media": MEDIA,
            "days": settings.agency_days,
            "passed": settings.agency_passed_share,
            "piece": settings.largest_piece_fen,
        },
    )
    found = {}
    for key, mine in flow.group_by("payer", maintain_order=True):
        promotion = judge(settings, mine)
        if promotion is not None:
            found[str(key[0])] = promotion
    return found
