"""The gateway answers from small memory: what only a fit needs is imported where a fit begins."""

import subprocess
import sys

HEAVY = ("scipy", "sklearn", "torch")


def test_the_gateway_starts_without_what_only_a_fit_needs() -> None:
    program = f"import sys, ai_gateway.app; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
