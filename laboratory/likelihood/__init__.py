"""Study of likelihood: does it say how good images are?"""
