"""Sheets: pictures of one model whose rows and columns mean something, `SIDE` of each.

They are kept as :class:`genbench.data.images.Images`, row by row, in sheets/<name> beside a cell's samples.
"""

SIDE = 6

#: What a sheet shows, by name, in the order of the page.
CAPTIONS = {
    "psi": (
        "In a row is one code. ψ rises by equal steps from 0, the image of the mean style, on the left to 1, no "
        "truncation, on the right."
    ),
    "mixing": (
        "In the first row and the first column are images of single codes. Each other image has the styles of its "
        "column in the coarse layers, and those of its row in the fine ones."
    ),
}
