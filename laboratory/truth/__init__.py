"""The study of truth: what metrics say of models, against what is known of the distribution that drew the data."""
