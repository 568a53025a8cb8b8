# Kring in a container: docker build -t kring . (see compose.yaml for how to run it)

FROM python:3.11-slim AS build
WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY storage storage
COPY commands commands
COPY bot bot
RUN python -m venv /opt/kring \
    && /opt/kring/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin kring \
    && install -d -o kring -g kring -m 0700 /data
COPY --from=build /opt/kring /opt/kring
ENV PATH=/opt/kring/bin:$PATH \
    KRING_CONFIG=/etc/kring/config.toml \
    KRING_DATA__FOLDER=/data \
    KRING_LOGS__FORMAT=json \
    KRING_MONITORING__PORT=9460 \
    PYTHONDONTWRITEBYTECODE=1
USER kring
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=15s --start-period=60s CMD ["kring", "health"]
ENTRYPOINT ["kring"]
CMD ["run"]
