"""Study of metrics: when do the numbers lie?"""
