"""Study of balance: whether samples of conditional models help where some classes are rare."""
