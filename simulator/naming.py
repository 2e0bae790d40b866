"""Names and scopes that a story gives its firms, in the form that a register writes them."""

from __future__ import annotations

from simulator.names import DIVISIONS, PLACES, WORDS
from simulator.world import World

FORMS = ("有限公司", "股份有限公司", "有限公司", "合伙企业（有限合伙）")
BODIES = ("商务信息咨询", "企业管理咨询", "市场营销策划", "软件开发", "会务服务")


def compose(world: World, party: int, word: str, form: str = "") -> str:
    """A firm's name: its city, two words of its own, and what it calls its trade."""
    rng = world.rng
    city = PLACES[int(world.parties.column("division")[party]) % len(DIVISIONS)]
    own = "".join(rng.choice(list(WORDS), size=2).tolist())
    return f"{city}{own}{word}{form or rng.choice(FORMS)}"


def scope_with(world: World, word: str) -> str:
    """A business scope with a word among ordinary ones."""
    rng = world.rng
    bodies = rng.choice(list(BODIES), size=int(rng.integers(1, 4)), replace=False).tolist()
    bodies.insert(
        int(rng.integers(0, len(bodies) + 1)), f"{word}{rng.choice(['', '服务', '咨询'])}"
    )
    return "；".join(bodies)
