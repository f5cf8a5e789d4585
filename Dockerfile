# syntax=docker/dockerfile:1
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
# One path in both stages: the virtual environment and the editable install hold absolute paths.
WORKDIR /srv/salvaguarda
RUN python -m venv .venv
COPY requirements.in requirements.txt pyproject.toml ./
RUN .venv/bin/python -m pip install --only-binary :all: --require-hashes -r requirements.txt
COPY app app
# Editable: migrations/ and alembic.ini are found beside app/, as in a clone.
RUN .venv/bin/python -m pip install --no-deps --no-build-isolation -e . \
    && .venv/bin/python -m compileall -q app \
    && .venv/bin/python -m pip uninstall -q -y pip

FROM python:${PYTHON}-slim
RUN groupadd --system --gid 10001 salvaguarda \
    && useradd --system --uid 10001 --gid salvaguarda --no-create-home --shell /usr/sbin/nologin salvaguarda \
    && install -d -o salvaguarda -g salvaguarda -m 0750 /var/lib/salvaguarda
WORKDIR /srv/salvaguarda
# Owned by root: the service cannot rewrite its own code.
COPY --from=build /srv/salvaguarda ./
COPY alembic.ini ./
COPY migrations migrations
ENV PATH=/srv/salvaguarda/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PORT=8000 \
    SALVAGUARDA_ENV=production \
    SALVAGUARDA_VAR_DIR=/var/lib/salvaguarda
USER 10001:10001
VOLUME /var/lib/salvaguarda
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=4s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health/ready', timeout=3)"]
# `salvaguarda migrate` is run first, once per release, by whoever deploys: replicas must not race for it.
CMD ["salvaguarda", "serve", "--host", "0.0.0.0"]
