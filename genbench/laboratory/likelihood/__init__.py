"""Does likelihood say how good images are? Mixtures with noise, Parzen windows, and images of another dataset."""
