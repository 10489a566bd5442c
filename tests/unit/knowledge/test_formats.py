"""Each kind of file is cut by its own structure."""

import io

import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from ai_gateway.knowledge.child import read_apart
from ai_gateway.knowledge.formats import PASSAGE_CHARS, read_passages
from ai_gateway.knowledge.types import Refused


def pdf(*pages: str, password: str = "") -> bytes:
    """A PDF whose pages say this."""
    writer = pypdf.PdfWriter()
    font = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1")})
    font[NameObject("/BaseFont")] = NameObject("/Helvetica")
    for text in pages:
        page = writer.add_blank_page(200, 200)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 12 Tf 10 100 Td ({text}) Tj ET".encode() if text else b"")
        page[NameObject("/Contents")] = writer._add_object(content)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def sections(suffix: str, data: bytes) -> dict[str, str]:
    return {one.section: one.text for one in read_passages(suffix, data)}


def test_markdown_by_the_way_to_each_heading() -> None:
    text = "Before.\n# A\n## B ##\nTwo.\n\nThree.\n~~~\n# code\n~~~\n# C\nFour."
    assert sections(".md", text.encode()) == {
        "beginning": "Before.",
        "A > B": "Two.\nThree.\n~~~\n# code\n~~~",
        "C": "Four.",
    }


def test_plain_text_by_paragraphs_that_fit() -> None:
    long = "word " * PASSAGE_CHARS
    passages = read_passages(".txt", f"Short.\r\n\r\nSecond.\n\n{long}".encode("utf-16"))
    assert passages[0].text.startswith("Short.\nSecond.")
    assert all(len(one.text) <= PASSAGE_CHARS for one in passages)
    assert " ".join(one.text for one in passages).split().count("word") == PASSAGE_CHARS


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_by_rows_with_the_names_of_their_columns(separator: str) -> None:
    rows = ["Code", "Remedy"], ["E1042", "Change the roll"], ["", ""], ["E7", ""]
    text = "\n".join(separator.join(row) for row in rows)
    assert sections(".csv", b"\xef\xbb\xbf" + text.encode()) == {
        "row 2": "Code: E1042; Remedy: Change the roll",
        "row 4": "Code: E7",
    }


def test_calendars_by_events() -> None:
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Router update\r\n"
        "DTSTART:20261201T220000Z\r\nRRULE:FREQ=MONTHLY\r\nDESCRIPTION:Terminals reconnect by themselves.\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    assert sections(".ics", text.encode()) == {
        "event Router update": "Router update. from 2026-12-01 22:00:00+00:00. repeats FREQ=MONTHLY. "
        "Terminals reconnect by themselves."
    }


def test_pdfs_by_pages() -> None:
    assert sections(".pdf", pdf("Replace the fan.", "", "Call us.")) == {
        "page 1": "Replace the fan.",
        "page 3": "Call us.",
    }


@pytest.mark.parametrize(
    ("data", "reason"),
    [(pdf("Secret.", password="x"), "encrypted"), (pdf(""), "no text"), (b"%PDF-1.4 broken", "no readable PDF")],
)
def test_pdfs_without_text_say_why(data: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read_passages(".pdf", data)


def test_a_table_that_breaks_the_reader_is_refused() -> None:
    with pytest.raises(Refused, match="no table"):
        read_passages(".csv", b"a,b\n" + b"x" * 200_000)


def test_a_file_of_too_many_passages_is_refused() -> None:
    with pytest.raises(Refused, match="divide it"):
        read_passages(".csv", b"a\n" + b"x\n" * 6000)


async def test_a_file_is_read_in_a_process_of_its_own() -> None:
    assert [one.text for one in await read_apart(".md", b"# A\nText.")] == ["Text."]
    with pytest.raises(Refused, match="not UTF-8"):
        await read_apart(".md", b"\xff\x00\xff")


async def test_a_reader_that_breaks_is_told_as_such() -> None:
    with pytest.raises(Refused, match="too much time or memory"):
        await read_apart(".unknown", b"")
