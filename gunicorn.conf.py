"""What gunicorn reads by itself where it is started in this folder; the command line says the rest."""

logger_class = "config.serving.GunicornLogger"
