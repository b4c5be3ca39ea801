"""Parts that families of models share: likelihoods, flows, score matching, codes."""
