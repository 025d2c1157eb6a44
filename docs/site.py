"""What mkdocs is told beyond mkdocs.yml: the README is the start page, and files outside of docs/ are on GitHub."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
BLOB = "https://github.com/metta-lint/metta-lint/blob/main"
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the README as the start page, with its links as they are from docs/."""
    text = _LINK.sub(_from_docs, (ROOT / "README.md").read_text(encoding="utf-8"))
    files.append(File.generated(config, "index.md", content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - mkdocs'
    """Links that leave docs/ lead to the repository, and those to a folder or a file that is no page as well."""
    folder = Path(page.file.src_uri).parent

    def outside(match: re.Match[str]) -> str:
        target, _, anchor = match[1].partition("#")
        path = (ROOT / "docs" / folder / target).resolve()
        if path.suffix == ".md" and path.is_relative_to(ROOT / "docs"):
            return match[0]
        return f"]({BLOB}/{path.relative_to(ROOT).as_posix()}{'#' if anchor else ''}{anchor})"

    return _LINK.sub(outside, markdown)


def _from_docs(match: re.Match[str]) -> str:
    target = match[1]
    return f"]({target.removeprefix('docs/')})" if target.startswith("docs/") else f"](../{target})"
