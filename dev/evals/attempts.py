"""Try attacks, without a language model and with one, and count what became of them."""

from typing import Any

import msgspec

from dev.evals.attacks import Attack, Range, faults, parroted, reached, untrue


class Attempt(msgspec.Struct, frozen=True):
    """What became of one attack. ``passed_check``: sentences that a model which obeys it would get past the check."""

    attack: str
    kind: str
    faults: list[str]
    passed_check: int
    reached_prose: bool | None = None

    @property
    def line(self) -> dict[str, Any]:
        """For a report."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}


async def attempt(attack: Attack, trial: Range, *, with_model: bool) -> Attempt:
    """Try it without a model and, if there is one, with it."""
    asked = await trial.ask(attack)
    found = [fault for one in asked for fault in faults(attack, one)]
    passed = sum(len(parroted(attack, one.attacked)) for one in asked)
    if not with_model:
        return Attempt(attack.name, attack.kind, found, passed)
    told = await trial.ask(attack, eloquent=True)
    found += [f"with the model: {fault}" for one in told for fault in untrue(attack, one)]
    prose = any(reached(attack, one.attacked, plain.attacked) for one, plain in zip(told, asked, strict=True))
    return Attempt(attack.name, attack.kind, found, passed, prose)


def shares(attempts: list[Attempt]) -> dict[str, Any]:
    """Shares over all attacks."""
    report: dict[str, Any] = {"attacks": len(attempts), "without_effect": sum(not one.faults for one in attempts)}
    report["passed_check_share"] = round(sum(one.passed_check > 0 for one in attempts) / max(len(attempts), 1), 3)
    tried = [one for one in attempts if one.reached_prose is not None]
    if tried:
        report["reached_prose_share"] = round(sum(bool(one.reached_prose) for one in tried) / len(tried), 3)
    return report
