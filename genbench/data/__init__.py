"""What passes between stages: images, features, splits, and where they lie."""
