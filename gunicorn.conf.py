"""What gunicorn reads by itself where it is started in this folder; the command line says the rest."""

logger_class = "config.serving.GunicornLogger"
# Otherwise a socket by which the server can be told to stop lies in the home folder of whoever started it, outside
# CORROBORATE_HOME, and two installations of one user take it from each other. Signals do all that is needed.
control_socket_disable = True
