"""N1 restricted name: a name or scope holds a word that needs a licence, and there is none.

Pattern: an organisation without a licence has one of the sixteen words of the plan in its name, or
in its business scope, as written, in other characters of the same look, or of the same sound. It is
a prior and proof of nothing: it tells where to look first.

Innocent look-alikes: other senses (foundations, housing funds, schools, markets for goods);
branches and firms with a licence; scopes that only say what is not done, or
offer advice, teaching or software; characters that sound
alike by chance (left open); places and occupations named after money (a "financial city").

Blind spots: words the list does not hold; names in Latin letters or in dialect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from data.settings import RestrictedName
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import record_key, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.name_words import NameWords, restricted_words

NAME = "restricted_name"
CODE = "N1"
CLAUSE = "三(一)"
SEVERITY = 1
LEAD_OFFICE = "GS"
TITLE = ("限制字样", "restricted name")
CHINESE = Description(
    pattern="无牌照的单位在名称或经营范围中使用方案所列十六个字样之一，包括全角、繁体、间隔和同音字"
    "写法。这只是排查线索，不证明任何违法。",
    lookalikes="其他含义（基金会、公积金、院校、商品市场、金融城等地名）；有牌照的机构及其分支机构；"
    "只说明不从事何种业务，或仅提供咨询、培训、软件的经营范围；偶然的同音字（留待核实）。",
    blind_spots="清单以外的字样；拉丁字母或方言的名称。",
)

ORGANISATIONS = """
select p.party_id, p.name, p.business_scope, p.registered_on, d.institution_id, d.party_no
from party p join party_dim d on d.party_id = p.party_id
where p.kind = 'organisation'
order by p.party_id
"""
# What natural persons paid each of the parties that are named.
TAKINGS = """
select b.party_id, count(distinct a.party_no) as persons, sum(t.amount_fen)::bigint as taken_fen
from transfer t
join account_dim a on a.account_id = t.payer_account
join party_dim p on p.party_no = a.party_no and p.kind = 'person'
join account_dim b on b.account_id = t.payee_account
where t.status = 'settled' and t.business_date between $first and $last
  and b.party_id in (select unnest($named))
group by b.party_id order by b.party_id
"""


@dataclass(frozen=True)
class Named:
    """An organisation with restricted words: in its name, or else in its scope only."""

    party_id: str
    name: str
    institution_id: str | None
    registered_on: date | None
    words: NameWords
    in_name: bool


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per organisation without a licence whose name or scope needs one.

    Without a register of institutions nobody's licence is known, and nothing is said here.
    """
    settings = context.settings.detectors.restricted_name
    if not context.institutions:
        return
    named = read_named(context)
    takings = {
        party: (persons, fen)
        for party, persons, fen in context.db.rows(
            "takings of named parties",
            TAKINGS,
            {
                "named": [each.party_id for each in named],
                "first": context.first_date(settings.window_days),
                "last": context.business_date,
            },
        )
    }
    for each in named:
        persons, fen = takings.get(each.party_id, (0, 0))
        yield _finding(context, settings, each, persons, fen)
    for party, number in context.db.rows("nameless organisations", NAMELESS):
        yield _nameless(party, number)


# Organisations that hold accounts, and whose name no register states.
NAMELESS = """
select d.party_id, count(*) as accounts
from party_dim d join account_dim a on a.party_no = d.party_no
anti join party p on p.party_id = d.party_id
where d.kind is null and d.institution_id is not null
group by d.party_id order by d.party_id
"""


def read_named(context: Context) -> list[Named]:
    """Find the organisations with restricted words that have no licence, by identifier.

    A branch has its head's licence where its name begins with the head's.
    """
    licensed = {i.party_id for i in context.institutions if i.licensed}
    rows = context.db.rows("organisations", ORGANISATIONS)
    heads = tuple(name for party, name, *_ in rows if party in licensed and name)
    found = []
    for party, name, scope, registered_on, institution, _ in rows:
        if party in licensed:
            continue
        words, in_name = restricted_words(name), True
        if not words.all:
            words, in_name = restricted_words(scope, scope=True), False
        if words.all and not (in_name and name.startswith(heads)):
            found.append(Named(party, name, institution, registered_on, words, in_name))
    return found


def _finding(
    context: Context, settings: RestrictedName, named: Named, persons: int, taken_fen: int
) -> Finding:
    on = named.registered_on or context.business_date
    when = datetime.combine(on, time())
    lookalikes = (
        Lookalike(
            "same_sound_by_chance",
            bool(named.words.plain),
            "字样为原字" if named.words.plain else "字样仅读音或字形相近",
            "the word is written as it is" if named.words.plain else "the word only sounds alike",
        ),
        Lookalike(
            "name_without_business",
            persons > 0,
            f"期间有 {persons} 名自然人向其付款 {yuan(taken_fen)} 元",
            f"{persons} natural persons paid it {yuan(taken_fen)} yuan in the window",
        ),
    )
    words = "、".join(named.words.all)
    where = ("名称", "name") if named.in_name else ("经营范围", "business scope")
    base = settings.confidence_name if named.in_name else settings.confidence_scope
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=named.party_id,
        institution_id=named.institution_id,
        severity=SEVERITY,
        confidence=doubted(base, lookalikes, context.settings.detectors.open_lookalike),
        amount_fen=taken_fen,
        first_at=when,
        last_at=when,
        transfers=(record_key("party", named.party_id),),
        measures={
            "restricted_words": Measure(len(named.words.all), 1, "words"),
            "paying_persons": Measure(persons, None, "persons"),
        },
        lookalikes=lookalikes,
        not_established=(
            "仅凭名称不能证明从事任何金融业务",
            "a name proves no business of any kind",
        ),
        text=(
            f"未见许可，{where[0]}含“{words}”字样：{named.name}",
            f"Without a known licence its {where[1]} holds {words}: {named.name}",
        ),
        lead_office=LEAD_OFFICE,
        accomplices=(),
    )


def _nameless(party: str, accounts: int) -> CannotConclude:
    return CannotConclude(
        NAME,
        party,
        None,
        (record_key("party", party),),
        (
            f"该主体有 {accounts} 个账户，但名称未报送，无法核对字样",
            f"it has {accounts} account(s), but nobody submitted its name",
        ),
    )
