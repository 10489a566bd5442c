import pytest

from ai_gateway.answers.understand.people import read_person


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("What did Ada change yesterday?", "ada"),
        ("configuration changes by vera@brightwater.example this week", "vera@brightwater.example"),
        ("what was changed by noah", "noah"),
        ("settings that ada changed", "ada"),
        ("what did we change yesterday", None),
        ("what did lobby change", None),
        ("config changes by device", None),
        ("changes from yesterday", None),
        ("who changed it", None),
    ],
)
def test_whose_changes(text: str, person: str | None) -> None:
    found, rest = read_person(text, {"lobby"}.__contains__)
    assert found == person
    assert len(rest) == len(text)
    assert (rest == text) is (person is None)
