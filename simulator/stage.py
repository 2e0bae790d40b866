"""Everyone on whom a scheme or a look-alike may draw, and how a typology is put into a province."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.acquirers import Acquirer
from simulator.banks import Banks
from simulator.firms import Firms
from simulator.payments import PaymentFirm, found_payment_firm
from simulator.platforms import Platform
from simulator.rows import Ints
from simulator.world import World


@dataclass
class Stage:
    """The province with its honest platforms and payment firms.

    `people` are everyone's main accounts; the persons and firms to draw from are the world's
    `pools`. `crooked_firms` are payment firms that schemes founded; `media` are
    accounts of firms that advertise for others.
    """

    world: World
    banks: Banks
    people: Ints
    firms: Firms
    platforms: list[Platform]
    payment_firms: list[PaymentFirm]
    crooked_firms: list[PaymentFirm] = field(default_factory=list)
    acquirers: list[Acquirer] = field(default_factory=list)
    media: list[int] = field(default_factory=list)

    def draw_platform(self) -> Platform:
        """One of the honest platforms."""
        return self.platforms[int(self.world.rng.integers(len(self.platforms)))]

    def draw_payment_firm(self) -> PaymentFirm:
        """One of the honest payment firms."""
        return self.payment_firms[int(self.world.rng.integers(len(self.payment_firms)))]

    def draw_acquirer(self) -> Acquirer:
        """One of the honest card acquirers."""
        return self.acquirers[int(self.world.rng.integers(len(self.acquirers)))]

    def found_payment_firm(self) -> PaymentFirm:
        """A payment firm of a scheme's own, which then does ordinary business like the others."""
        self.crooked_firms.append(found_payment_firm(self.world, self.banks, self.firms.merchants))
        return self.crooked_firms[-1]


@dataclass(frozen=True)
class Typology:
    """A typology: its name, the ways of a scheme, what puts one in, and its look-alikes.

    `add` puts one scheme of a variant in, with `World.begin_scheme`; each of `lookalikes` puts one
    innocent party in, with `World.resembles`.
    """

    name: str
    variants: tuple[str, ...]
    add: Callable[[Stage, str], None]
    lookalikes: tuple[Callable[[Stage], None], ...]

    def play(self, stage: Stage, count: int) -> None:
        """Put in so many schemes, each variant before any comes twice, and as many look-alikes.

        Every kind of look-alike is there at least once.
        """
        rng = stage.world.rng
        order = rng.permutation(len(self.variants))
        for number in range(count):
            self.add(stage, self.variants[order[number % len(self.variants)]])
        kinds = rng.permutation(len(self.lookalikes))
        for number in range(max(count, len(kinds))):
            self.lookalikes[kinds[number % len(kinds)]](stage)
