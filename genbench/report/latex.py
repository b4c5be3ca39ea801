"""The leaderboard as LaTeX: a document that compiles as it is, with tables that can be copied out of it.

Needs booktabs, longtable and geometry; \\cite is of leaderboard.bib beside it. Everything is ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from genbench.report import frames, published
from genbench.report.caption import caption, failures, lead
from genbench.report.layout import TableCell, cells, heads
from genbench.report.leaderboard import Group, Leaderboard, Row, groups
from genbench.report.printed import all_diverged, notes

PREAMBLE = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{textcomp}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage{booktabs,longtable}
\setlength{\tabcolsep}{4pt}
\setlength{\LTcapwidth}{\linewidth}
\begin{document}
\footnotesize"""
END = r"""\nocite{*}
\bibliographystyle{plain}
\bibliography{leaderboard}
\end{document}
"""
SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # after the end of a line it would be an argument of it
    "]": "{]}",
    "*": "{*}",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "≈": r"$\approx$",
    "−": "$-$",
    "–": r"\textendash{}",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "→": r"$\rightarrow$",
    "√": r"$\surd$",
    "∞": r"$\infty$",
    "²": r"$^2$",
    "₂": r"$_2$",
    "χ": r"$\chi$",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "σ": r"$\sigma$",
    "ø": r"{\o}",
    "Ø": r"{\O}",
    "ł": r"{\l}",
    "Ł": r"{\L}",
    "ß": r"{\ss}",
    "ı": r"{\i}",
}
ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
    "\u0328": "k",
}


def escape(text: str) -> str:
    """Escape a text, so that LaTeX prints it; a sign without a name here becomes its number, [U+4E2D]. ASCII only."""
    signs = "".join(map(_sign, unicodedata.normalize("NFC", text)))
    return re.sub("-(?=-)", "-{}", signs)  # two in a row would be a dash


def _sign(sign: str) -> str:
    if sign in SIGNS:
        return SIGNS[sign]
    if sign.isspace() or unicodedata.category(sign) == "Cc":
        return " "
    if sign.isascii():
        return sign
    parts = unicodedata.normalize("NFD", sign)
    if len(parts) == 2 and parts[1] in ACCENTS and parts[0].isascii() and parts[0].isalpha():
        return f"{{\\{ACCENTS[parts[1]]}{{{parts[0]}}}}}"
    return f"{{[}}U+{ord(sign):04X}{{]}}"


def latex(board: Leaderboard) -> str:
    """Write a long table, its kinds of rows under a rule each; then notes, protocol and limits."""
    parts = [PREAMBLE, _table(board), *_items([escape(note) for note in notes(board)])]
    parts += [r"\section*{Protocol}", *_items([_item(*pair) for pair in caption(board)])]
    if failures(board):
        parts += [r"\section*{How each number can mislead}", *_items([_item(*pair) for pair in failures(board)])]
    parts += _published(board)
    return "\n".join([*parts, END])


def _published(board: Leaderboard) -> Iterator[str]:
    if not board.get("published"):
        return
    yield r"\section*{Published values}"
    yield escape(published.LEAD)
    if rows := published.table(board):
        texts = ([escape(text) for text in row] for row in rows)
        yield frames.latex(frames.frame(list(map(escape, published.HEADS)), texts), "llrrp{7cm}p{9cm}")
    yield from _items([_item(*pair) for pair in published.others(board)])


def _table(board: Leaderboard) -> str:
    heads_of_board = heads(board)
    rows: list[list[str]] = []
    for group in groups(board):
        for index, row in enumerate(group.rows):
            name, *texts = _row(board, row)
            rows.append([("" if index else _above(group, len(heads_of_board))) + name, *texts])
    names = [rf"\multicolumn{{1}}{{p{{{_width(name):g}em}}}}{{\raggedright {escape(name)}}}" for name in heads_of_board]
    title = f"{escape(board['dataset']['name'])}: {escape(' '.join([lead(board), board.get('note') or '']).strip())}"
    return frames.latex(frames.frame(names, rows), "l" + "r" * (len(names) - 1), title)


def _above(group: Group, columns: int) -> str:
    """Write what stands above a group's first row; pandas knows rules of the head and the end only."""
    if group.kind == "trained":
        return ""
    said = rf"\multicolumn{{{columns}}}{{l}}{{{escape(group.sentence)}}} \\" + "\n"
    return "\\midrule\n" + (said if group.kind == "class-conditional" else "")


def _width(head: str) -> float:
    """Choose the width of a heading's column in em, so that a long heading breaks into lines."""
    return max(2.5, min(7, len(head) / 2))


def _row(board: Leaderboard, row: Row) -> list[str]:
    cites = rf"~\cite{{{','.join(row['cites'])}}}" if row["cites"] else ""
    name = escape(row["run"]) + cites
    if all_diverged(row):  # over the empty cells of its row
        return [name, rf"\multicolumn{{1}}{{l}}{{\rlap{{{escape(all_diverged(row))}}}}}"]
    return [name, *map(_cell, cells(board, row))]


def _cell(cell: TableCell) -> str:
    return rf"\textbf{{{escape(cell.text)}}}" if cell.best else escape(cell.text)


def _item(term: str, text: str) -> str:
    return rf"\textbf{{{escape(term)}}}: {escape(text)}"


def _items(texts: Sequence[str]) -> Iterator[str]:
    if texts:
        yield r"\begin{itemize}"
        yield from (rf"\item {text}" for text in texts)
        yield r"\end{itemize}"
