"""What `--help` adds to each command: an example of its use, and everything in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from commands.terminal import Language

PROGRAM_ZH = """沿着客户资金经过的每一个账户追踪，给出排好序的嫌疑名单。

先运行 `lookthrough demo`。此后的顺序是：报送数据包，运行夜间批处理，查看嫌疑。

结果写到标准输出，进度和错误写到标准错误。退出码：0 完成；1 完成，但有需要查看之处（警告、拒收的行、
缺少报送）；2 拒绝（数据包、选项、设置或文件不符）；3 未找到；4 存储出错；5 意外错误；130 被中断。
"""
ANYWHERE = (
    "任何位置均可写：--home 目录、--settings 文件、--lang zh|en。",
    "Anywhere in the line: --home DIR, --settings FILE, --lang zh|en.",
)
PROGRAM_OPTIONS_ZH = MappingProxyType(
    {
        "home": "存放全部数据的文件夹（LOOKTHROUGH_HOME，否则 ./var）。",
        "settings": "与 data/settings.toml 不同之处的 TOML 文件。",
        "lang": "zh 或 en（LOOKTHROUGH_LANG，否则按系统语言，否则 en）。",
    }
)


@dataclass(frozen=True)
class Teaching:
    """A command's help in Chinese, that of its parameters by name, and lines that show its use."""

    zh: str
    examples: tuple[str, ...]
    parameters_zh: Mapping[str, str]


