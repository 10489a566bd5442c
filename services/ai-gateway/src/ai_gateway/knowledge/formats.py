"""From a file's bytes to passages: by headings, rows, events, pages and paragraphs. Raises `Refused`.

Nothing here reads files or knows of the gateway, as `ai_gateway.knowledge.child` runs it beside it.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import icalendar
import pypdf
from pypdf.errors import DependencyError, PyPdfError

from ai_gateway.knowledge.types import Passage, Refused

PASSAGE_CHARS: Final = 1200
"""Longest passage: about 300 tokens, within what the embedder reads."""
MOST_PASSAGES: Final = 5000
MOST_PAGES: Final = 2000
_HEADING: Final = re.compile(r" {0,3}(#{1,6})\s+(.+?)\s*#*\s*")
_FENCE: Final = re.compile(r" {0,3}(```|~~~)")
_BREAK: Final = re.compile(r"\n[ \t]*\n+")
_SPACES: Final = re.compile(r"[ \t\r\f\v]+")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def read_passages(suffix: str, data: bytes) -> list[Passage]:
    """The passages of a file of this kind, in its order."""
    found: list[Passage] = []
    for passage in READERS[suffix](data):
        if len(found) >= MOST_PASSAGES:
            raise Refused(f"it has more than {MOST_PASSAGES} passages: divide it")
        found.append(passage)
    if not found:
        raise Refused("it has no text")
    return found


def text_of(data: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 with its mark."""
    try:
        text = data.decode("utf-16" if data[:2] in _UTF16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"it is not UTF-8 text (byte {error.start}): save it as UTF-8") from error
    if "\x00" in text:
        raise Refused("it holds binary data, not text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _markdown(data: bytes) -> Iterator[Passage]:
    """By headings; a section's name is the way to it: ``Printer > Paper jam``."""
    way: list[tuple[int, str]] = []
    lines: list[str] = []
    fence = ""
    for line in text_of(data).split("\n"):
        if mark := _FENCE.match(line):
            fence = "" if fence == mark[1] else fence or mark[1]
        heading = None if fence else _HEADING.fullmatch(line)
        if heading is None:
            lines.append(line)
            continue
        yield from _packed(_way(way), "\n".join(lines))
        depth, lines = len(heading[1]), []
        way = [*(above for above in way if above[0] < depth), (depth, heading[2])]
    yield from _packed(_way(way), "\n".join(lines))


def _way(headings: Iterable[tuple[int, str]]) -> str:
    return " > ".join(title for _, title in headings) or "beginning"


def _plain(data: bytes) -> Iterator[Passage]:
    """By paragraphs."""
    for number, passage in enumerate(_packed("", text_of(data)), start=1):
        yield Passage(f"part {number}", passage.text)


def _table(data: bytes) -> Iterator[Passage]:
    """By rows; each says the names of its columns."""
    text = text_of(data)
    first = text.split("\n", 1)[0]
    separator = max(",;\t|", key=first.count)
    try:
        rows = csv.reader(io.StringIO(text), delimiter=separator)
        names = [name.strip() for name in next(rows, [])]
        for number, row in enumerate(rows, start=2):
            cells = [f"{name}: {cell.strip()}" for name, cell in zip(names, row, strict=False) if cell.strip()]
            if cells:
                yield Passage(f"row {number}", "; ".join(cells)[:PASSAGE_CHARS])
    except csv.Error as error:
        raise Refused(f"it is no table: {error}") from error


def _calendar(data: bytes) -> Iterator[Passage]:
    """By events."""
    try:
        calendars = icalendar.Calendar.from_ical(text_of(data), multiple=True)
    except (ValueError, IndexError, KeyError, RecursionError) as error:
        raise Refused(f"it is no calendar: {error}") from error
    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            title = str(event.get("SUMMARY", "event"))
            parts = [title, *_told(event)]
            yield Passage(f"event {title[:80]}", ". ".join(part for part in parts if part)[:PASSAGE_CHARS])


def _told(event: icalendar.Component) -> Iterator[str]:
    for name, word in (("DTSTART", "from"), ("DTEND", "until")):
        if (moment := event.get(name)) is not None:
            yield f"{word} {getattr(moment, 'dt', moment)}"
    if (rule := event.get("RRULE")) is not None:
        yield f"repeats {rule.to_ical().decode()}"
    for name in ("LOCATION", "DESCRIPTION"):
        yield str(event.get(name, ""))


def _pages(data: bytes) -> Iterator[Passage]:
    """By pages and paragraphs. Pages that are pictures have no text."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Refused("it is encrypted: save it without a password")
        if len(reader.pages) > MOST_PAGES:
            raise Refused(f"it has more than {MOST_PAGES} pages: divide it")
        for number, page in enumerate(reader.pages, start=1):
            yield from _packed(f"page {number}", page.extract_text().replace("\x00", ""))
    except DependencyError as error:
        raise Refused("it is encrypted: save it without a password") from error
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, OSError) as error:
        raise Refused(f"it is no readable PDF: {type(error).__name__}") from error


def _packed(section: str, text: str) -> Iterator[Passage]:
    """A section's paragraphs, as many together as a passage holds."""
    held = ""
    for paragraph in _BREAK.split(text):
        for part in _cut(_SPACES.sub(" ", paragraph).strip()):
            if held and len(held) + len(part) + 1 > PASSAGE_CHARS:
                yield Passage(section, held)
                held = ""
            held = f"{held}\n{part}" if held else part
    if held:
        yield Passage(section, held)


def _cut(paragraph: str) -> Iterator[str]:
    """A paragraph in parts that fit, cut between words where it has any."""
    while len(paragraph) > PASSAGE_CHARS:
        end = paragraph.rfind(" ", PASSAGE_CHARS // 2, PASSAGE_CHARS)
        end = end if end > 0 else PASSAGE_CHARS
        yield paragraph[:end].strip()
        paragraph = paragraph[end:].strip()
    if paragraph:
        yield paragraph


READERS: Final[dict[str, Callable[[bytes], Iterator[Passage]]]] = {
    ".md": _markdown,
    ".txt": _plain,
    ".csv": _table,
    ".ics": _calendar,
    ".pdf": _pages,
}
