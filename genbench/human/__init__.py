"""Human evaluation of the rows: HYPE, with one's own people and one's own models.

Zhou et al., "HYPE: A Benchmark for Human eYe Perceptual Evaluation of Generative Models" (NeurIPS 2019, arXiv
1904.01121). People say of one image at a time whether it is real or generated.

HYPE-time       exposures adapt to the answers (:mod:`genbench.human.staircase`); the score is the exposure in
                milliseconds from which on generated images are told from real ones, higher is better
HYPE-infinity   no limit of time; the score is the share of wrong answers, of real and generated images alike. One half
                is chance, more is called hyper-realism

What is taken from the paper, and how surely. Checked against its abstract and public summaries of it: the two variants
and their scores, exposures of at least 100 ms, shorter after a right answer and longer after a wrong one, the modal
exposure as the threshold, intervals by bootstrap. Not checked against its text, which was not at hand, and to be
checked by whoever has it: 1000 ms as the longest exposure, 500 ms as the first, steps of 10 and 30 ms, 150 images a
block and three blocks a person, whose modes are averaged, 100 images (50 of each kind) in HYPE-infinity, four masks of
30 ms, a countdown before each image, a qualification by 65 % of right answers for either kind.

What differs here: real images are those of the split `reference`, which no model saw; nobody qualifies beforehand,
attention checks exclude afterwards (:mod:`genbench.human.analysis`); right answers are told in the practice alone;
masks are real images with their pixels shuffled, no synthesised textures; a cross instead of a countdown; intervals are
over participants and, in HYPE-infinity, images as well.

`design` draws who sees what, `store` keeps it in one SQLite file, `answers` is the table of answers without names,
`analysis` makes scores of it, `record` is what the stage human leaves of them to the report, and `observers` are
simulated people.
"""
