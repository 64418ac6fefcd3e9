"""An HTML mail as the plain text that its writer saw, quoted history marked with "> " as plain mails mark it."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser

import nh3

HTML_LIMIT = 2_000_000
"""Characters of HTML that are read; a longer mail is cut there."""

NESTING_LIMIT = 400
"""Levels of elements that are followed."""

AMPERSANDS_LIMIT = 100_000
"""Of so many and more the bare words are read: cleaning them takes time that grows with their square."""

QUOTE_MARK = "-----Original Message-----"
"""The line written where a mail program marked by an element, and by no words, that history begins."""

_BLOCKS = {
    "p",
    "div",
    "table",
    "tr",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "section",
    "article",
    "header",
    "footer",
    "center",
    "blockquote",
    "hr",
    "dl",
    "dt",
    "dd",
    "form",
    "fieldset",
}
_SPACED = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table"}
_KEPT = _BLOCKS | {"br", "td", "th", "span", "a", "b", "i", "tbody", "thead"}
_DROPPED_WHOLE = {"script", "style", "title", "template", "noscript", "head", "textarea", "select"}
# Elements in which mail programs put the history, by class or id: Gmail, Yahoo, Thunderbird, Proton, Outlook for Mac.
_QUOTED = re.compile(
    r"\b(gmail_quote|yahoo_quoted|moz-cite-prefix|protonmail_quote|OLK_SRC_BODY_SECTION|"
    r"zmail_extra|gmail_extra_quote|tutanota_quote)\b"
)
# Elements after which all is history: Hotmail, Outlook on the web and on phones.
_STARTS_HISTORY = {
    "stopSpelling",
    "divRplyFwdMsg",
    "appendonsend",
    "mail-editor-reference-message-container",
    "x_divRplyFwdMsg",
}


# Elements without a content or whose end may be left out do not nest.
_NESTING = re.compile(
    r"<(/?)(?!(?:p|li|tr|td|th|dd|dt|br|hr|img|meta|link|input|col|wbr|area|base|option|html|head|body|o:p)[\s/>])"
    r"([a-z][a-z0-9:]{0,20})",
    re.IGNORECASE,
)
# Their end alone ends these: what ends around them lets them go on behind it, as the standard for HTML has it.
_GOES_ON = frozenset("a b big code em font i nobr s small strike strong tt u".split())


class _Writer(HTMLParser):
    """Writes text lines while the (already cleaned) HTML goes by."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.words: list[str] = []
        self.quoted: list[bool] = []
        self.open: list[str] = []
        self.depth = 0
        self.preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = " ".join(value or "" for _, value in attrs)
        if tag in _BLOCKS or _QUOTED.search(names):
            self.end_line(blank=tag in _SPACED)
        if any(value in _STARTS_HISTORY for _, value in attrs):
            self.words.append(QUOTE_MARK)
            self.end_line()
        if tag == "br":
            self.lines.append(self.line())
        elif tag == "li":
            self.words.append("- ")
        elif tag in {"td", "th"}:
            self.words.append(" ")
        if tag not in {"br", "hr"}:
            quotes = tag == "blockquote" or bool(_QUOTED.search(names))
            self.open.append(tag)
            self.preformatted += tag == "pre"
            self.quoted.append(quotes)
            self.depth += quotes

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            last, quotes = self.open.pop(), self.quoted.pop()
            self.preformatted -= last == "pre"
            if last in _BLOCKS or quotes:
                self.end_line(blank=last in _SPACED)
            self.depth -= quotes
            if last == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.preformatted:
            self.words.append(re.sub(r"\s+", " ", data))
            return
        first, *rest = data.split("\n")
        self.words.append(first)
        for line in rest:
            self.lines.append(self.line())
            self.words.append(line)

    def line(self) -> str:
        """The line gathered so far, marked as quoted where it is; begins the next."""
        text = re.sub(r" {2,}", " ", "".join(self.words)).strip()
        self.words = []
        return "> " * min(self.depth, 1) + text

    def end_line(self, *, blank: bool = False) -> None:
        """End the line if it holds anything, with a blank line where the element keeps a distance."""
        if "".join(self.words).strip():
            self.lines.append(self.line())
        else:
            self.words = []
        if blank and self.lines and self.lines[-1].strip("> "):
            self.lines.append("> " * min(self.depth, 1))


def _too_deep(html: str) -> bool:
    """Say whether elements that must be closed stand open in more than `NESTING_LIMIT` levels."""
    stand: list[str] = []
    go_on: Counter[str] = Counter()
    for match in _NESTING.finditer(html):
        tag = match[2].lower()
        if tag in _GOES_ON:
            go_on[tag] = max(0, go_on[tag] - 1) if match[1] else go_on[tag] + 1
        elif not match[1]:
            stand.append(tag)
        elif tag in stand:
            while stand.pop() != tag:
                pass
        if len(stand) + go_on.total() > NESTING_LIMIT:
            return True
    return False


def html_to_text(html: str) -> str:
    """Turn a mail's HTML into plain text: one line per block, quoted history marked, no scripts, styles or links.

    HTML nested deeper than `NESTING_LIMIT`, or with `AMPERSANDS_LIMIT` ampersands, gives its bare words on one line:
    nobody wrote it to be read, and building its tree takes time that grows with the square of either.
    """
    html = html[:HTML_LIMIT]
    if html.count("&") >= AMPERSANDS_LIMIT or _too_deep(html):
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^<>]*>", " ", html))).strip()
    cleaned = nh3.clean(
        html,
        tags=_KEPT,
        clean_content_tags=_DROPPED_WHOLE,
        attributes={"*": {"id", "class"}},
        link_rel=None,
    )
    writer = _Writer()
    writer.feed(cleaned)
    writer.close()
    writer.end_line()
    text = "\n".join(line.rstrip().replace("\xa0", " ") for line in writer.lines)
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n> ").lstrip("\n")
