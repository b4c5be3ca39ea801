# genbench in a container, as README sets it up: see docs/install.md.
FROM python:3.11-slim

# make and git are all that a fresh machine lacks
RUN apt-get update && apt-get install --yes --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home genbench && install --directory --owner genbench /genbench
USER genbench
WORKDIR /genbench
ENV PATH="/genbench/.venv/bin:$PATH" PIP_NO_CACHE_DIR=1

# libraries first: they stay as they are where only code changes
COPY --chown=genbench requirements.txt ./
RUN python3 -m venv .venv && pip install --quiet --disable-pip-version-check --requirement requirements.txt
COPY --chown=genbench . ./
RUN make install

CMD ["make", "bench"]
