"""Formulas as typeset on the page: one line of text, as in the docstrings of divergences, to MathML.

    formula ::= term*                     juxtaposed as they come
    term    ::= factor ['/' factor]*      a fraction
    factor  ::= atom ['^' atom | '_' atom | '²']*
    atom    ::= '√' atom | '(' formula ')' | '[' formula ']' | letter | word | number | sign

Brackets around a numerator, a denominator or an exponent only group, and are not shown.
"""

from __future__ import annotations

import re
from html import escape

TOKEN = re.compile(r"\s*(f\*|[A-Za-z]{2,}|[A-Za-zα-ωψθ]|\d+(?:\.\d+)?|½|[²^_√()\[\]/|]|\S)(\s*)")
FUNCTIONS = frozenset({"log", "tanh", "exp", "min", "max", "sup"})
CLOSING = {"(": ")", "[": "]"}
OPERATORS = {"*": "·"}
THIN = '<mspace width="0.17em"/>'


def typeset(text: str) -> str:
    """Write one line of text as a MathML element, of which a copy gives the same line."""
    tokens = [(match[1], bool(match[2])) for match in TOKEN.finditer(text)]
    inner = "".join(_Reader(tokens).formula())
    return f'<math displaystyle="true" aria-label="{escape(text)}"><mrow>{inner}</mrow></math>'


class _Reader:
    def __init__(self, tokens: list[tuple[str, bool]]) -> None:
        self.tokens, self.position = tokens, 0

    def peek(self) -> str:
        return self.tokens[self.position][0] if self.position < len(self.tokens) else ""

    def formula(self, end: str = "") -> list[str]:
        parts: list[str] = []
        while self.peek() and self.peek() != end:
            parts.append(self.term())
        self.position += 1
        return parts

    def term(self) -> str:
        above, bare = self.factor()
        while self.peek() == "/":
            self.position += 1
            _, below = self.factor()
            above = bare = f"<mfrac>{bare}{below}</mfrac>"
        return above

    def factor(self) -> tuple[str, str]:
        """Read a factor; returns it as it stands, and without its brackets if they hold all of it."""
        shown, bare = self.atom()
        while (sign := self.peek()) in ("^", "_", "²"):
            self.position += 1
            small = "<mn>2</mn>" if sign == "²" else self.atom()[1]
            kind = "msub" if sign == "_" else "msup"
            shown = bare = f"<{kind}><mrow>{shown}</mrow>{small}</{kind}>"
        return shown, bare

    def atom(self) -> tuple[str, str]:
        token, spaced = self.tokens[self.position] if self.position < len(self.tokens) else ("", False)
        self.position += 1
        if token in CLOSING:
            inner = "".join(self.formula(CLOSING[token]))
            return f"<mrow>{_sign(token)}{inner}{_sign(CLOSING[token])}</mrow>", f"<mrow>{inner}</mrow>"
        if token == "√":
            root = f"<msqrt>{self.atom()[1]}</msqrt>"
            return root, root
        before = self.tokens[self.position - 2][0] if self.position > 1 else "("
        if token in ("-", "−"):
            element = '<mo form="prefix">−</mo>' if before in "([,=^/" else "<mo>−</mo>"
        elif token in FUNCTIONS:
            element = THIN * before.isalnum() + f"<mi>{token}</mi>" + THIN * (self.peek() not in CLOSING)
        elif token == "f*":
            element = "<msup><mi>f</mi><mo>*</mo></msup>"
        elif token[:1].isdigit() or token == "½":
            element = f"<mn>{token}</mn>"
        elif len(token) > 1:
            element = f"<mtext>&nbsp;{token}&nbsp;</mtext>"
        elif token.isalpha():
            element = f"<mi>{token}</mi>"
        else:
            element = _sign(token) + ('<mspace width="0.3em"/>' if token == "," and spaced else "")
        return element, element


def _sign(token: str) -> str:
    stretch = ' stretchy="false"' if token in "()[]|" else ""
    return f"<mo{stretch}>{escape(OPERATORS.get(token, token))}</mo>"


#: What ends a formula in a docstring's sentence.
END = r"(?=,? f\*\(t\) = |,? g_f\(v\) = |, hence|, and |\.\s|\.$|\n\n)"


def stated(docstring: str) -> dict[str, list[str]]:
    """Find the formulas for f(u), f*(t) and g_f(v) that a divergence's docstring states, each as often as it does."""
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", docstring)
    keys = ("f(u)", "f*(t)", "g_f(v)")
    return {key: [found.strip() for found in re.findall(re.escape(key) + r" = (.*?)" + END, text)] for key in keys}
