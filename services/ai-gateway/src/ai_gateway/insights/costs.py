"""What a period cost, by rates that the operator configured; nothing is assumed. Pure functions."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ai_gateway.insights.wire import CostAnalysis, CostItem
from ai_gateway.kit.settings import CostRate
from ai_gateway.kit.text import number

TEXTS: Final[dict[CostRate, str]] = {
    "silent_hour": "hours in which a device was silent",
    "incident": "incidents that opened",
    "failed_job": "jobs that failed",
    "visit": "failures expected in the coming week, a visit each",
}
AHEAD: Final = frozenset({"visit"})
DIGITS: Final = 2


class Amounts(NamedTuple):
    """What is paid for. ``visit``: failures expected in a week; absent where no round of late tells."""

    silent_hour: float
    incident: float
    failed_job: float
    visit: float | None


def costs(amounts: Amounts, rates: Mapping[CostRate, float], currency: str | None) -> CostAnalysis | None:
    """``None`` where no rate is configured. The total is of what has been, without what is ahead."""
    if not rates:
        return None
    known = {name: amount for name, amount in amounts._asdict().items() if amount is not None}
    items = [_item(name, known[name], rates[name], currency) for name in TEXTS if name in rates and name in known]
    return CostAnalysis(currency, round(sum(item.cost for item in items if not item.ahead), DIGITS), items)


def _item(name: CostRate, amount: float, rate: float, currency: str | None) -> CostItem:
    cost = round(amount * rate, DIGITS)
    money = f" {currency}" if currency else ""
    text = f"{number(amount)} {TEXTS[name]}, at {rate:g}{money} each: {cost:.2f}{money}."
    return CostItem(item=name, amount=round(amount, DIGITS), rate=rate, cost=cost, ahead=name in AHEAD, text=text)
