"""Decides for Apache's mod_wsgi (WSGIAccessScript) whether to let a request in.

Settings come from the environment of Apache (../README.md; Debian: /etc/apache2/envvars).
"""

from waiting_room_pass import Entrance, Refusal, decide_wsgi

_entrance = Entrance.from_environment()


def allow_access(environ, _host):
    return not isinstance(decide_wsgi(_entrance, environ), Refusal)
