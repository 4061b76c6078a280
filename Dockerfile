# The base image, so that a mirror or a pinned digest can take its place.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY client/package.json ./client/
RUN npm ci
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY src ./src
COPY client ./client
RUN npm run build

# A stage of its own: what the build needs, a second Node among it, never gets into the image.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY client/package.json ./client/
RUN npm ci --omit=dev

FROM ${NODE_IMAGE} AS service
# HOST: the loopback, our default, would not be reachable from outside of the container.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# The playground loads the client, which node_modules links to.
COPY --from=build /app/client/dist ./client/dist
COPY client/package.json ./client/
COPY playground ./playground
COPY package.json ./
COPY config ./config
COPY README.md ARCHITECTURE.md CONTRIBUTING.md CHANGELOG.md LICENSE ./
COPY docs ./docs
# A new volume takes over the owner and mode of the directory that it is mounted on.
RUN install -d -o 1000 -g 1000 -m 0700 /data
# The image's user "node", as a number: Kubernetes checks runAsNonRoot by number only.
USER 1000:1000
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1: npm would not pass SIGTERM on, and no answer could end before the kill.
CMD ["node", "dist/main.js"]
