"""What each organisation is registered to do, in the words of its trade."""

from __future__ import annotations

import numpy as np

from simulator.names import INSTITUTION_TRADES, TRADES
from simulator.world import ORGANISATION, World

DEEDS = ("销售", "批发、零售", "技术服务", "安装、维修", "进出口贸易", "设计、制作")
TAILS = (
    "",
    "",
    "（依法须经批准的项目，经相关部门批准后方可开展经营活动）",
    "（以上项目不含金融业务）",
    "（不得从事金融、类金融业务，依法需取得许可和备案的除外）",
)
LICENSED = {
    "支付": "互联网支付、银行卡收单",
    "资产管理": "受托资产管理、投资管理",
    "财产保险": "财产损失保险、责任保险、信用保险和保证保险",
    "融资担保": "贷款担保、票据承兑担保、贸易融资担保",
    "小额贷款": "面向“三农”发放小额贷款",
    "证券": "证券经纪、证券投资咨询",
    "银行": "吸收公众存款、发放贷款、办理结算",
}
PLAIN = ("商务信息咨询", "企业管理咨询", "经济信息咨询", "计算机软件开发", "市场营销策划")


def business_scopes(world: World) -> list[str | None]:
    """The registered scope of each party; persons have none."""
    rng, count = world.rng, world.parties.count
    trade = world.parties.column("trade").astype(np.int64)
    kind = world.parties.column("kind")
    licensed = set(
        world.institutions.column("party")[world.institutions.column("licensed")].tolist()
    )
    deed, second, tail = (rng.integers(0, 2**30, count).tolist() for _ in range(3))
    scopes: list[str | None] = [None] * count
    for party in np.flatnonzero(kind == ORGANISATION).tolist():
        number = int(trade[party])
        if 0 <= number < 100:
            first, other = TRADES[number % len(TRADES)], TRADES[second[party] % len(TRADES)]
            body = f"{first}产品{DEEDS[deed[party] % len(DEEDS)]}；{other}咨询"
        else:
            name = INSTITUTION_TRADES[number - 100] if number >= 100 else "银行"
            held = LICENSED.get(name) if party in licensed else None
            body = held or f"{PLAIN[deed[party] % len(PLAIN)]}；{PLAIN[second[party] % len(PLAIN)]}"
        scopes[party] = world.business_scopes.get(party) or body + TAILS[tail[party] % len(TAILS)]
    return scopes
