"""A hook of `make docs`: gives the site the folders of the repository, so that every relative link works in both.

MkDocs reads one folder; the Markdown here lies where its readers look for it (``sql/``, ``deploy/``, ``notebooks/``). A
linked file that is no Markdown, such as a query or the Caddyfile, becomes a page that shows it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files, InclusionLevel

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (".", "benchmarks", "deploy", "docs", "docs/decisions", "notebooks", "sql")
LANGUAGES = {".sql": "sql", ".conf": "nginx"}
# Files to hand out as they are; every other linked file is text to show.
DOWNLOADS = {".ipynb", ".png", ".svg"}
_LINK = re.compile(r"(?<=\]\()(?P<path>[^)\s#:]+)(?=[)#])")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Replace the files of ``docs/`` by those of the repository, at their own paths."""
    theme = [file for file in files if file.src_dir != config.docs_dir]
    pages = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.md"))
    linked = sorted({target for page in pages for target in _linked(page)})
    return Files(
        [
            *theme,
            *(_file(config, path) for path in pages),
            *(_file(config, path) for path in linked if path.suffix in DOWNLOADS),
            *(_shown(config, path) for path in linked if path.suffix not in DOWNLOADS),
        ]
    )


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Point links at the pages that show linked files."""
    folder = (ROOT / page.file.src_uri).parent

    def shown(link: re.Match[str]) -> str:
        is_shown = _is_linked_file(folder / link["path"]) and Path(link["path"]).suffix not in DOWNLOADS
        return f"{link['path']}.md" if is_shown else link["path"]

    return _LINK.sub(shown, markdown)


def _linked(page: Path) -> list[Path]:
    links = (page.parent / link["path"] for link in _LINK.finditer(page.read_text(encoding="utf-8")))
    return [link.resolve() for link in links if _is_linked_file(link)]


def _is_linked_file(path: Path) -> bool:
    return path.is_file() and path.suffix != ".md"


def _file(config: MkDocsConfig, path: Path) -> File:
    return File.generated(config, path.relative_to(ROOT).as_posix(), abs_src_path=str(path))


def _shown(config: MkDocsConfig, path: Path) -> File:
    name = path.relative_to(ROOT).as_posix()
    language = LANGUAGES.get(path.suffix, "text")
    content = f"# `{name}`\n\n```{language}\n{path.read_text(encoding='utf-8')}```\n"
    return File.generated(config, f"{name}.md", content=content, inclusion=InclusionLevel.NOT_IN_NAV)
