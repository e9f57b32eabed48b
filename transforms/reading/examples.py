"""The questions that ``sql/examples`` answers: for `cbw query --example`, the demo, and people who copy them."""

from __future__ import annotations

from dataclasses import dataclass

from cbw.errors import ConfigurationError
from transforms.definitions.sql_file import SQL_DIR

EXAMPLES = SQL_DIR / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    """One query with the question it answers.

    Attributes:
        name: The file's stem.
        question: Its first line.
        remark: Its second line: the caveat without which a reader would misread the answer.
        sql: The whole file.
    """

    name: str
    question: str
    remark: str
    sql: str

    @classmethod
    def named(cls, name: str) -> Example:
        """Read one example.

        Raises:
            ConfigurationError: No example has this name.
        """
        path = EXAMPLES / f"{name}.sql"
        if name not in example_names():
            raise ConfigurationError(
                f"there is no example {name!r}", hint="`cbw query --examples` lists the questions"
            )
        sql = path.read_text(encoding="utf-8")
        question, remark = (line.removeprefix("--").strip() for line in sql.splitlines()[:2])
        return cls(name, question, remark, sql)


def example_names() -> list[str]:
    """Return the name of every example."""
    return sorted(path.stem for path in EXAMPLES.glob("*.sql"))