RUN_ZH = "运行编号，或运行键的开头；默认当前结果。"
TEACHINGS: Mapping[str, Teaching] = MappingProxyType(
    {
        "demo": Teaching(
            "模拟一个小省份，报送，运行若干夜，列出嫌疑。\n\n"
            "数据在主目录下的 demo 文件夹。可随时中断、重复：做过的不会重做。",
            ("lookthrough demo", "lookthrough demo --seed 7 --every 5"),
            {"seed": "种子相同则字节相同。", "every": "两夜之间的天数。"},
        ),
        "serve": Teaching(
            "在已发布的结果上提供办案台网页，直到停止。\n\n"
            "监听本机以外的地址时须有 TLS：证书，或前置的代理。",
            ("lookthrough serve", "lookthrough serve --port 8700"),
            {
                "host": "监听的地址。",
                "port": "端口；0 取空闲端口。",
                "certificate": "TLS 证书（PEM）。",
                "key": "证书的私钥（PEM）。",
                "proxy": "终止 TLS 的代理的地址，只信任它的转发头。",
                "workers": "应答的进程数；默认每个处理器核心一个，至多四个。",
            },
        ),
        "users": Teaching(
            "新增、列出、重置或停用办案台账户；第一位管理员由此建立。\n\n"
            "新建或重置的账户得到一个只显示一次的密码，首次登录须修改。",
            (
                "lookthrough users add chen --role administrator",
                "lookthrough users add wang --role city --division 320100",
                "lookthrough users reset wang",
            ),
            {
                "command": "add、list、reset、disable 或 enable。",
                "name": "账户名。",
                "role": "账户的角色。",
                "full_name": "使用者姓名。",
                "division": "市、县账户的行政区划代码。",
                "office": "条线部门代码。",
                "submitter": "报送单位的统一社会信用代码。",
            },
        ),
        "audit": Teaching(
            "证明审计日志完整，或以 JSON 列出最新事件。\n\n"
            "链条断裂或末尾被截断时退出码为 4。从备份恢复控制库之后，accept 按现状接受日志，"
            "接受本身也记为一条事件。",
            ("lookthrough audit verify", "lookthrough audit list", "lookthrough audit accept"),
            {"command": "verify、list 或 accept。"},
        ),
        "simulate": Teaching(
            "写出一个带真相标注的省份：报送包，以及旁边的 truth.json。\n\n"
            "已有内容的文件夹，除非是此前模拟的省份，一律拒绝写入。",
            (
                "lookthrough simulate --out province --days 12",
                "lookthrough submit province/packages/*",
            ),
            {
                "out": "存放 packages/ 与 truth.json 的文件夹。",
                "seed": "种子相同则字节相同。",
                "scale": "约十万、一百万或一千万笔转账。",
                "days": "天数，默认 30。",
                "degrade": "丢失或写错的记录有多少。",
            },
        ),
        "evaluate": Teaching(
            "判定带真相标注的省份，说明找到了什么、漏了什么、错指了谁。\n\n"
            "对每个种子和每一级数据缺损，模拟、报送、运行一夜；代码和设置不变时，做过的不会重做。"
            "用于校准的种子会被拒绝。",
            (
                "lookthrough evaluate --seeds 101,102",
                "lookthrough evaluate --release 10 --scale medium",
            ),
            {
                "seeds": "种子，以逗号相连。",
                "release": "由程序版本抽出这么多个种子。",
                "scale": "每个省份的规模。",
                "days": "天数，默认 30。",
                "degrade": "数据缺损的级别，以逗号相连。",
                "out": "存放结果的文件夹，默认主目录下的 evaluation。",
                "calibrate": "改为用这些种子拟合校准表。",
            },
        ),
        "check": Teaching(
            "预览数据包将得到的回执，不保存任何内容。\n\n"
            "退出码：0 接收，1 有警告或部分接收，2 拒收；多个包取最差者。",
            ("lookthrough check package.zip", "lookthrough check package.zip --format json"),
            {
                "packages": "数据包文件夹或 ZIP 文件。",
                "format": "text 或 json（回执）。",
                "key": "已登记的签名公钥文件。",
            },
        ),
        "submit": Teaching(
            "把数据包放入收件箱并接收。退出码同 check。",
            (
                "lookthrough submit province/packages/*",
                "lookthrough nightly --date 2016-06-30",
            ),
            {"packages": "数据包文件夹或 ZIP 文件。"},
        ),
        "receive": Teaching(
            "接收收件箱中的数据包，每个包的回执写入 outbox。",
            ("lookthrough receive", "lookthrough receive --format json"),
            {"format": "text 或 json（回执）。"},
        ),
        "import": Teaching(
            "把任意转账清单变成符合报送规范的数据包。",
            (
                "lookthrough import transfers.csv.gz --map docs/maps/amlsim.toml --out amlsim",
                "lookthrough submit amlsim/packages/*",
            ),
            {
                "file": "CSV 或 Parquet，可为 gzip。",
                "map": "TOML 对照表；现成的在 docs/maps/。",
                "out": "写出 packages/ 的文件夹。",
            },
        ),
        "nightly": Teaching(
            "运行一个业务日期：接收、装载、特征、检测、评分、发布。\n\n"
            "数据包、设置、代码不变时，重复运行不改变任何内容。有单位当日未报送，或没有任何记录时，"
            "退出码为 1；没有报送的日期不会成为当前结果，未来的日期被拒绝。",
            ("lookthrough nightly --date 2016-06-30", "lookthrough suspects"),
            {"date": "业务日期，默认昨天。"},
        ),
        "backfill": Teaching(
            "依次运行多个业务日期。\n\n没有记录的日期跳过，最后列出，退出码为 1。",
            ("lookthrough backfill --from 2016-06-01 --to 2016-06-30",),
            {"first": "第一个业务日期。", "last": "最后一个业务日期。"},
        ),
        "suspects": Teaching(
            "列出一次运行的嫌疑，最可疑者在前。\n\n"
            "分值在 0 到 1 之间，越高越可疑。没有发现的标为“无法解释”：异常，但不构成指控。",
            (
                "lookthrough suspects --top 50",
                "lookthrough suspects --run 3 --format csv --out suspects.csv",
            ),
            {
                "run": RUN_ZH,
                "top": "列出多少个，最可疑者在前。",
                "format": "table、json、csv 或 parquet。",
                "out": "写入的文件；parquet 必须指定。",
            },
        ),
        "suspect": Teaching(
            "显示一个嫌疑：理由、条款、证据、涉及金额，以及未证实之处。",
            ("lookthrough suspect P00104032", "lookthrough suspect P00104032 --format json"),
            {
                "party": "主体编号，见 `suspects`。",
                "run": RUN_ZH,
                "format": "text 或 json。",
            },
        ),
        "trace": Teaching(
            "追踪一个账户、主体或机构的资金，穿过其经过的每一个账户。\n\n"
            "所查账户在两日之间付出（去向）或收到（来源）的资金，沿该次运行的全部转账追踪，精确到分。"
            "每个终点都说明无论采用何种口径都成立的金额：至少、至多。"
            "受上限截断时说明其金额，退出码为 1。",
            (
                "lookthrough trace --account 102301000015:6222021001 --direction sources",
                "lookthrough trace --institution I001 --from 2016-06-01 --to 2016-06-30",
                "lookthrough trace --party P00104032 --convention prorata --format paths",
            ),
            {
                "account": "一个账户：银行号:账号。",
                "party": "主体的全部账户。",
                "institution": "存放该机构客户资金的账户。",
                "first": "所查账户自身收付的第一天。",
                "last": "最后一天。",
                "direction": "sources 来源，uses 去向。",
                "convention": "先离开账户的资金：fifo 先进先出，prorata 按比例，lifo 后进先出。",
                "format": "table、json 或 paths（逐条路径）。",
                "limit": "最多列出的资金流、终点和路径。",
                "run": RUN_ZH,
            },
        ),
        "institutions": Teaching(
            "显示各机构客户资金的来源与去向，由夜间批处理算出。\n\n"
            "每一分钱只归入一个去向。到达关联方的金额旁边列出三种口径中的最少与最多，"
            "以及仅凭巧合会到达的金额。",
            (
                "lookthrough institutions",
                "lookthrough institutions 91320500M4T7TFN99B --convention lifo",
                "lookthrough institutions --format csv",
            ),
            {
                "institution": "一家机构的全部明细。",
                "convention": "先离开账户的资金：fifo 先进先出，prorata 按比例，lifo 后进先出。",
                "format": "table、json 或 csv。",
                "run": RUN_ZH,
            },
        ),
        "patterns": Teaching(
            "在任意转账清单中查找资金形态：环、链、扇入扇出等。\n\n"
            "文件含 payer、payee、amount 及 time（可无）各列；没有表头时按位置读取。没有时间列时，"
            "环为账户的简单环，每个只找一次，从其最小账户开始。CSV 中列表以分号分隔，"
            "transfer 对批次为流水参考号，对文件为行号，从 1 起。受上限截断时说明，退出码为 1。",
            (
                "lookthrough patterns cycles transfers.csv --window 7d --ratio 0.9:1",
                "lookthrough patterns cycles graph.txt --max-length 7 --ratio 0.2:3 --count",
                "lookthrough patterns scatter-gather current --window 3d --format parquet --out f",
            ),
            {
                "kind": "形态。",
                "source": "CSV 或 Parquet 文件、运行，或 `current`。",
                "min_length": "环和链的最少笔数。",
                "max_length": "最多笔数，至多 8。",
                "min_members": "其他形态每一侧的最少账户数。",
                "window": "最长时间：3d、24h、90m、30s；时间为数字时用其自身单位。",
                "order": "各笔的时间：strict 严格先后，ties 可同时，any 不论，none 不看时间。",
                "ratio": "后一笔与前一笔金额之比 LOW:HIGH；环的收尾一笔也算。",
                "count": "只输出个数。",
                "accounts": "按账户计数。",
                "format": "csv 或 parquet。",
                "out": "写入的文件；parquet 必填。",
                "no_rows": "不带各实例的转账行号。",
                "limit": "总共最多几个。",
                "per_start": "每个起点最多几个。",
            },
        ),
        "runs": Teaching(
            "列出各次运行及其状态，最新者在前；以自己的台账为准。",
            ("lookthrough runs", "lookthrough runs --format json"),
            {"format": "table 或 json。"},
        ),
        "status": Teaching(
            "说明主目录中有什么：数据包、日期、`suspects` 所显示的运行，以及待处理之处。",
            ("lookthrough status",),
            {},
        ),
        "template": Teaching(
            "写出一个示例报送包，每表一行，`check` 可通过。\n\n"
            "无需主目录与网络，供银行工程师起步。",
            (
                "lookthrough template --out example",
                "lookthrough template entry balance --out example --date 2016-06-13",
            ),
            {
                "out": "写出报送包的文件夹。",
                "tables": "数据表，默认全部。",
                "date": "示例的业务日期。",
            },
        ),
        "keys": Teaching(
            "列出、登记或吊销报送单位签名用的 Ed25519 公钥。\n\n"
            "自第一个公钥起，该单位的报送包必须签名，除非公钥标为可选。",
            (
                "lookthrough keys",
                "lookthrough keys --add bank.pem --submitter 913200000000000013 --to 2030-12-31",
                "lookthrough keys --revoke 1",
            ),
            {
                "add": "要登记的公钥文件。",
                "submitter": "公钥所有者的统一社会信用代码。",
                "first": "生效首日。",
                "last": "生效末日。",
                "optional": "未签名的包也接收。",
                "revoke": "要吊销的公钥编号。",
            },
        ),
        "scorecard": Teaching(
            "各报送单位的履行情况：应报与已报、缺报与缺表、迟报、拒收、逾期未更正。\n\n"
            "默认为最新业务日期之前三十天；有缺报、缺表或逾期时退出码为 1。",
            (
                "lookthrough scorecard",
                "lookthrough scorecard --from 2016-06-01 --to 2016-06-30 --format json",
            ),
            {
                "first": "第一个业务日期。",
                "last": "最后一个业务日期。",
                "format": "table 或 json。",
            },
        ),
        "reconciliation": Teaching(
            "按日列出银行之间存疑的资金：一方缺流水、两方金额不同、余额不衔接。",
            ("lookthrough reconciliation", "lookthrough reconciliation --format json"),
            {"run": RUN_ZH, "format": "table 或 json。"},
        ),
        "verify": Teaching(
            "以散列证明存档、台账、数据湖、回执与发布文件一致。\n\n"
            "数据湖文件与回执可由存档与台账重建。"
            "退出码：0 一致；1 已修复或有多余文件；4 无法修复。",
            ("lookthrough verify", "lookthrough verify --inspect"),
            {"inspect": "只说明，不改动。"},
        ),
        "schedule": Teaching(
            "每日 02:00（上海时间）运行夜间批处理，直到停止。\n\n"
            "使用 PREFECT_API_URL 所指的 Prefect 服务；未设置时在本机启动，其页面显示运行情况。",
            ("lookthrough schedule --port 4200",),
            {"port": "本机 Prefect 服务的端口。"},
        ),
    }
)


def teach(program: Any, language: Language) -> Any:
    """Give a program's commands their examples, and in Chinese their whole help; returns it.

    `program` is the command group that the command line was built into.
    """
    zh = language == "zh"
    if zh:
        program.help = PROGRAM_ZH
        _rename(program.params, PROGRAM_OPTIONS_ZH)
    for name, command in program.commands.items():
        teaching = TEACHINGS.get(name)
        if teaching is None:
            continue
        if zh:
            command.help = teaching.zh
            command.short_help = teaching.zh.split("\n")[0]
            _rename(command.params, teaching.parameters_zh)
        lines = "\n".join(f"  {line}" for line in teaching.examples)
        heading = "示例：" if zh else "For example:"
        command.epilog = f"\b\n{heading}\n{lines}\n\n{ANYWHERE[not zh]}"
    return program


def _rename(parameters: Any, texts: Mapping[str, str]) -> None:
    for parameter in parameters:
        if parameter.name in texts:
            parameter.help = texts[parameter.name]
