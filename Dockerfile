# One image for both programs. BUILD_IMAGE needs npm, BASE_IMAGE needs apt of Debian. Node.js comes from package-lock.json, so the
# image runs the version that is tested.
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BUILD_IMAGE} AS builder
WORKDIR /src
COPY .npmrc package.json package-lock.json ./
RUN npm ci --no-progress
COPY . .
RUN npm run build
RUN mkdir bin && cp --dereference node_modules/.bin/node bin/

FROM ${BASE_IMAGE} AS runtime
RUN apt-get update \
  && apt-get install --yes --no-install-recommends conntrack nftables socat \
  && rm -rf /var/lib/apt/lists/*
COPY --from=builder /src/bin/node /usr/local/bin/
COPY --from=builder /src/dist /app
COPY LICENSE /app/
ENV NODE_ENV=production
WORKDIR /app
# The DaemonSet of the agent runs the image as root, with only the capabilities that the agent needs.
USER 1000:1000
CMD ["node", "/app/operator.js"]

# Last, since they differ with every commit; scripts/build-image.sh fills them in.
ARG BASE_IMAGE
ARG VERSION
ARG REVISION
ARG CREATED
LABEL org.opencontainers.image.title="kubesteer" \
      org.opencontainers.image.description="Kubernetes Service proxy: operator and node agent" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.url="https://github.com/kubesteer/kubesteer" \
      org.opencontainers.image.source="https://github.com/kubesteer/kubesteer" \
      org.opencontainers.image.documentation="https://github.com/kubesteer/kubesteer#readme" \
      org.opencontainers.image.base.name="${BASE_IMAGE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
