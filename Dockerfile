# One image for web, worker and beat; the command decides (see docker-compose.yml).
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    STATIC_ROOT=/app/staticfiles \
    PYTHONDONTWRITEBYTECODE=1

WORKDIR /app

# Dependencies first: they change less often than the code.
COPY requirements/base.txt requirements/base.txt
RUN python -m pip install --no-cache-dir --require-hashes -r requirements/base.txt

COPY . .

# Static files are collected into the image. The values only satisfy the settings; nothing is contacted.
RUN SECRET_KEY=only-while-building-the-image-0123456789abcdef \
    DATABASE_URL=postgresql://nobody@localhost/none \
    CELERY_BROKER_URL=memory:// \
    python -m django collectstatic --noinput --settings config.settings

RUN useradd --system --uid 10001 corroborate \
    && mkdir -p /evidence /data \
    && chown corroborate /evidence /data
USER corroborate

# What is written at run time: the evidence, and the key that bundles are signed with.
ENV EVIDENCE_DIR=/evidence CORROBORATE_HOME=/data
EXPOSE 8000

CMD ["python", "-m", "gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "12"]
