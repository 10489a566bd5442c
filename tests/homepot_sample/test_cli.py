from pathlib import Path

import psycopg
import pytest

from dev.homepot.__main__ import main


def test_create_tells_what_it_made(empty_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["create", "--url", empty_url])
    assert capsys.readouterr().out == "created 48 devices at 5 sites\n"


def test_load_csv_tells_what_it_loaded(empty_url: str, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["load-csv", "--url", empty_url, "--folder", str(data), "--anchor", "telemetry"])
    assert capsys.readouterr().out.startswith("loaded 9085 rows into 25 tables, times moved by ")


def test_big_and_reader(empty_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    main(["big", "--url", empty_url, "--devices", "20", "--rows", "40"])
    assert capsys.readouterr().out == "created 20 devices with 40 metric rows\n"
    monkeypatch.setenv("READER_PASSWORD", "a p@ss/word's")
    main(["reader", "--url", empty_url])
    with psycopg.connect(capsys.readouterr().out.strip()) as reader:
        assert reader.execute("SELECT count(id) FROM devices").fetchone() == (20,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load-csv", "--folder", "/nowhere"], "holds no .csv file"),
        (["tick"], "no sample fleet here"),
        (["big", "--devices", "0"], "at least one device"),
    ],
)
def test_mistakes_end_with_a_message(empty_url: str, data: Path, arguments: list[str], message: str) -> None:
    if arguments == ["tick"]:
        main(["load-csv", "--url", empty_url, "--folder", str(data)])
    with pytest.raises(SystemExit, match=message):
        main([arguments[0], "--url", empty_url, *arguments[1:]])
