# Two stages: the compiler that SQLite's driver may want stays behind in the first.
FROM node:24-trixie-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends g++ make python3 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/hookline
COPY package.json package-lock.json ./
# The pages of WhatsApp in wa-version (250 MB) are only read where a version of it is pinned, which the hub never does.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && npm rebuild sqlite3 \
 && rm -rf node_modules/@wppconnect/wa-version/html
COPY migrations ./migrations
COPY flows ./flows
# The hub shows its documentation, and what that leads to, at /docs.
COPY CHANGELOG.md CONTRIBUTING.md Dockerfile LICENSE SECURITY.md compose.yaml config.example.yaml hookline.js ./
COPY bench/RESULTS.md ./bench/
COPY examples/receivers ./examples/receivers
COPY docs ./docs
COPY src ./src
# Bundles the pages, and compiles what a start needs, so that none waits for it.
RUN node hookline.js prepare \
 && chmod -R go+rX .

FROM node:24-trixie-slim
# postgresql-client: "hookline backup" of a hub on Postgres runs its pg_dump.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates chromium-headless-shell fonts-liberation postgresql-client tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --home-dir /var/lib/hookline --shell /usr/sbin/nologin hookline \
 && install --directory --mode 0700 --owner hookline --group hookline /var/lib/hookline \
 && ln -s /opt/hookline/hookline.js /usr/local/bin/hookline
COPY --from=build /opt/hookline /opt/hookline
# config.yaml, data, tokens and flows are all in here.
WORKDIR /var/lib/hookline
VOLUME /var/lib/hookline
ENV HOOKLINE_HOST=0.0.0.0
EXPOSE 3001
USER hookline
# Whether the process answers. A database that is away is not mended by another start: /health/ready tells of that.
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HOOKLINE_PORT ?? 3001}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# It passes signals on, and buries the processes that browsers leave behind.
ENTRYPOINT ["tini", "--", "hookline"]
CMD ["serve"]
