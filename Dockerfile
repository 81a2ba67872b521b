# One file for every image: docker build --build-arg DEPLOYABLE=shell .   (settlement, reports, users, sandbox)
ARG PYTHON=3.13
FROM python:${PYTHON}-slim AS build
ARG DEPLOYABLE
WORKDIR /source
COPY . .
RUN images/build.sh "$DEPLOYABLE" /opt/portal

FROM python:${PYTHON}-slim AS image
ARG DEPLOYABLE
# What a wheel cannot bring along: Pango, for reports as PDF.
RUN --mount=type=bind,source=images/system.sh,target=/system.sh /system.sh "$DEPLOYABLE"
COPY --from=build /opt/portal /opt/portal
# The only places that are written to: a volume for the state of a single replica, and /tmp.
RUN install -d -o 65532 -g 65532 /var/lib/bizops
ENV PATH=/opt/portal/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp \
    BIZOPS_APP=$DEPLOYABLE BIZOPS_STATE_DIR=/var/lib/bizops HOST=0.0.0.0 PORT=8000
USER 65532:65532
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["bizops", "healthy"]
# No shell stands between: gunicorn is asked itself to stop, and lets requests end.
ENTRYPOINT ["bizops"]
CMD ["serve"]
