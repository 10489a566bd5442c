"""What an incident says of itself, of all its members together."""

from ai_gateway.incidents.cause import same
from ai_gateway.incidents.derive import Context, derive
from tests.unit.incidents.conftest import anomaly, at
from tests.unit.incidents.test_cause import done


def test_a_cause_precedes_what_leads_not_what_was_there_before_by_chance() -> None:
    members = [
        anomaly(11, 0, 5, "transaction_volume", severity="info"),
        anomaly(11, 30, metric="error_rate", severity="critical"),
    ]
    change = done(20, "payment_tls_profile")
    context = Context({11: [change]}, {same(change): 1}, {}, {})
    told = derive(members, None, [], context, at(60)).row
    assert (told["metric"], told["cause"]["kind"]) == ("error_rate", "config")
    assert "payment_tls_profile" in told["cause"]["text"]
