# hone needs nothing but itself: no shell, no libraries, no root.
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/site" hone build public
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /hone ./cmd/hone

FROM scratch
COPY --from=build /hone /hone
WORKDIR /site
USER 65532:65532
ENTRYPOINT ["/hone"]
