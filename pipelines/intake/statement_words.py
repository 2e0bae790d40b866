"""The words of Chinese bank statements: what their headers mean, and what their cells say.

Statements come with 29, 32 or 34 columns, in words that differ from bank to bank; columns are known
by name, never by place.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# What a header may say for each part of an entry; of several that are there, the first that is
# filled counts.
HEADERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bank": ("开户行行号", "开户行联行号", "开户银行行号", "本方行号", "联行号", "银行行号"),
        "account": (
            "交易账号", "交易帐号", "交易方账号", "交易方账户", "本方账号", "本方帐号", "查询账号",
            "查询账户", "账号", "帐号", "交易卡号", "交易方卡号", "本方卡号", "查询卡号", "卡号",
        ),
        "number": (
            "交易流水号", "流水号", "柜员流水号", "核心流水号", "日志号", "交易日志号", "传票号",
        ),
        "date": ("交易日期", "记账日期", "入账日期", "会计日期"),
        "time": ("交易时间", "交易日期时间", "交易时刻", "记账时间", "入账时间"),
        "direction": (
            "收付标志", "借贷标志", "借贷标识", "借贷方向", "借贷", "收支标志", "进出标志",
            "资金收付标志",
        ),
        "amount": ("交易金额", "金额", "发生额", "交易发生额"),
        "balance": ("交易余额", "交易后余额", "账户余额", "余额"),
        "currency": ("交易币种", "币种", "币别", "货币", "货币代码"),
        "success": ("交易是否成功", "是否成功", "交易状态", "交易结果"),
        "cash": ("现金标志", "现转标志", "现金标识"),
        "counterparty_bank": (
            "对手行号", "对手开户行行号", "对手开户银行行号", "对手方联行号", "对方行号",
            "对方联行号", "对手开户银行", "对手账户开户银行", "对手开户行", "对方开户行",
            "对方开户银行", "交易对手行名",
        ),
        "counterparty_account": (
            "交易对手账卡号", "交易对手帐卡号", "交易对手账号", "交易对手卡号", "对手账号",
            "对手卡号", "对手账卡号", "对方账号", "对方帐号", "对方卡号", "对方账户",
        ),
        "counterparty_name": (
            "对手户名", "交易对手户名", "交易对手名称", "对手方名称", "对手名称", "对方户名",
            "对方名称", "对方姓名",
        ),
        "purpose": ("用途", "交易用途", "摘要说明", "交易摘要", "摘要", "附言"),
        "memo": ("备注", "交易备注", "说明"),
        "type": ("交易类型", "交易渠道", "渠道", "交易方式", "业务种类"),
        "mac": ("MAC地址", "MAC", "Mac地址", "mac地址"),
        "ip": ("IP地址", "IP", "Ip地址", "ip地址"),
    }
)  # fmt: skip
# What such statements also have and `entry` has no place for: read, and not loaded.
UNUSED = frozenset(
    {
        "序号", "交易方户名", "交易户名", "户名", "账户开户名称", "账户名称", "客户名称",
        "查询对象", "查询对象名称", "反馈单位", "交易方证件号码", "交易方证件号", "交易证件号码",
        "交易证件号", "开户人证件号码", "证件号码", "证件类型", "交易方开户行",
        "交易账户开户银行", "账户性质", "对手账户性质", "对手身份证号", "对手证件号",
        "对手证件号码", "对方证件号码", "对手交易余额", "对手余额", "交易网点名称",
        "交易网点代码", "网点名称", "网点代码", "交易机构", "交易机构号", "交易发生地",
        "交易地点", "交易场所", "终端号", "商户名称", "商户号", "商户代码", "商户流水号",
        "凭证种类", "凭证类型", "凭证号", "交易柜员号", "柜员号", "客户代码", "批次",
        "查询反馈结果", "查询反馈结果原因", "数据来源", "来源",
    }
)  # fmt: skip
KNOWN = frozenset(name for names in HEADERS.values() for name in names) | UNUSED

# What the parts become, by the contract's column.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "bank_no": "bank",
        "account_no": "account",
        "entry_no": "number",
        "booked_at": "time",
        "direction": "direction",
        "amount_fen": "amount",
        "balance_after_fen": "balance",
        "counterparty_bank_no": "counterparty_bank",
        "counterparty_account_no": "counterparty_account",
        "counterparty_name": "counterparty_name",
        "channel": "type",
        "cash": "cash",
        "purpose": "purpose",
        "memo": "memo",
        "device": "mac",
    }
)

# Words of cells, in capitals where they are Latin. 贷 is money in, seen from the customer.
DIRECTIONS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("进", "收", "贷", "入", "进账", "收入", "收款", "转入", "贷方", "贷记", "C",
                   "CR", "CREDIT", "CRDT", "IN", "I"), "in")
    | dict.fromkeys(("出", "付", "借", "支", "出账", "支出", "付款", "转出", "借方", "借记", "D",
                     "DR", "DEBIT", "DBIT", "OUT", "O"), "out")
)  # fmt: skip
SUCCESS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("成功", "交易成功", "是", "正常", "1", "01", "Y", "YES", "S", "T",
                   "TRUE"), "yes")
    | dict.fromkeys(("失败", "交易失败", "未成功", "不成功", "否", "0", "02", "N", "NO", "F",
                     "FALSE"), "no")
)  # fmt: skip
CASH: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("现金", "现金交易", "现", "是", "1", "Y", "YES", "T", "TRUE"), "true")
    | dict.fromkeys(("转账", "转帐", "非现金", "非现", "转", "其他", "其它", "否", "0", "N", "NO",
                     "F", "FALSE"), "false")
)  # fmt: skip
RENMINBI = ("CNY", "RMB", "人民币", "人民币元", "156")
# Signs of what a cell leaves unsaid, in capitals where they are Latin, and addresses of no device.
NOTHING = frozenset(
    {"-", "--", "---", "－", "—", "——", "/", "//", "／", "\\", "无", "空", "NULL", "(NULL)",
     "<NULL>", "NONE", "NIL", "NAN", "NA", "N/A", "#N/A", "\\N"}
)  # fmt: skip
NO_DEVICE = NOTHING | {"0.0.0.0", "127.0.0.1", "::1", "000000000000", "FFFFFFFFFFFF"}
# What a kind of transaction says of its channel; the first that it contains counts. A word that
# also stands in other kinds (大额存单, 小额贷款, 现金管理) is none.
CHANNELS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("大额支付", "大额系统", "大额来账", "大额往账", "大额汇"), "cnaps_hvps")
    | dict.fromkeys(("小额支付", "小额系统", "小额来账", "小额往账", "小额汇"), "cnaps_beps")
    | {"网联": "nucc", "银联": "unionpay", "POS": "pos", "行内": "book"}
    | dict.fromkeys(("现金存", "现金取", "现金缴", "现金支", "存现", "取现", "现存", "现支",
                     "ATM取款"), "cash")
)  # fmt: skip
