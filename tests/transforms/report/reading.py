"""Parse a report's page back into its figures, by currency, table and tile."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Attributes = list[tuple[str, str | None]]


@dataclass
class Cell:
    text: str = ""
    value: str | None = None

    @property
    def shown(self) -> str:
        return " ".join(self.text.split())


@dataclass
class Table:
    caption: str = ""
    rows: list[list[Cell]] = field(default_factory=list)

    def texts(self) -> list[list[str]]:
        return [[cell.shown for cell in row] for row in self.rows]

    def values(self, *columns: int) -> list[tuple[str | None, ...]]:
        """Return the exact figures of some columns of the body."""
        return [tuple(row[column].value for column in columns) for row in self.rows[1:]]


class Page(HTMLParser):
    """A parsed page.

    Attributes:
        tiles: The exact figure of each headline, by currency and name.
        tables: Every table, by currency (empty outside the sections of one).
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tiles: dict[tuple[str, str], str] = {}
        self.tables: dict[str, list[Table]] = {}
        self._currency, self._name = "", ""
        self._into: str | None = None
        self.feed(html)

    def table(self, currency: str, caption: str) -> Table:
        [match] = [table for table in self.tables[currency] if table.caption.startswith(caption)]
        return match

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = dict(attrs)
        if tag == "section":
            self._currency = given.get("data-currency") or ""
        elif tag == "table":
            self.tables.setdefault(self._currency, []).append(Table())
        elif tag == "data":
            self.tiles[self._currency, self._name] = given["value"] or ""
        elif tag == "tr":
            self._last.rows.append([])
        elif tag in {"td", "th"}:
            self._last.rows[-1].append(Cell(value=given.get("data-v")))
        self._into = {"caption": "caption", "td": "cell", "th": "cell"}.get(tag, self._into)
        if given.get("class") == "name":
            self._into, self._name = "name", ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "section":
            self._currency = ""
        if tag in {"caption", "td", "th"} or (tag == "span" and self._into == "name"):
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into == "caption":
            self._last.caption += data
        elif self._into == "cell":
            self._last.rows[-1][-1].text += data
        elif self._into == "name":
            self._name += data

    @property
    def _last(self) -> Table:
        return self.tables[self._currency][-1]
