"""Study of sequences: likelihood bounds by particle filters, and proposals that are learned by them."""
