"""The critic as a classifier with labels: 1 for real, 0 for generated images.

One-sided label smoothing (Salimans et al. 2016, section 3.4) lowers the label of real images to 1 − smoothing and
leaves the other at 0: the best critic is then (1 − smoothing) p / (p + q) and never quite sure.
"""

from torch import Tensor
from torch.nn.functional import softplus


def cross_entropy(outputs: Tensor, label: float) -> Tensor:
    """Compute the mean over outputs v, of any shape, of −label · log σ(v) − (1 − label) · log(1 − σ(v)), stably."""
    return (softplus(outputs) - label * outputs).mean()


def logistic_critic(real: Tensor, fake: Tensor, smoothing: float) -> Tensor:
    """Compute the critic's cross-entropy on both sides."""
    return cross_entropy(real, 1 - smoothing) + cross_entropy(fake, 0.0)
