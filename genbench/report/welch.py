"""Welch's test of two means: the squared standard error of their difference, and its degrees of freedom.

With sᵢ² the variance of sample i with n − 1, at its nᵢ values, and vᵢ = sᵢ² / nᵢ, the difference of the means over

    √(v₁ + v₂)    has about Student's distribution with    (v₁ + v₂)² / (v₁² / (n₁ − 1) + v₂² / (n₂ − 1))

degrees of freedom where the means are equal, whatever the two variances are. (B. L. Welch, The generalization of
Student's problem when several different population variances are involved, Biometrika 34, 1947; F. E. Satterthwaite,
An approximate distribution of estimates of variance components, Biometrics Bulletin 2, 1946.)
"""

from __future__ import annotations

import numpy as np

Floats = float | np.ndarray


def welch(variances: tuple[Floats, Floats], sizes: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Compute the squared standard error of a difference of means, and its degrees of freedom.

    variances: s² of both samples, not both 0, of any shapes that broadcast. sizes: their numbers of values, from 2 on.
    """
    first, second = (variance / size for variance, size in zip(variances, sizes, strict=True))
    total, freedoms = first + second, [size - 1 for size in sizes]
    return total, total**2 / (first**2 / freedoms[0] + second**2 / freedoms[1])
