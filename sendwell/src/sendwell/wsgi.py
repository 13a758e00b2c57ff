"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from sendwell.core.parent import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendwell.settings")
if os.environ.get("SENDWELL_WEB_PARENT"):  # granian's worker must not outlive granian, which may be killed
    die_with_parent(int(os.environ["SENDWELL_WEB_PARENT"]))
application = get_wsgi_application()
